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

func (p *tcpParser) parse(line []byte, s *sock.Socket) verdict {
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
