//go:build !linux

package platform

import (
	"errors"
	"fmt"
	"net"
	"net/netip"

	"sockeye/sock"
)

// OpenEnvironment returns the environment of this machine. Network namespaces are
// Linux's: a path is an error.
func OpenEnvironment(namespace string) (*sock.Environment, error) {
	if namespace != "" {
		return nil, fmt.Errorf("network namespaces are a thing of Linux, not of %s", SystemName())
	}
	return withInterfaces(&sock.Environment{}), nil
}

// interfaceAddresses returns the addresses of the interfaces of this machine, and their
// names.
func interfaceAddresses(*sock.Environment) (all []sock.InterfaceAddress, names map[uint32]string, err error) {
	there, err := interfaces()
	if err != nil {
		return nil, nil, err
	}
	names = map[uint32]string{}
	for _, i := range there {
		names[uint32(i.Index)] = i.Name
		addresses, err := i.Addrs()
		if err != nil {
			return nil, nil, err
		}
		for _, a := range addresses {
			if network, ok := a.(*net.IPNet); ok {
				address, _ := netip.AddrFromSlice(network.IP)
				all = append(all, sock.InterfaceAddress{Interface: uint32(i.Index), Address: address.Unmap()})
			}
		}
	}
	return all, names, nil
}

// AutoPorts returns zeros: the range is not known here.
func (h *Host) AutoPorts() [2]uint16 { return autoPorts(h.chain.env) }

func autoPorts(*sock.Environment) [2]uint16 { return [2]uint16{} }

// CgroupID returns an error: control groups are Linux's.
func (h *Host) CgroupID(string) (uint64, error) {
	return 0, errors.New("control groups are a thing of Linux")
}

// cgroupNames are Linux's.
type cgroupNames struct{}

func newCgroupNames(*sock.Environment) *cgroupNames { return nil }

func (*cgroupNames) path(uint64) string { return "" }
