package sockdiag

import (
	"cmp"
	"net/netip"
	"slices"

	"sockeye/sock"
	"sockeye/sock/filter"
)

// maxAlternatives is how many ports or hosts of one condition the kernel
// compares, one after the other for each socket. Of more it gets a bound.
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
	return c.states.Has(sock.Bound) && c.table.Protocol.ConnectionOriented()
}

// ports compares a port with sorted ranges. The local port of a row is
// always known.
func (c *compiler) ports(remote bool, ranges []filter.PortRange) bounds {
	if remote && c.noRemote() {
		return isFalse
	}
	over := anyRange(remote, fewerRanges(ranges, maxAlternatives))
	if remote && c.staleRemote() {
		return bounds{over, never}
	}
	inside := ranges
	if remote {
		inside = withoutZero(ranges)
	}
	if len(ranges) <= maxAlternatives && len(inside) == len(ranges) && (len(ranges) == 0 || inside[0] == ranges[0]) {
		return exactly(over)
	}
	return bounds{over, anyRange(remote, inside[:min(len(inside), maxAlternatives)])}
}

// withoutZero takes port 0 from sorted ranges.
func withoutZero(ranges []filter.PortRange) []filter.PortRange {
	if len(ranges) == 0 || ranges[0].Lo > 0 {
		return ranges
	}
	if ranges[0].Hi == 0 {
		return ranges[1:]
	}
	ranges = slices.Clone(ranges)
	ranges[0].Lo = 1
	return ranges
}

// fewerRanges joins sorted ranges across the narrowest gaps until at most n are
// left; those hold whatever the given ones do.
func fewerRanges(ranges []filter.PortRange, n int) []filter.PortRange {
	if len(ranges) <= n {
		return ranges
	}
	// gaps holds the indices of the ranges in front of which there is a gap.
	gaps := make([]int, 0, len(ranges)-1)
	for i := range len(ranges) - 1 {
		gaps = append(gaps, i+1)
	}
	slices.SortFunc(gaps, func(a, b int) int {
		return cmp.Compare(ranges[b].Lo-ranges[b-1].Hi, ranges[a].Lo-ranges[a-1].Hi)
	})
	kept := gaps[:n-1]
	slices.Sort(kept)
	var out []filter.PortRange
	first := 0
	for _, g := range append(kept, len(ranges)) {
		out = append(out, filter.PortRange{Lo: ranges[first].Lo, Hi: ranges[g-1].Hi})
		first = g
	}
	return out
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

// hosts compares an end with hosts. A long list is bounded by the shortest
// prefix around its addresses.
func (c *compiler) hosts(remote bool, hosts []filter.Host) bounds {
	var list []bounds
	var around hull
	for i := range hosts {
		h := &hosts[i]
		if h.Any() {
			return isTrue
		}
		if !c.inTable(h) {
			continue
		}
		if around.add(h.Prefix); len(list) < maxAlternatives {
			list = append(list, c.host(remote, h))
			continue
		}
		list = append(list, undecided)
	}
	b := either(list...)
	if len(list) > maxAlternatives {
		b.over = around.over(remote)
	}
	return b
}

// inTable reports whether a socket of the table can match the host at all.
func (c *compiler) inTable(h *filter.Host) bool {
	if h.Family != sock.FamilyUnknown && h.Family != c.table.Family || h.HasPort && h.Over != 0 {
		return false
	}
	return c.table.Family == sock.IPv6 || !h.Prefix.IsValid() || h.Prefix.Addr().Is4()
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
	if prefix.IsValid() && prefix.Bits() == 0 && prefix.Addr().Is4() == (c.table.Family == sock.IPv4) {
		prefix = netip.Prefix{} // every address of the table
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

// hull is the shortest prefix around prefixes, for each family.
type hull struct {
	v4, v6 netip.Prefix
	all    bool // something without an address is in it
}

func (h *hull) add(p netip.Prefix) {
	switch {
	case !p.IsValid():
		h.all = true
	case p.Addr().Is4():
		h.v4 = around(h.v4, p)
	default:
		h.v6 = around(h.v6, p)
	}
}

// over is an over bound of all that was added.
func (h *hull) over(remote bool) *formula {
	if h.all {
		return always
	}
	var list []*formula
	for _, p := range []netip.Prefix{h.v4, h.v6} {
		if p.IsValid() {
			list = append(list, tested(hostTest(remote, p, bcAnyPort)))
		}
	}
	return some(list...)
}

// around returns the longest prefix that holds both; the invalid one holds
// nothing.
func around(a, b netip.Prefix) netip.Prefix {
	if !a.IsValid() {
		return b
	}
	for bits := min(a.Bits(), b.Bits()); ; bits-- {
		p := netip.PrefixFrom(a.Addr(), bits).Masked()
		if bits == 0 || p == netip.PrefixFrom(b.Addr(), bits).Masked() {
			return p
		}
	}
}
