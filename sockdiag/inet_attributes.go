package sockdiag

import (
	"bytes"
	"math/bits"
	"net/netip"

	"sockeye/sock"
)

// INET_DIAG_* attributes of linux/inet_diag.h that are read here.
const (
	inetDiagInfo      = 2  // struct tcp_info
	inetDiagVegasInfo = 3  // struct tcpvegas_info
	inetDiagCong      = 4  // string
	inetDiagTOS       = 5  // u8
	inetDiagTClass    = 6  // u8
	inetDiagSKMemInfo = 7  // u32[SK_MEMINFO_VARS]
	inetDiagShutdown  = 8  // u8
	inetDiagDCTCPInfo = 9  // struct tcp_dctcp_info
	inetDiagProtocol  = 10 // u8, raw sockets only
	inetDiagSKV6Only  = 11 // u8, IPv6 in LISTEN or CLOSE only
	inetDiagMark      = 15 // u32, with CAP_NET_ADMIN only
	inetDiagBBRInfo   = 16 // struct tcp_bbr_info
	inetDiagClassID   = 17 // u32
	inetDiagMD5Sig    = 18 // struct tcp_diag_md5sig[], with CAP_NET_ADMIN only
	inetDiagULPInfo   = 19 // nested INET_ULP_INFO_*, Linux 5.4; before 6.15 with CAP_NET_ADMIN only
	inetDiagCgroupID  = 21 // u64, Linux 5.8
	inetDiagSockOpt   = 22 // struct inet_diag_sockopt, Linux 5.10
)

// attribute reads one attribute and reports whether it was long enough.
func (d *inetDecoder) attribute(kind uint16, v []byte, s *sock.Socket) bool {
	switch kind {
	case inetDiagMark, inetDiagCgroupID, inetDiagSKMemInfo, inetDiagClassID, inetDiagSockOpt:
		return wideAttribute(kind, v, s)
	case inetDiagInfo:
		return d.details(v, s)
	case inetDiagCong, inetDiagVegasInfo, inetDiagDCTCPInfo, inetDiagBBRInfo, inetDiagMD5Sig, inetDiagULPInfo:
		return d.protocol != sock.TCP || d.tcpAttribute(kind, v, s)
	case inetDiagShutdown:
		return setShutdown(v, s)
	case inetDiagTOS, inetDiagTClass, inetDiagSKV6Only, inetDiagProtocol:
		if len(v) < 1 {
			return false
		}
		d.byteAttribute(kind, v[0], s)
	}
	return true
}

// details reads INET_DIAG_INFO, which is a structure of the protocol's.
func (d *inetDecoder) details(v []byte, s *sock.Socket) bool {
	switch d.protocol {
	case sock.TCP:
		return d.tcpInfo(v, s)
	case sock.DCCP:
		return d.dccpInfo(v, s)
	case sock.MPTCP:
		d.mptcpInfo(v, s)
	}
	return true
}

// tcpAttribute reads an attribute that TCP alone has.
func (d *inetDecoder) tcpAttribute(kind uint16, v []byte, s *sock.Socket) bool {
	switch kind {
	case inetDiagCong:
		if name, _, _ := bytes.Cut(v, []byte{0}); len(name) > 0 {
			s.Congestion = d.names.intern(name)
			s.Known |= sock.FieldCongestion
		}
		return true
	case inetDiagMD5Sig:
		return d.md5Peers(v, s)
	case inetDiagULPInfo:
		return d.upperLayer(v, s)
	}
	return d.congestionInfo(kind, v, s)
}

func (d *inetDecoder) byteAttribute(kind uint16, v uint8, s *sock.Socket) {
	switch kind {
	case inetDiagTOS:
		s.TOS = v
		s.Known |= sock.FieldTOS
	case inetDiagTClass:
		s.TrafficClass = v
		s.Known |= sock.FieldTrafficClass
	case inetDiagSKV6Only:
		s.V6Only = v != 0
		s.Known |= sock.FieldV6Only
	case inetDiagProtocol:
		if d.protocol == sock.Raw {
			s.Local = netip.AddrPortFrom(s.Local.Addr(), uint16(v))
		}
	}
}

func wideAttribute(kind uint16, v []byte, s *sock.Socket) bool {
	switch kind {
	case inetDiagMark:
		if len(v) < 4 {
			return false
		}
		s.Mark = native.Uint32(v)
		s.Known |= sock.FieldMark
	case inetDiagCgroupID:
		if len(v) < 8 {
			return false
		}
		s.CgroupID = native.Uint64(v)
		s.Known |= sock.FieldCgroupID
	case inetDiagClassID:
		if len(v) < 4 {
			return false
		}
		s.ClassID = native.Uint32(v)
		s.Known |= sock.FieldClassID
	case inetDiagSockOpt:
		if len(v) < 2 {
			return false
		}
		s.Options = socketOptions([2]byte(v), bigEndianHost)
		s.Known |= sock.FieldOptions
	case inetDiagSKMemInfo:
		setMemory(v, s)
	}
	return true
}

// socketOptions reads struct inet_diag_sockopt: bit fields, eleven of them in two
// bytes. C fills a byte from its low end on a little-endian machine, from its high
// end on a big-endian one.
func socketOptions(v [2]byte, bigEndian bool) sock.SocketOptions {
	if bigEndian {
		v[0], v[1] = bits.Reverse8(v[0]), bits.Reverse8(v[1])
	}
	return sock.SocketOptions(v[0]) | sock.SocketOptions(v[1]&7)<<8
}
