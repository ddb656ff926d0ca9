package platform

import (
	"net"

	"sockeye/sock"
)

// withInterfaces gives an environment the network interfaces of its namespace. On
// Linux they are one message from one NETLINK_ROUTE socket.
func withInterfaces(env *sock.Environment) *sock.Environment {
	env.Interfaces = &sock.Interfaces{Load: func() (map[uint32]string, error) {
		names := map[uint32]string{}
		return names, env.Do(func() error {
			all, err := net.Interfaces()
			for _, i := range all {
				names[uint32(i.Index)] = i.Name
			}
			return err
		})
	}}
	return env
}
