package top

import (
	"context"
	"sync"

	"sockeye/internal/doctor"
	"sockeye/sock"
	"sockeye/sock/change"
)

const (
	// mostBrief is how many sockets that no listing has shown are kept as rows.
	mostBrief = 2000
	// mostKeys bounds how many more are told apart between two passes.
	mostKeys = 1 << 16
)

// ends gathers what ended, beside the screen, until the next pass asks which of it no
// listing has shown. What it holds is bounded, however many come and go.
type ends struct {
	mu    sync.Mutex
	shown *pass    // the last one: the listings tell the end of what is in it
	rows  []row    // the first mostBrief since then
	keys  []uint64 // of those behind them
	over  bool     // and these were too many
	// ripeRows and ripeKeys were there when the next pass began: what comes while it
	// lists may yet be listed, as a connection in TIME_WAIT is.
	ripeRows, ripeKeys int

	lost   uint64 // events, from the beginning
	begun  bool
	failed bool // and none are told any more

	attempts   *doctor.Attempts // of a look that is under way; nil: none is
	lostBefore uint64           // it began
}

// add takes a socket that ended; its memory stays its owner's.
func (e *ends) add(s *sock.Socket) {
	key := keyOf(change.IdentityOf(s))
	e.mu.Lock()
	defer e.mu.Unlock()
	e.begun = true
	if e.attempts != nil {
		e.attempts.Add(s)
	}
	switch {
	case !s.Knows(sock.FieldCookie): // it could not be told from what is listed
	case e.shown == nil || e.shown.has(key): // before the first pass nothing is new
	case len(e.rows) < mostBrief:
		e.rows = append(e.rows, briefRow(key, s))
	case len(e.keys) < mostKeys:
		e.keys = append(e.keys, key)
	default:
		e.over = true
	}
}

// lose notes how many events could not be told so far.
func (e *ends) lose(lost uint64) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.begun, e.lost = true, lost
}

// ripen notes that a pass begins.
func (e *ends) ripen() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.ripeRows, e.ripeKeys = len(e.rows), len(e.keys)
}

// taken forgets what was ripe. A pass was made.
func (e *ends) taken(p *pass) {
	n := copy(e.rows, e.rows[e.ripeRows:])
	clear(e.rows[n:])
	e.rows = e.rows[:n]
	e.keys = e.keys[:copy(e.keys, e.keys[e.ripeKeys:])]
	e.ripeRows, e.ripeKeys, e.over, e.shown = 0, 0, false, p
}

// losses returns how many events could not be told, and whether any could.
func (e *ends) losses() (lost uint64, begun bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.lost, e.begun
}

// follow begins to gather the attempts to connect that fail, for a look of doctor.
func (e *ends) follow() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.attempts, e.lostBefore = nil, e.lost
	if e.begun {
		e.attempts = &doctor.Attempts{}
	}
}

// followed returns those since then; nil: they were not told, or not all of the time.
func (e *ends) followed() *doctor.Attempts {
	e.mu.Lock()
	defer e.mu.Unlock()
	all := e.attempts
	e.attempts = nil
	if all == nil || e.failed {
		return nil
	}
	all.Lost = e.lost - e.lostBefore
	return all
}

// fail notes that none are told any more.
func (e *ends) fail() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.failed = true
}

// begin starts to gather, if something here tells of ends.
func (e *ends) begin(machine Machine) []effect {
	if machine.Ends == nil {
		return nil
	}
	return []effect{func(ctx context.Context) message {
		if err := machine.Ends(ctx, e.add, e.lose); err != nil {
			e.fail()
			return endsMessage{err}
		}
		return nil
	}}
}

// endsMessage says why no ends are told any more.
type endsMessage struct{ err error }

// unseen takes that no ends are told any more. What never was told is no news: the help
// says it.
func (m *model) unseen(msg endsMessage) {
	m.Unseen = errorText(msg.err)
	m.Facts &^= sock.FieldEvent
	if _, begun := m.maker.ends.losses(); begun {
		m.note = notSeen + ": " + m.Unseen
	}
}

// notSeen says what a view misses that listings alone feed.
const notSeen = "Connections that live shorter than a refresh are not seen"
