package platform

import (
	"net/netip"

	"sockeye/sock"
	"sockeye/sockdiag"
)

// neighbourhood is what the kernel knows of the links of a network namespace.
type neighbourhood struct {
	addresses  []sock.InterfaceAddress
	links      map[uint32]sockdiag.Link
	neighbours []sockdiag.Neighbour
	// distributes: it has virtual services (IPVS), for which others may answer.
	distributes bool
}

// Arrives returns what tells in which of the listed network namespaces the packets of a
// connection arrive, as far as that is certain: in its own, which has the remote address;
// or in that of a neighbour, of which one interface has both the address and the hardware
// address to which the kernel sends them. single: that one passes nothing on, since no
// other link of it is in use. What is sent by way of a router is not certain, and nothing
// is where a namespace cannot be entered, which may have the address too, or in one with
// virtual services (IPVS). It asks each namespace once.
func (h *Host) Arrives() func(*sock.Socket) (to sock.Netns, single, certain bool) {
	a := arrivals{host: h, known: map[*sock.Environment]*neighbourhood{}, envs: h.environments()}
	return a.of
}

// arrivals are what is known of the links of the namespaces that are listed.
type arrivals struct {
	host  *Host
	envs  []*sock.Environment
	known map[*sock.Environment]*neighbourhood // nil: it cannot be read
}

func (a *arrivals) of(s *sock.Socket) (to sock.Netns, single, certain bool) {
	local, remote := s.Local.Addr().Unmap(), s.Remote.Addr().Unmap()
	env := a.host.envOf(s)
	from := a.around(env)
	if from == nil || from.distributes {
		return to, false, false
	}
	if from.owns(remote, func(uint32) bool { return true }) {
		return netnsOf(env), true, true
	}
	hardware, ok := from.neighbour(local, remote)
	if !ok {
		return to, false, false
	}
	for _, env := range a.envs {
		near := a.around(env)
		if near == nil {
			return to, false, false
		}
		if !near.owns(remote, func(index uint32) bool { return near.links[index].Hardware == hardware }) {
			continue
		}
		if certain || near.distributes {
			return to, false, false // it is at two places, or may be passed on
		}
		to, single, certain = netnsOf(env), near.inUse() == 1, true
	}
	return to, single, certain
}

func netnsOf(env *sock.Environment) (n sock.Netns) {
	if env.Namespace != nil {
		n.Inode, n.Name = env.Namespace.Inode(), env.Namespace.Name()
	}
	return n
}

// around returns what is known of the links of a namespace, nil if that is nothing.
func (a *arrivals) around(env *sock.Environment) *neighbourhood {
	if env == nil || env.Tables != "" || a.host.neighbourhood == nil {
		return nil
	}
	n, known := a.known[env]
	if !known {
		if read, err := a.host.neighbourhood(env); err == nil {
			n = &read
		}
		a.known[env] = n
	}
	return n
}

// owns reports whether an interface that fits has an address, and is in no VRF.
func (n *neighbourhood) owns(address netip.Addr, fits func(index uint32) bool) bool {
	for _, a := range n.addresses {
		if a.Address == address && a.VRF == 0 && fits(a.Interface) {
			return true
		}
	}
	return false
}

// neighbour returns the hardware address to which what is sent from one address to
// another goes; false if there is none, or more than one.
func (n *neighbourhood) neighbour(from, to netip.Addr) (h sockdiag.Hardware, ok bool) {
	for _, near := range n.neighbours {
		if near.Address != to || !n.owns(from, func(index uint32) bool { return index == near.Interface }) {
			continue
		}
		if ok {
			return "", false
		}
		h, ok = near.Hardware, true
	}
	return h, ok
}

// inUse returns how many links are, the loopback aside.
func (n *neighbourhood) inUse() (links int) {
	for _, l := range n.links {
		if l.Up && !l.Loopback {
			links++
		}
	}
	return links
}
