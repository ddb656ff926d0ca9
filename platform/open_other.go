//go:build !linux && !windows

package platform

import (
	"sockeye/platform/portable"
	"sockeye/sock"
)

// openIn returns this machine, through the portable source. Where that lists
// nothing the error is [ErrNoSource].
func openIn(env *sock.Environment, o Options) (*Host, error) {
	h, err := openGiven(env, o, []sock.Source{portable.New()})
	if err == nil && h.Protocols() == 0 {
		return nil, ErrNoSource
	}
	return h, err
}
