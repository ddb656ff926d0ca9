package platform

import (
	"net"

	"sockeye/sock"
)

// withInterfaces gives an environment the network interfaces of its namespace. On
// Linux they are one message from one NETLINK_ROUTE socket; their addresses are another
// from another, and the VRFs a third.
func withInterfaces(env *sock.Environment) *sock.Environment {
	env.Interfaces = &sock.Interfaces{
		Load: func() (map[uint32]string, error) {
			names := map[uint32]string{}
			return names, env.Do(func() error {
				all, err := interfaces()
				for _, i := range all {
					names[uint32(i.Index)] = i.Name
				}
				return err
			})
		},
		LoadAddresses: func() (all []sock.InterfaceAddress, names map[uint32]string, err error) {
			err = env.Do(func() error {
				all, names, err = interfaceAddresses(env)
				return err
			})
			return all, names, err
		},
	}
	return env
}

// interfaces returns the network interfaces in the namespace of the calling thread.
func interfaces() ([]net.Interface, error) { return net.Interfaces() }
