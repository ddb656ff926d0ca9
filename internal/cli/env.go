package cli

import (
	"context"
	"net"
	"net/netip"

	"sockeye/internal/services"
	"sockeye/sock/filter"
)

// filterEnv is what the words of a filter mean on this machine.
func filterEnv() filter.Env {
	return filter.Env{
		LookupHost: func(ctx context.Context, name string) ([]netip.Addr, error) {
			return net.DefaultResolver.LookupNetIP(ctx, "ip", name)
		},
		LookupPort: func(name string) ([]uint16, error) {
			var ports []uint16
			for _, p := range services.System().Ports(name) {
				ports = append(ports, p.Number)
			}
			return ports, nil
		},
		InterfaceIndex: func(name string) (uint32, error) {
			ifi, err := net.InterfaceByName(name)
			if err != nil {
				return 0, err
			}
			return uint32(ifi.Index), nil
		},
	}
}
