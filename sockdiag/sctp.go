package sockdiag

import (
	"net/netip"
	"slices"

	"sockeye/sock"
)

// The kernel tells SCTP in two ways (net/sctp/diag.c): where LISTEN is asked for,
// every socket that listens; where another state is, every socket that has
// associations, and behind it these. Of the states it looks at no more than that.
//
// A row here is a listener or an association. A socket that does not listen is not
// a row beside its associations, of which each has its port, inode and owner.

// sctpBits ask for listeners, or for associations.
var sctpBits = [...]uint32{
	sock.Listen:      1 << tcpListen,
	sock.SynSent:     1 << tcpSynSent,
	sock.Established: 1 << tcpEstablished,
	sock.FinWait1:    1 << tcpFinWait1,
	sock.FinWait2:    1 << tcpFinWait2,
	sock.CloseWait:   1 << tcpCloseWait,
	sock.LastAck:     1 << tcpLastAck,
	sock.Closed:      1 << tcpEstablished, // TCP_CLOSE alone asks for no association
}

// INET_DIAG_* attributes of linux/inet_diag.h: struct sockaddr_storage[].
const (
	inetDiagLocals = 12
	inetDiagPeers  = 13
)

// sctpDecoder holds what the records of SCTP point to.
type sctpDecoder struct{ info sock.SCTPInfo }

// decode reads struct inet_diag_msg and its attributes into s, which it resets. An
// association is told from a socket by the addresses of its peer.
func (d *sctpDecoder) decode(inet *inetDecoder, b []byte, s *sock.Socket) parsed {
	if len(b) < inetMsgLen {
		return rejected
	}
	d.info = sock.SCTPInfo{Locals: d.info.Locals[:0], Peers: d.info.Peers[:0]}
	association := d.addresses(b[inetMsgLen:])
	if !association && b[idiagState] != tcpListen {
		return skipped
	}
	p := inet.decode(b, s)
	if !p.row() {
		return p
	}
	if association {
		d.association(b, s)
	} else if len(d.info.Locals) > 0 {
		// The place for one address may hold what an association left there.
		s.Local = netip.AddrPortFrom(d.info.Locals[0], s.Local.Port())
	}
	if info := findAttribute(b[inetMsgLen:], inetDiagInfo); info != nil {
		d.details(info, association, &inet.names)
		s.SCTPInfo = &d.info
		s.Known |= sock.FieldSCTPInfo
	}
	return p
}

// addresses reads those of both ends, and reports whether there is a peer.
func (d *sctpDecoder) addresses(attributes []byte) (association bool) {
	d.info.Locals = appendSockaddrs(d.info.Locals, findAttribute(attributes, inetDiagLocals))
	d.info.Peers = appendSockaddrs(d.info.Peers, findAttribute(attributes, inetDiagPeers))
	return len(d.info.Peers) > 0
}

// association corrects what the fixed part says as if the row were a socket. An
// IPv6 socket has the place of an IPv6 address there also where an association of
// it runs over IPv4.
func (d *sctpDecoder) association(b []byte, s *sock.Socket) {
	d.info.State = sock.SCTPStateOf(uint64(b[idiagState]))
	s.State = d.info.State.State()
	_, peer := ends(b, s.Family)
	local, remote := s.Local.Addr(), peer.Addr()
	if !slices.Contains(d.info.Peers, remote) {
		remote = d.info.Peers[0]
	}
	if len(d.info.Locals) > 0 { // the kernel puts the first one there too
		local = d.info.LocalTo(remote)
	}
	s.Local = netip.AddrPortFrom(local, s.Local.Port())
	s.Remote = netip.AddrPortFrom(remote, peer.Port())
	s.RecvQueue, s.SendQueue, s.Backlog = native.Uint32(b[idiagRqueue:]), native.Uint32(b[idiagWqueue:]), 0
	s.Known = s.Known&^(sock.FieldBacklog|sock.FieldInterface) | sock.FieldSendQueue | sock.FieldRemote
	// idiag_if is the device of the route, and no device that the socket is bound to.
	if s.IfIndex != 0 && (scopedAddr(local) || scopedAddr(remote)) {
		s.Known |= sock.FieldInterface
	} else {
		s.IfIndex = 0
	}
	s.Timer = sock.Timer{}
	if b[idiagTimer] == sctpTimerT3 {
		timer(b, s)
		s.Timer.Kind = sock.TimerOn
	}
}

// sctpTimerT3 is SCTP_EVENT_TIMEOUT_T3_RTX of the kernel's net/sctp/constants.h, the
// retransmission timer. No other is told.
const sctpTimerT3 = 4

func scopedAddr(a netip.Addr) bool { return a.IsLinkLocalUnicast() && a.Is6() }

// sctpSocketAt is the first member of struct sctp_info that is an option of the socket;
// the others follow it.
var sctpSocketAt = sock.MemberNamed(sock.SCTPInfoMembers, "s_autoclose_seconds")

// details reads struct sctp_info. A listener has the options of the socket alone,
// the rest of the struct is zero.
func (d *sctpDecoder) details(v []byte, association bool, names *interner) {
	const primaryAt = 168 // sctpi_p_address
	first := sctpSocketAt
	if association {
		first = 0
	}
	readNumbers(&d.info.Numbers, sock.SCTPInfoMembers, first, len(sock.SCTPInfoMembers), v)
	if association && len(v) >= primaryAt+sockaddrLen {
		if a := sockaddr(v[primaryAt:]); a.IsValid() {
			var text [64]byte
			d.info.Primary = names.intern(a.AppendTo(text[:0]))
		}
	}
}

// sockaddrLen is the size of struct sockaddr_storage of linux/socket.h.
const sockaddrLen = 128

// appendSockaddrs appends the addresses of struct sockaddr_storage[].
func appendSockaddrs(to []netip.Addr, v []byte) []netip.Addr {
	for ; len(v) >= sockaddrLen; v = v[sockaddrLen:] {
		if a := sockaddr(v); a.IsValid() {
			to = append(to, a)
		}
	}
	return to
}

// sockaddr reads the address of struct sockaddr_in or sockaddr_in6: the family in
// host byte order, the port, then the address, before which IPv6 has a flow label.
// One that is v4-mapped becomes IPv4; another family has none.
func sockaddr(v []byte) netip.Addr {
	switch native.Uint16(v) {
	case afInet:
		return netip.AddrFrom4([4]byte(v[4:]))
	case afInet6:
		return netip.AddrFrom16([16]byte(v[8:])).Unmap()
	}
	return netip.Addr{}
}
