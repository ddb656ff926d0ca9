package tracer

import (
	"bytes"
	"encoding/binary"
	"net/netip"
	"time"

	"sockeye/sock"
)

// The sizes of struct record in bpf/trace.bpf.c: that of a change to CLOSED has more.
const (
	shortRecord = 136
	fullRecord  = 200
)

// The flags of records.
const (
	flagTimed = 1 << iota
	flagDurationAtLeast
	flagAgeAtLeast
	flagSocket
	flagOwner
)

// Families as Linux numbers them.
const (
	familyIPv4 = 2
	familyIPv6 = 10
)

// states are those of net/tcp_states.h, by their number.
var states = [...]sock.State{
	1: sock.Established, 2: sock.SynSent, 3: sock.SynReceived, 4: sock.FinWait1,
	5: sock.FinWait2, 6: sock.TimeWait, 7: sock.Closed, 8: sock.CloseWait, 9: sock.LastAck,
	10: sock.Listen, 11: sock.Closing, 12: sock.SynReceived, 13: sock.Bound,
}

// stateOf returns a state; of none it is StateUnknown.
func stateOf(number uint8) sock.State {
	if int(number) >= len(states) {
		return sock.StateUnknown
	}
	return states[number]
}

// failures are what sk_err says, by the numbers of asm-generic/errno.h.
var failures = map[uint16]Failure{
	0: NoFailure, 32: Reset /* EPIPE */, 100: Unreachable /* ENETDOWN */, 101: Unreachable, /* ENETUNREACH */
	103: Aborted /* ECONNABORTED */, 104: Reset /* ECONNRESET */, 110: TimedOut, /* ETIMEDOUT */
	111: Refused /* ECONNREFUSED */, 112: Unreachable /* EHOSTDOWN */, 113: Unreachable, /* EHOSTUNREACH */
}

// failureOf says how a connection ended.
func failureOf(number uint16, old sock.State) Failure {
	f, known := failures[number]
	switch {
	case !known:
		return Failed
	case f == NoFailure && (old == sock.SynSent || old == sock.SynReceived):
		return Abandoned
	}
	return f
}

// decoder makes events of records.
type decoder struct {
	order binary.ByteOrder
	// epoch is when the clock of records was 0, in nanoseconds since 1970.
	epoch int64
	// drops and resets are the names of reasons.
	drops, resets map[uint32]string

	processes map[processKey]*sock.Process
	owner     [1]sock.Owner
	info      sock.TCPInfo
}

type processKey struct {
	pid  uint32
	name [16]byte
}

// mostProcesses bounds how many processes are remembered.
const mostProcesses = 4096

// process returns the one value for a process.
func (d *decoder) process(pid uint32, name []byte) *sock.Process {
	key := processKey{pid: pid, name: [16]byte(name)}
	if p := d.processes[key]; p != nil {
		return p
	}
	if d.processes == nil || len(d.processes) >= mostProcesses {
		d.processes = make(map[processKey]*sock.Process)
	}
	text, _, _ := bytes.Cut(name, []byte{0})
	p := &sock.Process{PID: int(pid), Name: string(text)}
	d.processes[key] = p
	return p
}

// decode reads a record into an event, and reports whether it is one.
func (d *decoder) decode(b []byte, e *Event) bool {
	if len(b) < shortRecord || b[80] >= uint8(kindEnd) || b[81] >= uint8(originEnd) {
		return false
	}
	old, next := stateOf(b[82]), stateOf(b[83])
	*e = Event{
		Kind:     Kind(b[80]),
		Time:     time.Unix(0, d.epoch+int64(d.order.Uint64(b))).UTC().Truncate(time.Microsecond),
		OldState: old, NewState: next,
		Segments: d.order.Uint32(b[64:]), Bytes: d.order.Uint32(b[68:]), Flags: b[85],
	}
	if !d.socket(b, &e.Socket) {
		return false
	}
	d.owners(b, e)
	switch e.Kind {
	case StateChange:
		d.change(b, e)
	case Drop:
		e.Reason = d.drops[d.order.Uint32(b[60:])]
	case ResetSent:
		e.Reason = d.resets[d.order.Uint32(b[60:])]
	}
	return true
}

