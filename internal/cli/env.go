package cli

import (
	"context"
	"net"
	"net/netip"

	"sockeye/internal/services"
	"sockeye/platform"
	"sockeye/sock/filter"
)

// filterEnv is what the words of a filter mean: on this machine, or, for
// sockets of another in a snapshot, without its interfaces and control groups,
// which are then compared by name. A raw dump has only their numbers: there
// the names mean those of this machine, as far as it has them.
func (r *run) filterEnv(o *options) filter.Env {
	env := filter.Env{
		LookupHost: func(ctx context.Context, name string) ([]netip.Addr, error) {
			return net.DefaultResolver.LookupNetIP(ctx, "ip", name)
		},
		LookupPort: servicePorts,
	}
	if o.from != "" && (r.input == nil || !r.input.raw) {
		return env
	}
	env.AutoPorts = func() (ports [2]uint16) {
		if host, err := r.host(o); err == nil {
			ports = host.AutoPorts()
		}
		return ports
	}
	env.CgroupID = ofHost(r, o, (*platform.Host).CgroupID)
	env.InterfaceIndex = ofHost(r, o, (*platform.Host).InterfaceIndex)
	return env
}

// ofHost asks the machine for the number of a name. That it has none is no mistake
// in a filter of the sockets in a file: the number is 0.
func ofHost[N uint32 | uint64](r *run, o *options, ask func(*platform.Host, string) (N, error)) func(string) (N, error) {
	return func(name string) (N, error) {
		host, err := r.host(o)
		if err != nil {
			return 0, err
		}
		number, err := ask(host, name)
		if o.from != "" {
			err = nil
		}
		return number, err
	}
}

func servicePorts(name string) ([]uint16, error) {
	var ports []uint16
	for _, p := range services.System().Ports(name) {
		ports = append(ports, p.Number)
	}
	return ports, nil
}
