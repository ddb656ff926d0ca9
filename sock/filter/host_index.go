package filter

import (
	"net/netip"
	"slices"

	"sockeye/sock"
)

// indexedHosts is from how many hosts an index is made. A list of thousands of
// addresses, from a file, must not cost a walk for each row.
const indexedHosts = 16

// hostIndex finds an address among prefixes by one look-up for each length that
// a prefix has.
type hostIndex struct {
	prefixes map[netip.Prefix]struct{}
	// The lengths of IPv4 and IPv6 prefixes; a v4-mapped one is of IPv6.
	v4, v6 []int
	// rest are the hosts that have more than a prefix.
	rest []Host
}

// newHostCond makes a condition, with an index if that pays.
func newHostCond(side Side, hosts []Host) *HostCond {
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
		lengths := &x.v6
		if h.Prefix.Addr().Is4() {
			lengths = &x.v4
		}
		if !slices.Contains(*lengths, h.Prefix.Bits()) { // 129 lengths at most
			*lengths = append(*lengths, h.Prefix.Bits())
		}
	}
	c.index = x
	return c
}

func (x *hostIndex) match(s *sock.Socket, side Side) bool {
	if overIP(s) {
		if side != Remote && s.Known&sock.FieldLocal != 0 && x.holds(s.Local.Addr(), s.Family) ||
			side != Local && s.Known&sock.FieldRemote != 0 && x.holds(s.Remote.Addr(), s.Family) {
			return true
		}
	}
	return matchHosts(x.rest, s, side)
}

func (x *hostIndex) holds(a netip.Addr, family sock.Family) bool {
	a = a.Unmap()
	if a.Is4() {
		if x.has(a, x.v4) {
			return true
		}
		if family != sock.IPv6 {
			return false
		}
		a = netip.AddrFrom16(a.As16())
	}
	return x.has(a, x.v6)
}

func (x *hostIndex) has(a netip.Addr, lengths []int) bool {
	for _, bits := range lengths {
		p, err := a.Prefix(bits)
		if err != nil {
			continue
		}
		if _, ok := x.prefixes[p]; ok {
			return true
		}
	}
	return false
}