// socket reads what is known of the socket, but its owner.
func (d *decoder) socket(b []byte, s *sock.Socket) bool {
	switch d.order.Uint16(b[72:]) {
	case familyIPv4:
		s.Family = sock.IPv4
	case familyIPv6:
		s.Family = sock.IPv6
	default:
		return false
	}
	s.Protocol, s.State = sock.TCP, stateOf(b[83])
	s.Local = netip.AddrPortFrom(netip.AddrFrom16([16]byte(b[88:])).Unmap(), d.order.Uint16(b[74:]))
	s.Remote = netip.AddrPortFrom(netip.AddrFrom16([16]byte(b[104:])).Unmap(), d.order.Uint16(b[76:]))
	s.Known = sock.FieldLocal
	if s.Remote.Port() != 0 {
		s.Known |= sock.FieldRemote
	} else {
		s.Remote = netip.AddrPort{}
	}
	if inode := d.order.Uint32(b[40:]); inode != 0 {
		s.Netns.Inode, s.Known = uint64(inode), s.Known|sock.FieldNetns
	}
	if b[84]&flagSocket == 0 {
		return true
	}
	s.UID, s.Mark, s.IfIndex = d.order.Uint32(b[44:]), d.order.Uint32(b[48:]), d.order.Uint32(b[52:])
	s.Known |= sock.FieldUID | sock.FieldMark | sock.FieldInterface
	if s.Cookie = d.order.Uint64(b[8:]); s.Cookie != 0 {
		s.Known |= sock.FieldCookie
	}
	if s.CgroupID = d.order.Uint64(b[32:]); s.CgroupID != 0 {
		s.Known |= sock.FieldCgroupID
	}
	return true
}

// owners reads the owner, or says why there is none.
func (d *decoder) owners(b []byte, e *Event) {
	s, pid := &e.Socket, d.order.Uint32(b[56:])
	s.Known |= sock.FieldOwners
	switch {
	case b[84]&flagOwner != 0 && pid != 0:
		d.owner[0] = sock.Owner{Process: d.process(pid, b[120:136]), FD: sock.NoFD}
		s.Owners, s.OwnerStatus, e.Origin = d.owner[:], sock.OwnerKnown, Origin(b[81])
	case b[84]&flagOwner != 0:
		s.OwnerStatus = sock.OwnerOtherNamespace
	case s.State == sock.TimeWait:
		s.OwnerStatus = sock.OwnerTimeWait
	case s.State == sock.SynReceived && b[84]&flagSocket == 0:
		s.OwnerStatus = sock.OwnerRequest
	case s.State == sock.StateUnknown: // no socket
		s.Known &^= sock.FieldOwners
	default:
		s.OwnerStatus = sock.OwnerNoDescriptor
	}
}

// change reads what is told of a change of state.
func (d *decoder) change(b []byte, e *Event) {
	if flags := b[84]; flags&flagTimed != 0 {
		e.Timed = true
		e.Duration, e.Age = time.Duration(d.order.Uint64(b[16:])), time.Duration(d.order.Uint64(b[24:]))
		e.DurationAtLeast, e.AgeAtLeast = flags&flagDurationAtLeast != 0, flags&flagAgeAtLeast != 0
	}
	if e.NewState != sock.Closed || len(b) < fullRecord {
		return
	}
	e.Failure = failureOf(d.order.Uint16(b[78:]), e.OldState)
	acked, received, sent, again := d.order.Uint64(b[136:]), d.order.Uint64(b[144:]), d.order.Uint64(b[152:]), d.order.Uint64(b[160:])
	e.Sent, e.Received = sent-min(again, sent), received
	if fin := b[86]; fin != 0 && received > 0 {
		e.Received-- // the kernel counts the sequence number of the FIN
	}
	d.info = sock.TCPInfo{}
	d.info.Set(sock.TCPInfoBytesAcked, acked)
	d.info.Set(sock.TCPInfoBytesReceived, received)
	d.info.Set(sock.TCPInfoBytesSent, sent)
	d.info.Set(sock.TCPInfoBytesRetrans, again)
	for i, member := range [...]sock.TCPInfoField{
		sock.TCPInfoTotalRetrans, sock.TCPInfoRTT, sock.TCPInfoRTTVar, sock.TCPInfoMinRTT,
		sock.TCPInfoSegsIn, sock.TCPInfoSegsOut, sock.TCPInfoDataSegsIn, sock.TCPInfoDataSegsOut,
	} {
		value := uint64(d.order.Uint32(b[168+4*i:]))
		switch {
		case member == sock.TCPInfoRTT:
			value >>= 3
		case member == sock.TCPInfoRTTVar:
			value >>= 2
		}
		if value == 0 && i >= 1 && i <= 3 && d.order.Uint32(b[172:]) == 0 {
			continue // no round trip was measured
		}
		d.info.Set(member, value)
	}
	e.Socket.TCPInfo, e.Socket.Known = &d.info, e.Socket.Known|sock.FieldTCPInfo
}
