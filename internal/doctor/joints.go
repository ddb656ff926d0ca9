package doctor

import (
	"net/netip"
	"slices"

	"sockeye/sock"
)

// joints are the ends in one network namespace of connections that may have both on this
// machine.
type joints struct {
	ends      map[ends]held
	listeners map[end]bool
	// changed are the flows whose addresses are changed on the way there (NAT); nil: it
	// was not asked yet.
	changed map[ends]bool
	failed  error // why they are not known
}

// ends are those of a connection, as one of its sockets has them.
type ends struct{ local, remote end }

func (e ends) reverse() ends { return ends{e.remote, e.local} }

// end is an address with a port, in little room: its place in the table of the machine,
// and the port.
type end uint64

// held is what is kept of an end.
type held struct {
	stayed        bool // it was established both times; else the rest is not kept
	family        sock.Family
	process       *sock.Process // nil: none is known
	cookie, inode uint64        // 0: not known
}

// addresses are those that ends have, each with its place.
type addresses struct {
	places map[netip.Addr]end
	list   []netip.Addr
	// here are those of interfaces; nil: it was not asked yet.
	here map[netip.Addr]bool
}

// see takes what may be an end of a connection on the machine.
func (j *joints) see(m *Machine) func(*before, *sock.Socket) {
	return func(was *before, c *sock.Socket) {
		switch {
		case c.Protocol != sock.TCP:
		case c.State == sock.Listen:
			j.listeners[m.endOf(c.Local)] = true
		case c.Knows(sock.FieldRemote) && (m.isHere(c.Remote.Addr().Unmap()) || c.Local.Addr().IsLoopback()):
			e := ends{m.endOf(c.Local), m.endOf(c.Remote)}
			if other := e.reverse(); c.Remote.Addr().IsLoopback() && j.has(other) {
				delete(j.ends, other) // both are there, and no other namespace has one
				return
			}
			j.ends[e] = heldOf(was, c)
		}
	}
}

// heldOf returns what is kept of an end.
func heldOf(was *before, c *sock.Socket) (h held) {
	if h.stayed = stayedIn(sock.States(sock.Established), was, c); !h.stayed {
		return h
	}
	h.family, h.cookie, h.inode = c.Family, c.Cookie, c.Inode
	if len(c.Owners) > 0 {
		h.process = c.Owners[0].Process
	}
	return h
}

func (j *joints) has(e ends) bool {
	_, has := j.ends[e]
	return has
}

// listens reports whether something listens there.
func (j *joints) listens(m *Machine, at netip.AddrPort) bool {
	for _, a := range []netip.Addr{at.Addr(), netip.IPv4Unspecified(), netip.IPv6Unspecified()} {
		if j.listeners[m.endOf(netip.AddrPortFrom(a, at.Port()))] {
			return true
		}
	}
	return false
}

// endOf returns an end in little room.
func (m *Machine) endOf(a netip.AddrPort) end {
	address := a.Addr().Unmap()
	place, known := m.addresses.places[address]
	if !known {
		if m.addresses.places == nil {
			m.addresses.places = map[netip.Addr]end{}
		}
		place = end(len(m.addresses.list))
		m.addresses.places[address] = place
		m.addresses.list = append(m.addresses.list, address)
	}
	return place<<16 | end(a.Port())
}

func (m *Machine) addrPort(e end) netip.AddrPort {
	return netip.AddrPortFrom(m.addresses.list[e>>16], uint16(e))
}

// isHere reports whether an address may be one of this machine. Those of a link alone
// (link-local) are left out: another link may have the same.
func (m *Machine) isHere(a netip.Addr) bool {
	if a.IsLoopback() {
		return true
	}
	if m.addresses.here == nil {
		m.addresses.here = map[netip.Addr]bool{}
		for _, s := range m.spaces {
			for _, own := range s.Addresses {
				m.addresses.here[own] = !own.IsLinkLocalUnicast()
			}
		}
	}
	return m.addresses.here[a]
}

// joined reports whether the other end of a connection is listed. That of one which
// leaves its network namespace may be in any.
func (m *Machine) joined(s *Space, e ends) bool {
	at := m.spaces
	if m.addrPort(e.remote).Addr().IsLoopback() {
		at = []*Space{s}
	}
	return slices.ContainsFunc(at, func(sp *Space) bool { return sp.joints.has(e.reverse()) })
}

// socketOf returns what is known of an end that stayed established.
func (m *Machine) socketOf(s *Space, e ends, h held) *sock.Socket {
	c := &sock.Socket{
		Protocol: sock.TCP, Family: h.family, State: sock.Established, Local: m.addrPort(e.local), Remote: m.addrPort(e.remote),
		Cookie: h.cookie, Inode: h.inode, Netns: s.Netns, Known: sock.FieldLocal | sock.FieldRemote,
	}
	if h.cookie != 0 {
		c.Known |= sock.FieldCookie
	}
	if h.inode != 0 {
		c.Known |= sock.FieldInode
	}
	if s.Netns.Inode != 0 {
		c.Known |= sock.FieldNetns
	}
	if h.process != nil {
		c.Owners, c.OwnerStatus, c.Known = []sock.Owner{{Process: h.process, FD: sock.NoFD}}, sock.OwnerKnown, c.Known|sock.FieldOwners
	}
	return c
}

// translates reports whether the addresses of a connection are changed in a network
// namespace (NAT). The error says why that is not known.
func (s *Space) translates(c *sock.Socket) (bool, error) {
	j, m := &s.joints, s.machine
	if j.changed == nil && m.Translations != nil {
		j.changed = map[ends]bool{}
		j.failed = m.Translations(s.Netns, func(t *sock.Translation) {
			for _, f := range [...]sock.Flow{t.Original, t.Reply} {
				if f.Protocol == sock.TCP && m.isHere(f.From.Addr()) && m.isHere(f.To.Addr()) {
					j.changed[ends{m.endOf(f.From), m.endOf(f.To)}] = true
				}
			}
		})
	}
	return j.changed[ends{m.endOf(c.Local), m.endOf(c.Remote)}], j.failed
}
