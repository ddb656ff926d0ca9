package sockdiag

import "sockeye/sock"

// AF_* of linux/socket.h.
const (
	afNetlink = 16
	afPacket  = 17
	afVSOCK   = 40
	afXDP     = 44
)

const (
	netlinkSockDiag     = 4    // NETLINK_SOCK_DIAG of linux/netlink.h
	netlinkAllProtocols = 0xff // NDIAG_PROTO_ALL of linux/netlink_diag.h
)

// familyRequest is struct packet_diag_req, netlink_diag_req and xdp_diag_req, which
// are laid out alike. The kernel lists all sockets of the family and looks none up.
func familyRequest(family, protocol uint8, show uint32) []byte {
	b := appendHeader(nil, sockDiagByFamily, nlmFRequest|nlmFDump)
	b = append(b, family, protocol, 0, 0)
	b = native.AppendUint32(b, 0) // an inode, which no kernel looks at
	b = native.AppendUint32(b, show)
	return appendCookie(b, inetDiagNoCookie)
}

// PACKET_SHOW_*, NDIAG_SHOW_* and XDP_SHOW_* of the headers linux/*_diag.h.
const (
	packetShowInfo    = 0x01
	packetShowRings   = 0x04
	packetShowFanout  = 0x08
	packetShowMemInfo = 0x10
	packetShowFilter  = 0x20

	netlinkShowMemInfo = 0x01
	netlinkShowGroups  = 0x02
	netlinkShowFlags   = 0x08

	xdpShowInfo    = 0x01
	xdpShowRings   = 0x02
	xdpShowUmem    = 0x04
	xdpShowMemInfo = 0x08
	xdpShowStats   = 0x10
)

// fromMemInfo are the facts for which the memory of a socket is asked.
const fromMemInfo = sock.FieldMemory | sock.FieldRecvQueue | sock.FieldSendQueue

func packetDump(_ *handler, _ sock.Table, _ uint32, want sock.Field) []byte {
	show := uint32(packetShowInfo)
	if want.Has(sock.FieldPacket) {
		show |= packetShowRings | packetShowFanout
	}
	if want&fromMemInfo != 0 {
		show |= packetShowMemInfo
	}
	if want.Has(sock.FieldPacketFilter) {
		show |= packetShowFilter
	}
	return familyRequest(afPacket, 0, show)
}

func netlinkDump(_ *handler, _ sock.Table, _ uint32, want sock.Field) []byte {
	var show uint32
	if want.Has(sock.FieldNetlink) { // of which the drops are told with the memory
		show |= netlinkShowGroups | netlinkShowFlags | netlinkShowMemInfo
	}
	if want&fromMemInfo != 0 {
		show |= netlinkShowMemInfo
	}
	return familyRequest(afNetlink, netlinkAllProtocols, show)
}

func xdpDump(_ *handler, _ sock.Table, _ uint32, want sock.Field) []byte {
	show := uint32(xdpShowInfo)
	if want.Has(sock.FieldXDP) {
		show |= xdpShowRings | xdpShowUmem | xdpShowStats
	}
	if want&fromMemInfo != 0 {
		show |= xdpShowMemInfo
	}
	return familyRequest(afXDP, 0, show)
}

// vsockDump makes struct vsock_diag_req, in which the states come before an inode
// and a set of facts that must both be 0.
func vsockDump(_ *handler, _ sock.Table, states uint32, _ sock.Field) []byte {
	b := appendHeader(nil, sockDiagByFamily, nlmFRequest|nlmFDump)
	b = append(b, afVSOCK, 0, 0, 0)
	b = native.AppendUint32(b, states)
	b = native.AppendUint32(b, 0)
	b = native.AppendUint32(b, 0)
	return appendCookie(b, inetDiagNoCookie)
}
