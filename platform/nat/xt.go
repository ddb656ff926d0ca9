package nat

import (
	"bytes"
	"encoding/binary"
	"math/bits"
	"net/netip"

	"sockeye/sock"
)

// The flags of a range: NF_NAT_RANGE_MAP_IPS and NF_NAT_RANGE_PROTO_SPECIFIED of
// linux/netfilter/nf_nat.h.
const (
	mapsAddress = 1
	mapsPort    = 2
)

// targetOf reads where a target of xtables sends packets; nil for any but DNAT and
// REDIRECT.
func targetOf(name string, revision int, data []byte, family sock.Family, order binary.ByteOrder) *target {
	if name != "DNAT" && name != "REDIRECT" {
		return nil
	}
	t := rangeOf(revision, data, family, order)
	if name == "REDIRECT" && t != nil {
		t.addr = netip.Addr{}
	}
	return t
}

// rangeOf reads the range that addresses and ports are mapped to: revision 0 of IPv4 is
// struct nf_nat_ipv4_multi_range_compat, all else struct nf_nat_range of
// linux/netfilter/nf_nat.h, or longer. Ports are in the order of the wire.
func rangeOf(revision int, data []byte, family sock.Family, order binary.ByteOrder) *target {
	t := new(target)
	if revision == 0 && family == sock.IPv4 {
		const size = 4 + 16
		if len(data) < size || order.Uint32(data) == 0 {
			return nil
		}
		t.set(order.Uint32(data[4:]), data[8:12], data[16:20])
		return t
	}
	const size = 4 + 32 + 4
	if len(data) < size {
		return nil
	}
	addr := data[4:20]
	if family == sock.IPv4 {
		addr = addr[:4]
	}
	t.set(order.Uint32(data), addr, data[36:40])
	return t
}

func (t *target) set(flags uint32, addr, ports []byte) {
	if flags&mapsAddress != 0 {
		t.addr, _ = netip.AddrFromSlice(addr)
	}
	if flags&mapsPort != 0 {
		t.first, t.last = binary.BigEndian.Uint16(ports), binary.BigEndian.Uint16(ports[2:])
	}
}

// matchesOf reads what an extension of xtables asks, one of several where it is a list:
// linux/netfilter/xt_tcpudp.h, xt_multiport.h and xt_addrtype.h. Of any other it is known
// only that it asks something, but for a comment.
func matchesOf(name string, revision int, data []byte, order binary.ByteOrder) []match {
	some := []match{{partly: true}}
	switch {
	case name == "comment":
		return []match{{}}
	case name == "tcp" && len(data) >= 12, name == "udp" && len(data) >= 9:
		inverted := data[8]
		if name == "tcp" {
			inverted = data[11]
		}
		m := match{partly: inverted != 0 || order.Uint16(data) != 0 || order.Uint16(data[2:]) != 1<<16-1}
		if first, last := order.Uint16(data[4:]), order.Uint16(data[6:]); inverted == 0 && (first != 0 || last != 1<<16-1) {
			m.first, m.last, m.ports = first, last, true
		}
		return []match{m}
	case name == "multiport" && revision == 1 && len(data) >= 48:
		return multiport(data, order)
	case name == "addrtype" && len(data) >= 8:
		const local = 1 << 2 // XT_ADDRTYPE_LOCAL
		source, destination := order.Uint16(data), order.Uint16(data[2:])
		inverts := order.Uint32(data[4:]) != 0 && revision == 0 || order.Uint32(data[4:])&3 != 0
		if source != 0 || inverts || destination&local == 0 {
			return some
		}
		return []match{{}}
	}
	return some
}

// multiport reads struct xt_multiport_v1: what is compared, how many ports, 15 ports of
// which one with a flag begins a range, the flags, and whether it is inverted.
func multiport(data []byte, order binary.ByteOrder) (all []match) {
	const destination, most = 1, 15
	count := int(data[1])
	if data[0] != destination || data[47] != 0 || count > most {
		return []match{{partly: true}}
	}
	port := func(i int) uint16 { return order.Uint16(data[2+2*i:]) }
	for i := 0; i < count; i++ {
		m := match{first: port(i), last: port(i), ports: true}
		if data[32+i] != 0 && i+1 < count {
			i++
			m.last = port(i)
		}
		all = append(all, m)
	}
	return all
}

// protocolMatch asks for a protocol of IP.
func protocolMatch(number uint64) match {
	for _, p := range []sock.Protocol{sock.TCP, sock.UDP, sock.UDPLite, sock.SCTP, sock.DCCP} {
		if ipProtocols[p] == number {
			return match{protocol: p}
		}
	}
	return match{never: true} // one without ports
}

// ipProtocols are the numbers of those that have ports (linux/in.h).
var ipProtocols = map[sock.Protocol]uint64{sock.TCP: 6, sock.UDP: 17, sock.DCCP: 33, sock.SCTP: 132, sock.UDPLite: 136}

// destinationMatch asks for addresses.
func destinationMatch(addr, mask []byte) match {
	length, holes := 0, false
	for _, b := range mask {
		ones := bits.LeadingZeros8(^b)
		holes = holes || length%8 != 0 && b != 0 || b<<ones != 0
		length += ones
	}
	a, ok := netip.AddrFromSlice(addr)
	if !ok || holes || length > a.BitLen() {
		return match{partly: true}
	}
	p, err := a.Prefix(length)
	return match{to: p, partly: err != nil}
}

func zero(b []byte) bool { return len(bytes.Trim(b, "\x00")) == 0 }

// text is a name that ends with a NUL.
func text(b []byte) string {
	name, _, _ := bytes.Cut(b, []byte{0})
	return string(name)
}
