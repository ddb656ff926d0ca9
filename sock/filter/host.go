package filter

import (
	"encoding/binary"
	"math"
	"math/bits"
	"net/netip"
	"strconv"
	"strings"

	"sockeye/sock"
)

// hostPrefixes are the words of ss in front of a HOST.
var hostPrefixes = []struct {
	prefix string
	family sock.Family
}{
	{"unix:", sock.FamilyUnix}, {"link:", sock.FamilyPacket}, {"netlink:", sock.FamilyNetlink},
	{"vsock:", sock.FamilyVSOCK}, {"inet:", sock.IPv4}, {"inet6:", sock.IPv6},
}

// hosts reads one HOST. It is several if it has a name with several addresses or
// ports.
func (p *parser) hosts(t token) ([]Host, error) {
	text, family := t.text, sock.FamilyUnknown
	for _, hp := range hostPrefixes {
		if rest, ok := strings.CutPrefix(text, hp.prefix); ok {
			text, family = rest, hp.family
			p.namesTables = true
			break
		}
	}
	h := Host{Family: family}
	switch family {
	case sock.FamilyUnix:
		h.Pattern = text
		if text == "" || text == "*" {
			return []Host{h}, nil
		}
		var err error
		if h.pattern, err = p.compile(globSource(text)); err != nil {
			return nil, p.failAt(t, "the pattern is wrong: "+err.Error())
		}
		return []Host{h}, nil
	case sock.FamilyPacket, sock.FamilyNetlink, sock.FamilyVSOCK:
		return p.familyHost(t, text, h)
	}
	return p.inetHost(t, text, h)
}

// hostParts are the parts of a HOST over IP as they are written.
type hostParts struct {
	addr, zone, bits, port    string
	hasZone, hasBits, hasPort bool
}

// splitHost takes a HOST over IP apart: ADDR[%ZONE][/BITS][:PORT], where a
// bracket may stand around an address, also with its zone and bits. It reports
// false if a part stands there twice or a bracket alone.
func splitHost(s string) (h hostParts, ok bool) {
	if strings.HasPrefix(s, "[") {
		inside, rest, closed := strings.Cut(s[1:], "]")
		if !closed {
			return h, false
		}
		i := strings.IndexAny(inside, "%/")
		if i < 0 {
			i = len(inside)
		}
		h.addr = inside[:i]
		return h, h.tail(inside[i:]) && !h.hasPort && h.tail(rest)
	}
	signs := "%/:"
	if strings.Count(s, ":") >= 2 {
		signs = "%/" // an IPv6 address without brackets
	}
	i := strings.IndexAny(s, signs)
	if i < 0 {
		i = len(s)
	}
	h.addr = s[:i]
	return h, h.tail(s[i:])
}

// tail reads the parts behind the address, each after its sign.
func (h *hostParts) tail(s string) bool {
	for s != "" {
		sign := s[0]
		s = s[1:]
		if sign == ':' {
			h.port, h.hasPort = s, true
			return true
		}
		i := strings.IndexAny(s, "%/:")
		if i < 0 {
			i = len(s)
		}
		switch {
		case sign == '%' && !h.hasZone && i > 0:
			h.zone, h.hasZone = s[:i], true
		case sign == '/' && !h.hasBits && i > 0:
			h.bits, h.hasBits = s[:i], true
		default:
			return false
		}
		s = s[i:]
	}
	return true
}

// inetHost reads a HOST over IP.
func (p *parser) inetHost(t token, text string, h Host) ([]Host, error) {
	parts, ok := splitHost(text)
	if !ok {
		e := p.failAt(t, short(t.text)+" is not an address such as 10.0.0.0/8, [::1]:22 or :ssh")
		if strings.HasPrefix(text, "/") { // a path
			e.Suggestion = "unix:" + short(text)
		}
		return nil, e
	}
	if parts.hasZone {
		d, err := p.device(t, parts.zone)
		if err != nil {
			return nil, err
		}
		h.HasScope, h.Scope = true, d
	}
	prefixes, err := p.prefixes(t, parts, h.Family)
	if err != nil {
		return nil, err
	}
	ports, anyPort, err := p.ports(t, parts.port)
	if err != nil {
		return nil, err
	}
	if anyPort {
		ports = []interval{{}}
	}
	hosts := make([]Host, 0, len(prefixes)*len(ports))
	for _, prefix := range prefixes {
		for _, v := range ports {
			h.Prefix, h.HasPort = prefix, !anyPort
			if !anyPort {
				h.setPort(v)
			}
			hosts = append(hosts, h)
		}
	}
	return hosts, nil
}

