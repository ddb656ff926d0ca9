package sockdiag

import (
	"encoding/binary"
	"net/netip"
	"time"

	"sockeye/sock"
)

// Offsets of struct inet_diag_msg, linux/inet_diag.h: four bytes, the 48 bytes
// of struct inet_diag_sockid, five u32.
const (
	idiagFamily  = 0
	idiagState   = 1
	idiagTimer   = 2
	idiagRetrans = 3
	idiagSport   = 4
	idiagDport   = 6
	idiagSrc     = 8
	idiagDst     = 24
	idiagIf      = 40
	idiagCookie  = 44
	idiagExpires = 52
	idiagRqueue  = 56
	idiagWqueue  = 60
	idiagUID     = 64
	idiagInode   = 68
	inetMsgLen   = 72
)

// parsed says what became of a message.
type parsed uint8

const (
	understood parsed = iota
	// damaged: the record holds what could be read, but an attribute is cut.
	damaged
	// rejected: there is no record.
	rejected
	// skipped: there is none, and nothing is wrong with that.
	skipped
)

// wholeness says of a message with a record whether its attributes were whole.
func wholeness(whole bool) parsed {
	if whole {
		return understood
	}
	return damaged
}

// row reports whether there is a record, and malformed whether something could not
// be understood.
func (p parsed) row() bool       { return p == understood || p == damaged }
func (p parsed) malformed() bool { return p == damaged || p == rejected }

// inetDecoder turns messages about the sockets of one protocol into records.
// It owns what the records point to.
type inetDecoder struct {
	protocol sock.Protocol
	info     sock.TCPInfo
	numbers  sock.Numbers // of what the protocol has beside struct tcp_info
	names    interner

	congestion sock.CongestionInfo
	tls        sock.TLS
	peers      []netip.Prefix
	// withholds: a socket was told without what only CAP_NET_ADMIN is told.
	withholds bool
}

// decode reads struct inet_diag_msg and its attributes into s, which it resets.
// The record is valid until the next call.
func (d *inetDecoder) decode(b []byte, s *sock.Socket) parsed {
	if len(b) < inetMsgLen {
		return rejected
	}
	s.Reset()
	s.Protocol = d.protocol
	switch b[idiagFamily] {
	case afInet:
		s.Family = sock.IPv4
	case afInet6:
		s.Family = sock.IPv6
	default:
		return rejected
	}
	s.State = stateOf(b[idiagState], !d.protocol.ConnectionOriented())
	if d.protocol == sock.DCCP {
		s.State = dccpStateOf(b[idiagState])
	}
	d.endpoints(b, s)
	d.queues(b, s)
	identity(b, s)
	if d.protocol.ConnectionOriented() {
		timer(b, s)
	}
	whole := eachAttribute(b[inetMsgLen:], func(kind uint16, v []byte) bool { return d.attribute(kind, v, s) })
	// inet_diag_msg_attrs_fill tells both, the second only to CAP_NET_ADMIN.
	if s.Known&(sock.FieldShutdown|sock.FieldMark) == sock.FieldShutdown {
		d.withholds = true
	}
	return wholeness(whole)
}

// endpoints reads the addresses and the device.
func (d *inetDecoder) endpoints(b []byte, s *sock.Socket) {
	local, remote := ends(b, s.Family)
	s.Local = local
	s.Known |= sock.FieldLocal
	if s.State == sock.Closed && local.Port() != 0 && d.protocol.Descriptor().States.Has(sock.Bound) {
		// TCPF_BOUND_INACTIVE asks for these; the row itself says TCP_CLOSE.
		s.State = sock.Bound
	}
	// A socket that is closed keeps the peer that it had in its record;
	// getpeername(2) says ENOTCONN then (inet_getname).
	stale := s.State == sock.Closed && d.protocol != sock.TCP
	if !stale && !peerless.Has(s.State) && (remote.Port() != 0 || !remote.Addr().IsUnspecified()) {
		s.Remote = remote
		s.Known |= sock.FieldRemote
	}
	setDevice(b[idiagIf:], s) // sk_bound_dev_if: 0 is bound to none
}

// ends reads the two ends from struct inet_diag_sockid, which stands at the same place
// in every message that has one.
func ends(b []byte, f sock.Family) (local, remote netip.AddrPort) {
	return netip.AddrPortFrom(addr(b[idiagSrc:], f), binary.BigEndian.Uint16(b[idiagSport:])),
		netip.AddrPortFrom(addr(b[idiagDst:], f), binary.BigEndian.Uint16(b[idiagDport:]))
}

func addr(b []byte, f sock.Family) netip.Addr {
	if f == sock.IPv4 {
		return netip.AddrFrom4([4]byte(b))
	}
	return netip.AddrFrom16([16]byte(b)).Unmap()
}

// queues reads idiag_rqueue and idiag_wqueue, which are bytes, but for a
// listener the accept queue and its limit (tcp_diag_get_info).
func (d *inetDecoder) queues(b []byte, s *sock.Socket) {
	s.RecvQueue = native.Uint32(b[idiagRqueue:])
	s.Known |= sock.FieldRecvQueue
	wqueue := native.Uint32(b[idiagWqueue:])
	if s.State == sock.Listen && d.protocol.ConnectionOriented() {
		s.Backlog = wqueue
		s.Known |= sock.FieldBacklog
		return
	}
	s.SendQueue = wqueue
	s.Known |= sock.FieldSendQueue
}

// identity reads cookie, inode and uid. Without an inode there is no struct
// socket (TIME_WAIT, a handshake, an orphan, the accept queue) and the uid
// means nothing.
func identity(b []byte, s *sock.Socket) {
	setCookie(b[idiagCookie:], s)
	if setInode(uint64(native.Uint32(b[idiagInode:])), s) {
		setUser(b[idiagUID:], s)
	}
}

// timer reads the running timer; idiag_expires is in milliseconds.
func timer(b []byte, s *sock.Socket) {
	s.Known |= sock.FieldTimer
	kind := min(sock.TimerKind(b[idiagTimer]), sock.TimerUnknown)
	if kind == sock.TimerOff {
		return
	}
	s.Timer = sock.Timer{
		Kind:        kind,
		Expires:     time.Duration(native.Uint32(b[idiagExpires:])) * time.Millisecond,
		Retransmits: b[idiagRetrans],
	}
}
