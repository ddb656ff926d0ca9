package doctor

import "sockeye/sock"

// before is what is kept of a socket of the first listing.
type before struct {
	state                       sock.State
	timer                       sock.TimerKind
	recvQueue, sendQueue, drops uint32
	known                       uint16 // which of the numbers
	numbers                     [len(compared)]uint64
}

// compared are the members of struct tcp_info of which it is told how far they moved.
var compared = [...]sock.TCPInfoField{
	sock.TCPInfoBytesReceived, sock.TCPInfoBytesAcked, sock.TCPInfoTotalRetrans, sock.TCPInfoSegsOut, sock.TCPInfoDsackDups,
	sock.TCPInfoReordSeen, sock.TCPInfoBusyTime, sock.TCPInfoRwndLimited, sock.TCPInfoSndbufLimited,
}

// placeOf says which of them a member is, from 1 on.
var placeOf = func() (places [sock.TCPInfoFieldCount]int8) {
	for i, f := range compared {
		places[f] = int8(i + 1)
	}
	return places
}()

// beforeOf keeps what the rules need of a socket.
func beforeOf(s *sock.Socket) before {
	b := before{state: s.State, timer: s.Timer.Kind, recvQueue: s.RecvQueue, sendQueue: s.SendQueue, drops: s.Memory.Drops}
	for i, f := range compared {
		if n, known := info(s, f); known {
			b.numbers[i] = n
			b.known |= 1 << i
		}
	}
	return b
}

// moved returns by how much a counter of a connection grew; false if it was not there
// before, or one of the two numbers is not known. Most of them have 32 bits in the
// kernel and may wrap: what became smaller is not told.
func (b *before) moved(s *sock.Socket, f sock.TCPInfoField) (by uint64, known bool) {
	if b == nil {
		return 0, false
	}
	i := placeOf[f] - 1
	if i < 0 || b.known&(1<<i) == 0 {
		return 0, false
	}
	now, told := info(s, f)
	return now - b.numbers[i], told && now >= b.numbers[i]
}

// stayedIn reports whether a connection was in one of some states both times.
func stayedIn(states sock.StateSet, was *before, s *sock.Socket) bool {
	return was != nil && s.Protocol == sock.TCP && states.Has(was.state) && states.Has(s.State)
}
