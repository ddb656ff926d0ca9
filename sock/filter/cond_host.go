package filter

import (
	"net/netip"

	"sockeye/sock"
)

// Device is a network interface to compare with.
type Device struct {
	Name string // empty if it was given by its index
	// Index is the interface index. With a name, 0 says that it is not known;
	// without one, 0 means a socket that is bound to no interface.
	Index uint32
}

// matches compares names if both are known, because an index means another
// interface in another namespace.
func (d *Device) matches(s *sock.Socket) bool {
	if s.Known&sock.FieldInterface == 0 {
		return false
	}
	if d.Name == "" {
		return s.IfIndex == d.Index
	}
	if s.Interface != "" {
		return s.Interface == d.Name
	}
	return d.Index != 0 && s.IfIndex == d.Index
}

// DeviceCond compares the bound interface: it is true if it is one of Devices.
type DeviceCond struct{ Devices []Device }

func (c *DeviceCond) match(s *sock.Socket) bool {
	for i := range c.Devices {
		if c.Devices[i].matches(s) {
			return true
		}
	}
	return false
}

func (c *DeviceCond) needs() sock.Field { return sock.FieldInterface }

func (c *DeviceCond) reach() (yes, no space) { return everywhere, everywhere }

// Host is what ss calls a HOST: an end of a socket. What is not given matches
// everything.
type Host struct {
	// Family is the prefix in front (unix:, inet6: ...), [sock.FamilyUnknown]
	// without one.
	Family sock.Family

	// Prefix holds the address, masked; it is invalid if there is none. An IPv4
	// prefix matches IPv4 and v4-mapped addresses, a v4-mapped one (of more
	// than 96 bits) v4-mapped addresses only.
	Prefix  netip.Prefix
	HasPort bool
	Ports   PortRange // with HasPort and without Over
	Over    uint32    // a port over 65535, which nothing matches
	// Scope is the interface after the %; with link: the one after the colon.
	HasScope bool
	Scope    Device

	// Pattern is the name of a unix socket as a pattern of fnmatch(3), without
	// regard to case; empty matches all.
	Pattern string

	// Number and PortID are the protocol and port ID of netlink:, the context
	// ID and port of vsock:, and the Ethernet type of link:; -1 if not given.
	Number, PortID int64
}

// HostCond compares an end: it is true if one of Hosts matches it.
type HostCond struct {
	Side  Side
	Hosts []Host

	index *hostIndex // nil for a short list
}

func (c *HostCond) match(s *sock.Socket) bool {
	if c.index != nil {
		return c.index.match(s, c.Side)
	}
	return matchHosts(c.Hosts, s, c.Side)
}

func matchHosts(hosts []Host, s *sock.Socket, side Side) bool {
	for i := range hosts {
		h := &hosts[i]
		if side != Remote && h.matchEnd(s, false) || side != Local && h.matchEnd(s, true) {
			return true
		}
	}
	return false
}

// Any reports whether the host matches every socket, also one without that end.
func (h *Host) Any() bool {
	return h.Family == sock.FamilyUnknown && !h.Prefix.IsValid() && !h.HasPort && !h.HasScope
}

func (h *Host) matchEnd(s *sock.Socket, remote bool) bool {
	if h.Family != sock.FamilyUnknown && s.Family != h.Family {
		return false
	}
	if h.HasScope && !h.Scope.matches(s) {
		return false
	}
	switch h.Family {
	case sock.FamilyUnknown, sock.IPv4, sock.IPv6:
		if !h.Prefix.IsValid() && !h.HasPort {
			// Without an address or a port nothing is compared.
			return !h.HasScope || overIP(s)
		}
		return h.matchAddrPort(s, remote)
	case sock.FamilyUnix:
		return h.matchPath(s, remote)
	}
	// No record holds the numbers of netlink, vsock and packet sockets, so a
	// comparison with them is one with an unknown fact.
	return h.Number < 0 && h.PortID < 0
}

func (h *Host) matchAddrPort(s *sock.Socket, remote bool) bool {
	end, fact := s.Local, sock.FieldLocal
	if remote {
		end, fact = s.Remote, sock.FieldRemote
	}
	if s.Known&fact == 0 || !overIP(s) {
		return false
	}
	if h.HasPort && (h.Over != 0 || end.Port() < h.Ports.Lo || end.Port() > h.Ports.Hi) {
		return false
	}
	return !h.Prefix.IsValid() || holds(h.Prefix, end.Addr(), s.Family)
}

// holds compares an address of a socket with a prefix: as ss, bit by bit, but
// never across families.
func holds(p netip.Prefix, a netip.Addr, family sock.Family) bool {
	a = a.Unmap()
	if p.Addr().Is4() {
		return p.Contains(a)
	}
	if a.Is4() {
		if family != sock.IPv6 {
			return false
		}
		a = netip.AddrFrom16(a.As16())
	}
	return p.Contains(a)
}

func (h *Host) matchPath(s *sock.Socket, remote bool) bool {
	if h.Pattern == "" || h.Pattern == "*" {
		return true
	}
	if remote {
		return s.Known&sock.FieldPeerPath != 0 && glob(h.Pattern, s.PeerPath)
	}
	return s.Known&sock.FieldPath != 0 && glob(h.Pattern, s.Path)
}

func (c *HostCond) needs() sock.Field {
	var f sock.Field
	for i := range c.Hosts {
		f |= c.Hosts[i].needs(c.Side)
	}
	return f
}

func (h *Host) needs(side Side) sock.Field {
	var f sock.Field
	if h.HasScope {
		f |= sock.FieldInterface
	}
	switch h.Family {
	case sock.FamilyUnknown, sock.IPv4, sock.IPv6:
		if h.Prefix.IsValid() || h.HasPort {
			f |= side.needs()
		}
	case sock.FamilyUnix:
		if h.Pattern != "" && h.Pattern != "*" {
			f |= [...]sock.Field{Local: sock.FieldPath, Remote: sock.FieldPeerPath,
				Either: sock.FieldPath | sock.FieldPeerPath}[side]
		}
	default:
		if h.Number >= 0 || h.PortID >= 0 {
			f |= side.needs()
		}
	}
	return f
}

func (c *HostCond) reach() (yes, no space) {
	no = everywhere
	for i := range c.Hosts {
		h := &c.Hosts[i]
		if h.Any() {
			return everywhere, nowhere
		}
		yes = yes.union(h.reach())
	}
	return yes, no
}

func (h *Host) reach() space {
	switch {
	case h.Over != 0:
		return nowhere
	case h.Family == sock.IPv4 && h.Prefix.IsValid() && !h.Prefix.Addr().Is4():
		return nowhere
	case h.Family != sock.FamilyUnknown:
		if h.Number >= 0 || h.PortID >= 0 {
			return nowhere
		}
		return onlyFamilies(sock.Families(h.Family))
	case h.Prefix.IsValid() && h.Prefix.Addr().Is6():
		return onlyFamilies(sock.Families(sock.IPv6))
	}
	return onlyFamilies(inetFamilies)
}
