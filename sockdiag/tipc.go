package sockdiag

import "sockeye/sock"

const (
	afTIPC  = 30 // linux/socket.h
	tipcRDM = 4  // SOCK_RDM of linux/net.h, a type that TIPC alone has
)

// Attributes of linux/tipc_netlink.h.
const (
	tipcNLASock = 2 // TIPC_NLA_SOCK: nested TIPC_NLA_SOCK_*, the whole message

	tipcSockAddr    = 1  // u32: the own node
	tipcSockRef     = 2  // u32
	tipcSockCon     = 3  // nested TIPC_NLA_CON_*
	tipcSockHasPubl = 4  // flag
	tipcSockStat    = 5  // nested TIPC_NLA_SOCK_STAT_*
	tipcSockType    = 6  // u32: SOCK_*
	tipcSockInode   = 7  // u32
	tipcSockUID     = 8  // u32
	tipcSockState   = 9  // u32: TCP_*
	tipcSockCookie  = 10 // u64
	tipcSockGroup   = 12 // nested TIPC_NLA_SOCK_GROUP_*

	tipcConNode     = 2 // u32
	tipcConSock     = 3 // u32
	tipcConType     = 4 // u32
	tipcConInstance = 5 // u32

	// These two begin with 0.
	tipcStatRecvQ    = 0 // u32: messages
	tipcStatSendQ    = 1 // u32
	tipcStatLinkCong = 2 // flag
	tipcStatConnCong = 3 // flag
	tipcStatDrop     = 4 // u32

	tipcGroupID       = 0 // u32
	tipcGroupInstance = 4 // u32
)

// tipcBits ask for the states of a TIPC socket, which have numbers of TCP's (enum of
// net/tipc/socket.c). One in TCP_CLOSE is Closed or Unconnected by its type.
var tipcBits = [...]uint32{
	sock.Listen:      1 << tcpListen,
	sock.SynSent:     1 << tcpSynSent,
	sock.Established: 1 << tcpEstablished,
	sock.CloseWait:   1 << tcpCloseWait,
	sock.Closed:      1 << tcpClose,
	sock.Unconnected: 1 << tcpClose,
}

// tipcDump makes struct tipc_sock_diag_req of linux/tipc_sockets_diag.h.
func tipcDump(_ *handler, _ sock.Table, states uint32, _ sock.Field) []byte {
	b := appendHeader(nil, sockDiagByFamily, nlmFRequest|nlmFDump)
	b = append(b, afTIPC, 0, 0, 0)
	return native.AppendUint32(b, states)
}

// tipcDecoder turns messages about TIPC sockets into records.
type tipcDecoder struct{ numbers sock.Numbers }

var (
	tipcServiceType         = sock.MemberNamed(sock.TIPCMembers, "service_type")
	tipcServiceInstance     = sock.MemberNamed(sock.TIPCMembers, "service_instance")
	tipcPublished           = sock.MemberNamed(sock.TIPCMembers, "published")
	tipcLinkCongested       = sock.MemberNamed(sock.TIPCMembers, "link_congested")
	tipcConnectionCongested = sock.MemberNamed(sock.TIPCMembers, "connection_congested")
	tipcDrops               = sock.MemberNamed(sock.TIPCMembers, "drops")
	tipcGroup               = sock.MemberNamed(sock.TIPCMembers, "group")
	tipcGroupOwnInstance    = sock.MemberNamed(sock.TIPCMembers, "group_instance")
)

// decode reads a message, which is attributes alone, into s, which it resets. The
// kernel sends an empty one for a socket in a state that was not asked for. The
// record is valid until the next call.
func (d *tipcDecoder) decode(b []byte, s *sock.Socket) parsed {
	if len(b) == 0 {
		return skipped
	}
	attributes := findAttribute(b, tipcNLASock)
	if attributes == nil {
		return rejected
	}
	s.Reset()
	d.numbers = sock.Numbers{}
	s.Protocol, s.Family, s.TIPC = sock.TIPC, sock.FamilyTIPC, &d.numbers
	s.Known |= sock.FieldTIPC
	setTIPCState(attributes, s)
	d.numbers.Set(tipcPublished, 0)
	return wholeness(eachAttribute(attributes, func(kind uint16, v []byte) bool { return d.attribute(kind, v, s) }))
}

