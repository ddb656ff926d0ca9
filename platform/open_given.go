package platform

import (
	"slices"

	"sockeye/sock"
)

// openGiven returns a machine whose sources tell the owners themselves. The
// named ones answer only if --source names them.
func openGiven(env *sock.Environment, o Options, auto []sock.Source, named ...sock.Source) (*Host, error) {
	sources := auto
	if o.Source != "" && o.Source != "auto" {
		var err error
		if sources, err = pick("--source", o.Source, slices.Concat(auto, named)); err != nil {
			return nil, err
		}
	}
	if _, err := pickFinder(o.Owners, nil); err != nil {
		return nil, err
	}
	return &Host{chain: chain{sources: sources, env: env}, noOwners: o.Owners == "none"}, nil
}
