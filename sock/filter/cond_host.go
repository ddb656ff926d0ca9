package filter

import (
	"net/netip"
	"regexp"
	"slices"

	"sockeye/sock"
	"sockeye/sock/fact"
)

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
	// Ports with HasPort; no port is in it (Lo > Hi) if the text has one over
	// 65535.
	Ports PortRange
	// Scope is the interface after the %; with link: the one after the colon.
	HasScope bool
	Scope    Device

	// Pattern is the name of a unix socket as a pattern of fnmatch(3), without
	// regard to case; empty matches all.
	Pattern string
	pattern *regexp.Regexp // Pattern as a regular expression; nil matches all

	// Other is what stands behind netlink: and vsock:, and the type behind link:,
	// and details are the numbers that it means. It is empty if nothing is compared.
	Other   string
	details []detailEnd
}

// HostCond compares an end: it is true if one of Hosts matches it.
type HostCond struct {
	Side  fact.Side
	Hosts []Host

	index *hostIndex // nil for a short list
}

func (c *HostCond) match(s *sock.Socket) bool {
	if c.index != nil {
		return c.index.match(s, c.Side)
	}
	return matchHosts(c.Hosts, s, c.Side)
}

func matchHosts(hosts []Host, s *sock.Socket, side fact.Side) bool {
	for i := range hosts {
		h := &hosts[i]
		if side != fact.Remote && h.matchEnd(s, false) || side != fact.Local && h.matchEnd(s, true) {
			return true
		}
	}
	return false
}

// Any reports whether the host matches every socket, also one without that end.
func (h *Host) Any() bool {
	return h.Family == sock.FamilyUnknown && !h.Prefix.IsValid() && !h.HasPort && !h.HasScope
}

// any reports whether one of the hosts matches every socket.
func (c *HostCond) any() bool {
	return slices.ContainsFunc(c.Hosts, func(h Host) bool { return h.Any() })
}

// possible reports whether a socket of the family can match.
func (h *Host) possible(family sock.Family) bool {
	switch {
	case h.Any():
		return true
	case h.Family != sock.FamilyUnknown && h.Family != family,
		h.HasPort && h.Ports.Lo > h.Ports.Hi,
		h.Prefix.IsValid() && h.Prefix.Addr().Is6() && family != sock.IPv6:
		return false
	}
	return h.Family != sock.FamilyUnknown || overIP(family)
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
			return !h.HasScope || overIP(s.Family)
		}
		return h.matchAddrPort(s, remote)
	case sock.FamilyUnix:
		return h.matchPath(s, remote)
	}
	return h.matchDetails(s, remote)
}

func (h *Host) matchAddrPort(s *sock.Socket, remote bool) bool {
	end, fact := s.Local, sock.FieldLocal
	if remote {
		end, fact = s.Remote, sock.FieldRemote
	}
	if s.Known&fact == 0 || !overIP(s.Family) {
		return false
	}
	if h.HasPort && (end.Port() < h.Ports.Lo || end.Port() > h.Ports.Hi) {
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
	path, fact := s.Path, sock.FieldPath
	if remote {
		path, fact = s.PeerPath, sock.FieldPeerPath
	}
	return h.pattern == nil || s.Known&fact != 0 && h.pattern.MatchString(path)
}

func (c *HostCond) needs() sock.Field {
	var f sock.Field
	for i := range c.Hosts {
		f |= c.Hosts[i].needs(c.Side)
	}
	return f
}

func (h *Host) needs(side fact.Side) sock.Field {
	var f sock.Field
	if h.HasScope {
		f |= sock.FieldInterface
	}
	if h.Prefix.IsValid() || h.HasPort {
		f |= endsOf(side)
	}
	if h.details != nil {
		f |= familyFacts[h.Family]
	}
	if h.pattern != nil {
		f |= [...]sock.Field{fact.Local: sock.FieldPath, fact.Remote: sock.FieldPeerPath,
			fact.Either: sock.FieldPath | sock.FieldPeerPath}[side]
	}
	return f
}

// indexedHosts is from how many hosts an index is made. It stays because a list
// of thousands of addresses, from a file, must not cost a walk for each row.
const indexedHosts = 16

// hostIndex finds an address among prefixes by one look-up for each length that
// a prefix has.
type hostIndex struct {
	prefixes map[netip.Prefix]struct{}
	lengths  []int  // of the prefixes, each once
	rest     []Host // those that have more than a prefix
}

// newHostCond makes a condition, with an index if that pays.
func newHostCond(side fact.Side, hosts []Host) *HostCond {
	c := &HostCond{Side: side, Hosts: hosts}
	if len(hosts) <= indexedHosts {
		return c
	}
	x := &hostIndex{prefixes: make(map[netip.Prefix]struct{}, len(hosts))}
	for i := range hosts {
		h := &hosts[i]
		if h.Family != sock.FamilyUnknown || h.HasPort || h.HasScope || !h.Prefix.IsValid() {
			x.rest = append(x.rest, *h)
			continue
		}
		x.prefixes[h.Prefix] = struct{}{}
		if !slices.Contains(x.lengths, h.Prefix.Bits()) { // 129 lengths at most
			x.lengths = append(x.lengths, h.Prefix.Bits())
		}
	}
	c.index = x
	return c
}

func (x *hostIndex) match(s *sock.Socket, side fact.Side) bool {
	if overIP(s.Family) {
		if side != fact.Remote && s.Known&sock.FieldLocal != 0 && x.holds(s.Local.Addr(), s.Family) ||
			side != fact.Local && s.Known&sock.FieldRemote != 0 && x.holds(s.Remote.Addr(), s.Family) {
			return true
		}
	}
	return matchHosts(x.rest, s, side)
}

// holds is [holds] for all of the prefixes.
func (x *hostIndex) holds(a netip.Addr, family sock.Family) bool {
	a = a.Unmap()
	return x.has(a) || a.Is4() && family == sock.IPv6 && x.has(netip.AddrFrom16(a.As16()))
}

func (x *hostIndex) has(a netip.Addr) bool {
	for _, bits := range x.lengths {
		if p, err := a.Prefix(bits); err == nil { // no error but for IPv6 lengths of IPv4
			if _, ok := x.prefixes[p]; ok {
				return true
			}
		}
	}
	return false
}
