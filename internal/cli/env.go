package cli

import (
	"context"
	"errors"
	"io/fs"
	"net"
	"net/netip"
	"syscall"

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
	env.AutoPorts = platform.AutoPorts()
	env.CgroupID, env.InterfaceIndex = platform.CgroupID, interfaceIndex
	if o.from != "" {
		env.CgroupID = func(path string) (uint64, error) {
			id, _ := platform.CgroupID(path) // 0: not known here
			return id, nil
		}
		env.InterfaceIndex = func(name string) (uint32, error) {
			index, _ := interfaceIndex(name) // 0: not known here
			return index, nil
		}
	}
	return env
}

func interfaceIndex(name string) (uint32, error) {
	ifi, err := net.InterfaceByName(name)
	var errno syscall.Errno
	switch {
	case errors.As(err, &errno):
		return 0, errno
	case err != nil:
		return 0, fs.ErrNotExist
	}
	return uint32(ifi.Index), nil
}

func servicePorts(name string) ([]uint16, error) {
	var ports []uint16
	for _, p := range services.System().Ports(name) {
		ports = append(ports, p.Number)
	}
	return ports, nil
}
