package sockdiag

import (
	"net/netip"
	"slices"

	"sockeye/sock"
	"sockeye/sock/filter"
)

// maxAlternatives is how many ports or hosts of one condition the kernel
// compares, one after the other for each socket. A longer list is left to the
// check of the row.
const maxAlternatives = 64

// The remote end of a row is known unless its state has none, or both its port
// and its address are 0. The kernel compares what is in the socket instead: port
// 0 where it listens or has no peer, what was left where it is closed. So such a
// test may pass where the filter has nothing to compare. It is an over bound
// alone; the under bound asks for a port as well, and for states that have one.

// noRemote reports whether no row that is asked for has a remote end.
func (c *compiler) noRemote() bool { return c.states&^peerless == 0 }

// staleRemote reports whether a socket that is asked for may still have the
// remote end that it had, which its row does not.
func (c *compiler) staleRemote() bool {
	closed := sock.States(sock.Bound)
	if c.protocol != sock.TCP {
		closed |= sock.States(sock.Closed)
	}
	return c.states&closed != 0 && c.protocol.ConnectionOriented()
}

// ports compares a port with sorted ranges. The local port of a row is
// always known.
func (c *compiler) ports(remote bool, ranges []filter.PortRange) bounds {
	if remote && c.noRemote() {
		return isFalse
	}
	if len(ranges) > maxAlternatives {
		return undecided
	}
	over := anyRange(remote, ranges)
	if remote && c.staleRemote() {
		return bounds{over, never}
	}
	if remote && len(ranges) > 0 && ranges[0].Lo == 0 {
		return bounds{over, anyRange(remote, withoutZero(ranges))}
	}
	return exactly(over)
}

// withoutZero takes port 0, which is in the first of the sorted ranges, from them.
func withoutZero(ranges []filter.PortRange) []filter.PortRange {
	if ranges[0].Hi == 0 {
		return ranges[1:]
	}
	ranges = slices.Clone(ranges)
	ranges[0].Lo = 1
	return ranges
}

func anyRange(remote bool, ranges []filter.PortRange) *formula {
	var list []*formula
	for _, r := range ranges {
		list = append(list, inRange(remote, r))
	}
	return some(list...)
}

func inRange(remote bool, r filter.PortRange) *formula {
	if r.Lo > r.Hi {
		return never
	}
	if r.Lo == r.Hi {
		return tested(hostTest(remote, netip.Prefix{}, int32(r.Lo)))
	}
	f := always
	if r.Lo > 0 {
		f = tested(portTest(end(remote, bcSportGE, bcDportGE), r.Lo))
	}
	if r.Hi < 65535 {
		f = all(f, tested(portTest(end(remote, bcSportLE, bcDportLE), r.Hi)))
	}
	return f
}

// hosts compares an end with hosts.
func (c *compiler) hosts(remote bool, hosts []filter.Host) bounds {
	var list []bounds
	for i := range hosts {
		h := &hosts[i]
		if h.Any() {
			return isTrue
		}
		can := c.familiesWith(h)
		if can != 0 && can != c.families {
			c.differs = true
			return undecided
		}
		if can != 0 && len(list) <= maxAlternatives {
			list = append(list, c.host(remote, h))
		}
	}
	if len(list) > maxAlternatives {
		return undecided
	}
	return either(list...)
}

// familiesWith returns the families in which a socket can match the host at all.
func (c *compiler) familiesWith(h *filter.Host) sock.FamilySet {
	can := c.families
	if h.Family != sock.FamilyUnknown {
		can &= sock.Families(h.Family)
	}
	if h.Prefix.IsValid() && !h.Prefix.Addr().Is4() {
		can &= sock.Families(sock.IPv6)
	}
	return can
}

// host compares an end with one host.
func (c *compiler) host(remote bool, h *filter.Host) bounds {
	b := isTrue
	if h.HasScope {
		b = c.device(h.Scope)
	}
	if !h.Prefix.IsValid() && !h.HasPort {
		return b // nothing of the end itself is compared
	}
	if remote && c.noRemote() {
		return isFalse
	}
	prefix := h.Prefix
	if prefix.IsValid() && prefix.Bits() == 0 {
		// Every address of its family: of IPv6 that is all, of IPv4 the mapped too.
		if own := familyOf(prefix); c.families == own {
			prefix = netip.Prefix{}
		} else if c.families&own != 0 {
			c.differs = true
		}
	}
	port := bcAnyPort
	over := always
	if h.HasPort {
		if h.Ports.Lo == h.Ports.Hi {
			port = int(h.Ports.Lo)
		} else {
			over = inRange(remote, h.Ports)
		}
	}
	if prefix.IsValid() || port != bcAnyPort {
		over = all(over, tested(hostTest(remote, prefix, int32(port))))
	}
	under := over
	switch {
	case remote && c.staleRemote():
		under = never
	case remote && (!h.HasPort || h.Ports.Lo == 0):
		under = all(over, tested(portTest(bcDportGE, 1)))
	}
	return both(b, bounds{over, under})
}

// familyOf returns the family of a prefix.
func familyOf(p netip.Prefix) sock.FamilySet {
	if p.Addr().Is4() {
		return sock.Families(sock.IPv4)
	}
	return sock.Families(sock.IPv6)
}
