package platform

import (
	"sockeye/platform/iphlpapi"
	"sockeye/platform/portable"
	"sockeye/sock"
)

// openIn returns this machine: its tables with their owners. The portable source,
// which asks the same calls for less, answers only if it is named.
func openIn(env *sock.Environment, o Options) (*Host, error) {
	tables := iphlpapi.New()
	h, err := openGiven(env, o, []sock.Source{tables}, portable.New())
	if err != nil {
		return nil, err
	}
	h.destroy = tables.Destroy
	return h, nil
}
