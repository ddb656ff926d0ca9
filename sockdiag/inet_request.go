package sockdiag

import (
	"cmp"
	"encoding/binary"
	"net/netip"

	"sockeye/sock"
)

// AF_* of linux/socket.h: the numbers of other systems differ.
const (
	afUnix  = 1
	afInet  = 2
	afInet6 = 10
)

// INET_DIAG_NOCOOKIE, in both halves: any cookie will do.
const inetDiagNoCookie = ^uint64(0)

// inetID is struct inet_diag_sockid. The zero address is the wildcard.
type inetID struct {
	local, remote netip.AddrPort
	ifIndex       uint32
	cookie        uint64 // low half first on the wire; inetDiagNoCookie for any
}

// inetRequest is struct inet_diag_req_v2, and inet_diag_req_raw, which has
// sdiag_raw_protocol in the place of pad.
type inetRequest struct {
	kind        uint16 // of the message; 0 is SOCK_DIAG_BY_FAMILY
	flags       uint16 // NLM_F_*
	family      uint8
	protocol    uint16
	ext         uint8 // 1 << (INET_DIAG_* - 1)
	rawProtocol uint8
	states      uint32 // 1 << TCP_*
	id          inetID
}

// append appends the request as a netlink message that [seal] completes;
// attributes such as INET_DIAG_REQ_BYTECODE may be appended before that. A protocol
// above 255 stands in an attribute (Linux 5.9); an older kernel, which does not look
// at that, has no handler for 0, the protocol in the fixed part.
func (r *inetRequest) append(b []byte) []byte {
	b = appendHeader(b, cmp.Or(r.kind, sockDiagByFamily), r.flags)
	fixed := uint8(r.protocol)
	if r.protocol > 255 {
		fixed = 0
	}
	b = append(b, r.family, fixed, r.ext, r.rawProtocol)
	b = native.AppendUint32(b, r.states)
	b = binary.BigEndian.AppendUint16(b, r.id.local.Port())
	b = binary.BigEndian.AppendUint16(b, r.id.remote.Port())
	b = appendAddr(b, r.family, r.id.local.Addr())
	b = appendAddr(b, r.family, r.id.remote.Addr())
	b = native.AppendUint32(b, r.id.ifIndex)
	b = appendCookie(b, r.id.cookie)
	if r.protocol > 255 {
		b = appendAttribute(b, inetDiagReqProtocol, native.AppendUint32(nil, uint32(r.protocol)))
	}
	return b
}

// inetDiagReqProtocol is INET_DIAG_REQ_PROTOCOL of linux/inet_diag.h: u32.
const inetDiagReqProtocol = 3

// appendAddr appends __be32[4]. In a request for IPv6 an IPv4 address is what
// was unmapped when it was read, and is mapped again.
func appendAddr(b []byte, family uint8, a netip.Addr) []byte {
	var raw [16]byte
	switch {
	case !a.IsValid():
	case family == afInet6:
		raw = a.As16()
	default:
		v4 := a.Unmap()
		if v4.Is4() {
			four := v4.As4()
			copy(raw[:], four[:])
		}
	}
	return append(b, raw[:]...)
}

func appendCookie(b []byte, cookie uint64) []byte {
	b = native.AppendUint32(b, uint32(cookie))
	return native.AppendUint32(b, uint32(cookie>>32))
}

// familyNumber returns sdiag_family for the families over IP.
func familyNumber(f sock.Family) uint8 {
	if f == sock.IPv6 {
		return afInet6
	}
	return afInet
}

// extensions returns idiag_ext: the kernel computes these facts only when
// asked. The others come with every row.
func extensions(p sock.Protocol, want sock.Field) uint8 {
	ask := func(f sock.Field, attribute int) uint8 {
		if !want.Has(f) {
			return 0
		}
		return 1 << (attribute - 1)
	}
	ext := ask(sock.FieldMemory, inetDiagSKMemInfo) |
		ask(sock.FieldTOS, inetDiagTOS) |
		ask(sock.FieldTrafficClass, inetDiagTClass) |
		ask(sock.FieldClassID, inetDiagTClass) // which asks for both
	switch p {
	case sock.TCP:
		ext |= ask(sock.FieldTCPInfo, inetDiagInfo) | ask(sock.FieldCongestion, inetDiagCong) |
			ask(sock.FieldCongestionInfo, inetDiagVegasInfo) // which asks for each kind of it
		// The kernel tells these with struct tcp_info only.
		ext |= ask(sock.FieldULP, inetDiagInfo) | ask(sock.FieldMPTCPSubflow, inetDiagInfo) |
			ask(sock.FieldTLS, inetDiagInfo) | ask(sock.FieldMD5, inetDiagInfo)
	case sock.SCTP:
		ext |= ask(sock.FieldSCTPInfo, inetDiagInfo)
	case sock.MPTCP:
		ext |= ask(sock.FieldMPTCPInfo, inetDiagInfo)
	case sock.DCCP:
		ext |= ask(sock.FieldTCPInfo, inetDiagInfo)
	}
	return ext
}

// inetDump makes the request for a table over IP.
func inetDump(h *handler, t sock.Table, states uint32, want sock.Field) []byte {
	r := inetRequest{
		flags:  nlmFRequest | nlmFDump,
		family: familyNumber(t.Family), protocol: h.number,
		ext: extensions(t.Protocol, want), states: states,
		id: inetID{cookie: inetDiagNoCookie},
	}
	return r.append(nil)
}

// inetOne is the request for one socket over IP.
func inetOne(h *handler, s *sock.Socket, flags uint16, cookie uint64) inetRequest {
	r := inetRequest{
		flags: flags, family: familyNumber(s.Family), protocol: h.number,
		id: inetID{local: s.Local, ifIndex: s.IfIndex, cookie: cookie},
	}
	if s.Knows(sock.FieldRemote) {
		r.id.remote = s.Remote
	}
	if s.Protocol == sock.Raw {
		// raw_lookup wants the protocol here, and no ports.
		r.rawProtocol = uint8(s.Local.Port())
		r.id.local = netip.AddrPortFrom(s.Local.Addr(), 0)
	}
	return r
}

// inetLookUp makes the request that looks up a socket over IP.
func inetLookUp(h *handler, s *sock.Socket, flags uint16, states uint32, cookie uint64) ([]byte, error) {
	r := inetOne(h, s, flags, cookie)
	r.states = states
	if !s.Protocol.ConnectionOriented() && s.Protocol != sock.Raw && flags&nlmFDump == 0 {
		// udp_dump_one: "src and dst are swapped for historical reasons".
		r.id.local, r.id.remote = r.id.remote, r.id.local
	}
	return r.append(nil), nil
}
