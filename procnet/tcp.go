package procnet

import (
	"math"
	"time"

	"sockeye/sock"
)

// tcpParser parses /proc/net/tcp and tcp6. A full socket has five fields more
// than a TIME_WAIT or a request (get_timewait4_sock, get_openreq4); nothing is
// taken from them.
type tcpParser struct{ inetParser }

func newTCP(p inetParser) rowParser { return &tcpParser{p} }

func (p *tcpParser) parse(line []byte, s *sock.Socket) rowKind {
	c := cursor{rest: line}
	e := p.ends(&c)
	if c.failed {
		return rowBad
	}
	s.State = tcpState(e.state)
	if !p.states.Has(s.State) {
		return rowSkipped
	}
	r := p.tail(&c)
	p.fill(&c, e, r, s.State != sock.Listen, s)
	if c.failed {
		return rowBad
	}
	// The send queue of a listener is printed as 0 and is not its backlog.
	if s.State == sock.Listen {
		s.SendQueue = 0
		s.Known &^= sock.FieldSendQueue
	}
	s.Timer = tcpTimer(r)
	s.Known |= sock.FieldTimer
	return rowGood
}

// userTick is a tick of USER_HZ, in which the kernel gives times to programs. It
// is 100 a second on every architecture that Go knows.
const userTick = time.Second / 100

// tcpTimer decodes tr, tm->when, retrnsmt and timeout. As sock_diag does, it
// counts the probes where the timer sends probes (inet_sk_diag_fill in
// net/ipv4/inet_diag.c).
func tcpTimer(r inetRow) sock.Timer {
	kind := sock.TimerUnknown
	if r.timer < uint64(sock.TimerUnknown) {
		kind = sock.TimerKind(r.timer)
	}
	if kind == sock.TimerOff {
		return sock.Timer{}
	}
	count := r.retransmits
	if kind == sock.TimerKeepalive || kind == sock.TimerPersist {
		count = r.probes
	}
	ticks := min(r.when, uint64(math.MaxInt64/userTick))
	return sock.Timer{
		Kind:        kind,
		Expires:     time.Duration(ticks) * userTick,
		Retransmits: uint8(min(count, math.MaxUint8)),
	}
}

// tcpStates are the states of include/net/tcp_states.h. The kernel prints
// TCP_NEW_SYN_RECV (0C) as TCP_SYN_RECV, and has never printed
// TCP_BOUND_INACTIVE (0D); they are here because the header numbers them.
var tcpStates = [...]sock.State{
	0x01: sock.Established,
	0x02: sock.SynSent,
	0x03: sock.SynReceived,
	0x04: sock.FinWait1,
	0x05: sock.FinWait2,
	0x06: sock.TimeWait,
	0x07: sock.Closed,
	0x08: sock.CloseWait,
	0x09: sock.LastAck,
	0x0A: sock.Listen,
	0x0B: sock.Closing,
	0x0C: sock.SynReceived,
	0x0D: sock.Bound,
}

// tcpState returns the state of a TCP socket for the number in a table.
func tcpState(number uint32) sock.State {
	if number >= uint32(len(tcpStates)) {
		return sock.StateUnknown
	}
	return tcpStates[number]
}

// datagramState returns the state of a socket without connections: such a
// socket uses two of TCP's states, for having a peer and for having none.
func datagramState(number uint32) sock.State {
	switch tcpState(number) {
	case sock.Established:
		return sock.Established
	case sock.Closed:
		return sock.Unconnected
	}
	return sock.StateUnknown
}
