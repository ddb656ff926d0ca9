package top

import (
	"net/netip"
	"time"

	"sockeye/sock"
	"sockeye/sock/change"
)

// row is a socket as the view holds it: what most columns show, in a third of the
// room that a [sock.Socket] and its tcp_info take, so that there may be tens of
// thousands. What else was asked for is in rest.
type row struct {
	key   uint64 // of the socket's identity; see keyOf
	born  uint32 // counts the sockets as they were first seen
	pass  uint32 // that it was last read in
	since int64  // when the mark was set, Unix time in nanoseconds
	first int64  // when the socket was first seen; 0: in the first pass
	read  int64  // when it was last read

	known    sock.Field
	protocol sock.Protocol
	family   sock.Family
	state    sock.State
	status   sock.OwnerStatus
	mark     change.Kind
	v6only   bool
	brief    bool  // no listing has shown it
	told     uint8 // of counters

	ifIndex, recvQueue, sendQueue, backlog uint32
	short                                  [len(counted) - long]uint32
	localPort, remotePort                  uint16

	local, remote netip.Addr
	inode, cookie uint64
	owners        []sock.Owner
	long          [long]uint64
	rates         sock.Rates
	rest          *sock.Socket // all of it, if it knows more; nil: it does not
}

// counted are the members of tcp_info of which the rates are made, and the one that
// most want to see. The first have 64 bits in struct tcp_info, the others 32: a
// [sock.TCPInfo] knows no number that is larger.
var counted = [...]sock.TCPInfoField{
	sock.TCPInfoBytesReceived, sock.TCPInfoBytesAcked,
	sock.TCPInfoRTT, sock.TCPInfoSegsIn, sock.TCPInfoSegsOut, sock.TCPInfoTotalRetrans, sock.TCPInfoDataSegsOut,
}

const (
	long    = 2    // of counted
	rttPart = long // its place there
)

// count holds a member of tcp_info.
func (r *row) count(i int, v uint64) {
	if i < long {
		r.long[i] = v
	} else {
		r.short[i-long] = uint32(v)
	}
	r.told |= 1 << i
}

// each calls do with the members that are known.
func (r *row) each(do func(f sock.TCPInfoField, v uint64)) {
	for i, f := range counted {
		switch {
		case r.told&(1<<i) == 0:
		case i < long:
			do(f, r.long[i])
		default:
			do(f, uint64(r.short[i-long]))
		}
	}
}

// held are the facts that a row has room for.
const held = sock.FieldLocal | sock.FieldRemote | sock.FieldInterface | sock.FieldV6Only | sock.FieldRecvQueue |
	sock.FieldSendQueue | sock.FieldBacklog | sock.FieldInode | sock.FieldCookie | sock.FieldOwners | sock.ComparedFields

// wish is what a pass holds of each socket.
type wish struct {
	facts sock.Field
	// info: tcp_info is held as a whole.
	info bool
}

// take holds what is wished of a socket.
func (r *row) take(s *sock.Socket, w wish) {
	r.known = s.Known & w.facts
	r.protocol, r.family, r.state, r.status = s.Protocol, s.Family, s.State, s.OwnerStatus
	r.v6only = s.V6Only
	r.ifIndex, r.recvQueue, r.sendQueue, r.backlog = s.IfIndex, s.RecvQueue, s.SendQueue, s.Backlog
	r.local, r.localPort, r.remote, r.remotePort = s.Local.Addr(), s.Local.Port(), s.Remote.Addr(), s.Remote.Port()
	r.inode, r.cookie, r.rates = s.Inode, s.Cookie, s.Rates
	r.told, r.rest = 0, nil
	if s.Knows(sock.FieldTCPInfo) && s.TCPInfo != nil {
		for i, f := range counted {
			if v, ok := s.TCPInfo.Get(f); ok {
				r.count(i, v)
			}
		}
	}
	rest := held
	if !w.info {
		rest |= sock.FieldTCPInfo
	}
	if r.known&^rest != 0 || s.Interface != "" || s.Listener != nil || s.PortProcess != "" || s.CreatorPID != 0 {
		r.rest = s.Clone()
		r.rest.Known &= w.facts
	}
}

// goOn lets the next rates of a row begin where those of another one do.
func (r *row) goOn(soon *row) {
	rtt := r.short[rttPart-long]
	r.long, r.short, r.told, r.read = soon.long, soon.short, soon.told, soon.read
	r.short[rttPart-long] = rtt
	if r.rest != nil && r.rest.TCPInfo != nil {
		r.each(r.rest.TCPInfo.Set)
	}
}

// record is room for a socket that is made of a row.
type record struct {
	socket sock.Socket
	info   sock.TCPInfo
}

// of returns the socket of a row. It stays as it is until the next one is made in the
// same room, and shares its memory with the row.
func (x *record) of(r *row) *sock.Socket {
	if r.rest != nil {
		return r.rest
	}
	s := &x.socket // what a row never holds is never set
	s.Known = r.known
	s.Protocol, s.Family, s.State, s.OwnerStatus = r.protocol, r.family, r.state, r.status
	s.V6Only = r.v6only
	s.IfIndex, s.RecvQueue, s.SendQueue, s.Backlog = r.ifIndex, r.recvQueue, r.sendQueue, r.backlog
	s.Local, s.Remote = netip.AddrPortFrom(r.local, r.localPort), netip.AddrPortFrom(r.remote, r.remotePort)
	s.Inode, s.Cookie = r.inode, r.cookie
	s.Owners, s.Rates = r.owners, r.rates
	s.Age = time.Duration(max(0, r.read-r.first)) // known if the beginning was seen
	s.ReadAt = time.Unix(0, r.read)
	s.TCPInfo = nil
	if s.Knows(sock.FieldTCPInfo) {
		x.info = sock.TCPInfo{}
		r.each(x.info.Set)
		s.TCPInfo = &x.info
	}
	return s
}
