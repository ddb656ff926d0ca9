package sockdiag

import (
	"bytes"
	"net/netip"

	"sockeye/sock"
)

// INET_DIAG_* attributes of linux/inet_diag.h that are read here.
const (
	inetDiagInfo      = 2  // struct tcp_info
	inetDiagCong      = 4  // string
	inetDiagTOS       = 5  // u8
	inetDiagTClass    = 6  // u8
	inetDiagSKMemInfo = 7  // u32[SK_MEMINFO_VARS]
	inetDiagShutdown  = 8  // u8
	inetDiagProtocol  = 10 // u8, raw sockets only
	inetDiagSKV6Only  = 11 // u8, IPv6 in LISTEN or CLOSE only
	inetDiagMark      = 15 // u32, with CAP_NET_ADMIN only
	inetDiagULPInfo   = 19 // nested INET_ULP_INFO_*, Linux 5.4
	inetDiagCgroupID  = 21 // u64, Linux 5.8
)

const (
	inetULPInfoName  = 1 // INET_ULP_INFO_NAME: string
	inetULPInfoMPTCP = 3 // INET_ULP_INFO_MPTCP: nested MPTCP_SUBFLOW_ATTR_*
)

// attributes reads what follows struct inet_diag_msg. An attribute that is
// shorter than its type is damage; one that is longer is a newer kernel.
func (d *inetDecoder) attributes(b []byte, s *sock.Socket) parsed {
	result := understood
	walk := attributes{b}
	for {
		kind, value, ok := walk.next()
		if !ok {
			break
		}
		if !d.attribute(kind, value, s) {
			result = damaged
		}
	}
	if walk.broken() {
		return damaged
	}
	return result
}

// attribute reads one attribute and reports whether it was long enough.
func (d *inetDecoder) attribute(kind uint16, v []byte, s *sock.Socket) bool {
	switch kind {
	case inetDiagMark, inetDiagCgroupID, inetDiagSKMemInfo:
		return wideAttribute(kind, v, s)
	case inetDiagInfo:
		return d.details(v, s)
	case inetDiagCong:
		name, _, _ := bytes.Cut(v, []byte{0})
		if d.protocol == sock.TCP && len(name) > 0 {
			s.Congestion = d.names.intern(name)
			s.Known |= sock.FieldCongestion
		}
	case inetDiagULPInfo:
		d.upperLayer(v, s)
	case inetDiagTOS, inetDiagTClass, inetDiagShutdown, inetDiagSKV6Only, inetDiagProtocol:
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

// upperLayer reads the name of the upper layer protocol, which stands among nested
// attributes, and what a subflow of MPTCP has there.
func (d *inetDecoder) upperLayer(v []byte, s *sock.Socket) {
	for walk := (attributes{v}); ; {
		kind, value, ok := walk.next()
		if !ok {
			return
		}
		if name, _, _ := bytes.Cut(value, []byte{0}); kind == inetULPInfoName && len(name) > 0 {
			s.ULP = d.names.intern(name)
			s.Known |= sock.FieldULP
		}
		if kind == inetULPInfoMPTCP && d.protocol == sock.TCP {
			d.mptcpSubflow(value, s)
		}
	}
}

func (d *inetDecoder) byteAttribute(kind uint16, v uint8, s *sock.Socket) {
	switch kind {
	case inetDiagTOS:
		s.TOS = v
		s.Known |= sock.FieldTOS
	case inetDiagTClass:
		s.TrafficClass = v
		s.Known |= sock.FieldTrafficClass
	case inetDiagShutdown:
		s.Shutdown = sock.Shutdown(v)
		s.Known |= sock.FieldShutdown
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
	case inetDiagSKMemInfo:
		setMemory(v, s)
	}
	return true
}

// setMemory reads u32[SK_MEMINFO_VARS] of linux/sock_diag.h. Old kernels do not
// tell SK_MEMINFO_DROPS: the set is then not known, rather than known with a
// wrong zero.
func setMemory(v []byte, s *sock.Socket) {
	const skMemInfoVars = 9
	if len(v) < 4*skMemInfoVars {
		return
	}
	at := func(i int) uint32 { return native.Uint32(v[4*i:]) }
	s.Memory = sock.Memory{
		RmemAlloc: at(0), Rcvbuf: at(1), WmemAlloc: at(2), Sndbuf: at(3),
		FwdAlloc: at(4), WmemQueued: at(5), Optmem: at(6), Backlog: at(7), Drops: at(8),
	}
	s.Known |= sock.FieldMemory
}