// setTIPCState reads the type and the state, which the rest is understood by.
func setTIPCState(attributes []byte, s *sock.Socket) {
	if v := findAttribute(attributes, tipcSockType); len(v) >= 4 {
		if kind := native.Uint32(v); kind == tipcRDM {
			s.Type = sock.TypeRDM
			s.Known |= sock.FieldType
		} else {
			setType(uint8(min(kind, 255)), s)
		}
	}
	if v := findAttribute(attributes, tipcSockState); len(v) >= 4 {
		s.State = stateOf(uint8(min(native.Uint32(v), 255)), s.Type == sock.TypeDatagram || s.Type == sock.TypeRDM)
	}
}

// attribute reads one attribute and reports whether it was whole.
func (d *tipcDecoder) attribute(kind uint16, v []byte, s *sock.Socket) bool {
	switch kind {
	case tipcSockHasPubl:
		d.numbers.Set(tipcPublished, 1)
		return true
	case tipcSockCon:
		return eachAttribute(v, func(kind uint16, v []byte) bool { return d.set(tipcConnectionMembers, kind, v) })
	case tipcSockStat:
		d.numbers.Set(tipcLinkCongested, 0)
		d.numbers.Set(tipcConnectionCongested, 0)
		return eachAttribute(v, func(kind uint16, v []byte) bool { return d.statistic(kind, v, s) })
	case tipcSockGroup:
		return eachAttribute(v, func(kind uint16, v []byte) bool { return d.set(tipcGroupMembers, kind, v) })
	case tipcSockCookie:
		if len(v) < 8 {
			return false
		}
		setCookie(v, s)
		return true
	case tipcSockUID:
		return setUser(v, s)
	case tipcSockAddr, tipcSockRef, tipcSockInode:
		if len(v) < 4 {
			return false
		}
		d.identity(kind, native.Uint32(v), s)
	}
	return true
}

func (d *tipcDecoder) identity(kind uint16, n uint32, s *sock.Socket) {
	switch kind {
	case tipcSockAddr:
		d.numbers.Set(sock.TIPCNode, uint64(n))
	case tipcSockRef:
		d.numbers.Set(sock.TIPCRef, uint64(n))
	case tipcSockInode:
		setInode(uint64(n), s)
	}
}

// The members of TIPC_NLA_CON_* and TIPC_NLA_SOCK_GROUP_*, by their attributes.
var (
	tipcConnectionMembers = map[uint16]int{
		tipcConNode: sock.TIPCPeerNode, tipcConSock: sock.TIPCPeerRef,
		tipcConType: tipcServiceType, tipcConInstance: tipcServiceInstance,
	}
	tipcGroupMembers = map[uint16]int{tipcGroupID: tipcGroup, tipcGroupInstance: tipcGroupOwnInstance}
)

// set sets the member for an attribute of 32 bits, if there is one.
func (d *tipcDecoder) set(members map[uint16]int, kind uint16, v []byte) bool {
	member, known := members[kind]
	if !known {
		return true
	}
	if len(v) < 4 {
		return false
	}
	d.numbers.Set(member, uint64(native.Uint32(v)))
	return true
}

// statistic reads TIPC_NLA_SOCK_STAT_*. The queues are messages; those of a listener
// are connections that wait.
func (d *tipcDecoder) statistic(kind uint16, v []byte, s *sock.Socket) bool {
	switch kind {
	case tipcStatLinkCong:
		d.numbers.Set(tipcLinkCongested, 1)
		return true
	case tipcStatConnCong:
		d.numbers.Set(tipcConnectionCongested, 1)
		return true
	case tipcStatRecvQ, tipcStatSendQ, tipcStatDrop:
	default:
		return true
	}
	if len(v) < 4 {
		return false
	}
	n := native.Uint32(v)
	switch {
	case kind == tipcStatDrop:
		d.numbers.Set(tipcDrops, uint64(n))
	case kind == tipcStatRecvQ:
		s.RecvQueue = n
		s.Known |= sock.FieldRecvQueue
	case s.State != sock.Listen:
		s.SendQueue = n
		s.Known |= sock.FieldSendQueue
	}
	return true
}