func (h *Host) setPort(v interval) {
	h.Ports = PortRange{Lo: 1, Hi: 0} // no port
	if v.lo <= math.MaxUint16 {
		h.Ports = PortRange{uint16(v.lo), uint16(min(v.hi, math.MaxUint16))}
	}
}

// prefixes returns what the address part means: one prefix, the addresses of a
// name, or the invalid prefix for any address.
func (p *parser) prefixes(t token, parts hostParts, family sock.Family) ([]netip.Prefix, error) {
	switch strings.ToLower(parts.addr[:min(len(parts.addr), longestName)]) {
	case "", "*", "any", "all", "default":
		if parts.hasBits {
			return nil, p.failAt(t, "a prefix length needs an address before it")
		}
		return []netip.Prefix{{}}, nil
	}
	addr, ok := parseAddr(parts.addr)
	if !ok {
		if parts.hasBits || !hostName(parts.addr) {
			return nil, p.failAt(t, short(parts.addr)+" is not an address")
		}
		return p.named(t, parts.addr, family)
	}
	if !familyHas(family, addr) {
		return nil, p.failAt(t, short(parts.addr)+" is not of the family before it")
	}
	bits := addr.BitLen()
	if parts.hasBits {
		if bits, ok = prefixBits(parts.bits, addr); !ok {
			return nil, p.failAt(t, short(parts.bits)+" is not a prefix length of "+addr.String())
		}
	}
	// As in ss, bits behind the prefix are of no account.
	return []netip.Prefix{netip.PrefixFrom(addr, bits).Masked()}, nil
}

func familyHas(family sock.Family, addr netip.Addr) bool {
	return family == sock.FamilyUnknown || addr.Is4() == (family == sock.IPv4)
}

// named asks for the addresses of a name.
func (p *parser) named(t token, name string, family sock.Family) ([]netip.Prefix, error) {
	if family == sock.FamilyUnknown {
		family = p.env.env.DefaultFamily
	}
	addrs, err := p.env.host(name)
	if err != nil {
		e := p.failAt(t, "the name "+short(name)+" has no address: "+plainLookupError(err).Error())
		e.Err = err
		return nil, e
	}
	var prefixes []netip.Prefix
	for _, a := range addrs {
		if familyHas(family, a) {
			prefixes = append(prefixes, netip.PrefixFrom(a, a.BitLen()))
		}
	}
	if len(prefixes) == 0 {
		return nil, p.failAt(t, "the name "+short(name)+" has no address of that family")
	}
	return prefixes, nil
}

// parseAddr reads an address. As in iproute2, the bytes that an IPv4 address
// lacks at its end are 0, so that 10/8 is 10.0.0.0/8.
func parseAddr(s string) (netip.Addr, bool) {
	if a, err := netip.ParseAddr(s); err == nil {
		return a, a.Zone() == ""
	}
	var b [4]byte
	n := 0
	for part := range strings.SplitSeq(s, ".") {
		v, err := strconv.ParseUint(part, 10, 8)
		if err != nil || n == len(b) || part[0] == '+' || len(part) > 1 && part[0] == '0' {
			return netip.Addr{}, false
		}
		b[n] = byte(v)
		n++
	}
	return netip.AddrFrom4(b), true
}

// prefixBits reads the length of a prefix, or a netmask.
func prefixBits(s string, addr netip.Addr) (int, bool) {
	if allDigits(s) {
		n, err := strconv.Atoi(s)
		return n, err == nil && n <= addr.BitLen()
	}
	mask, err := netip.ParseAddr(s)
	if err != nil || !mask.Is4() || !addr.Is4() {
		return 0, false
	}
	b := mask.As4()
	m := binary.BigEndian.Uint32(b[:])
	n := bits.LeadingZeros32(^m)
	return n, m<<n == 0
}

// hostName reports whether s may be a DNS name: letters, digits, - _ and dots,
// and not only what numbers are made of.
func hostName(s string) bool {
	letter := false
	for i := range len(s) {
		c := s[i] | 0x20
		switch {
		case c >= 'a' && c <= 'z' || s[i] >= 0x80:
			letter = true
		case s[i] >= '0' && s[i] <= '9' || strings.IndexByte("-_.", s[i]) >= 0:
		default:
			return false
		}
	}
	return letter && len(s) <= 253 // RFC 1035 section 2.3.4 without the lengths
}
