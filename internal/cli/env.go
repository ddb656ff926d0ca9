package cli

import (
	"context"
	"fmt"
	"net"
	"net/netip"

	ucli "github.com/urfave/cli/v2"

	"sockeye/internal/services"
	"sockeye/platform"
	"sockeye/sock/filter"
)

// filterEnv is what the words of a filter mean: on this machine, or, for
// sockets of another in a snapshot, without its interfaces and control groups,
// which are then compared by name.
func filterEnv(c *ucli.Context) filter.Env {
	env := filter.Env{
		LookupHost: func(ctx context.Context, name string) ([]netip.Addr, error) {
			return net.DefaultResolver.LookupNetIP(ctx, "ip", name)
		},
		LookupPort: servicePorts,
	}
	if c.IsSet("from") {
		return env
	}
	env.AutoPorts = platform.AutoPorts()
	env.CgroupID = platform.CgroupID
	env.InterfaceIndex = func(name string) (uint32, error) {
		ifi, err := net.InterfaceByName(name)
		if err != nil {
			return 0, fmt.Errorf("there is no interface %s", name)
		}
		return uint32(ifi.Index), nil
	}
	return env
}

func servicePorts(name string) ([]uint16, error) {
	var ports []uint16
	for _, p := range services.System().Ports(name) {
		ports = append(ports, p.Number)
	}
	return ports, nil
}
