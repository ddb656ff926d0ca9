package top

import (
	"slices"
	"strings"
	"time"

	"sockeye/sock"
	"sockeye/sock/change"
	"sockeye/sock/fact"
)

// A socket is brief if it was opened and closed between two listings, so that nothing
// but its end tells of it. It is a row that was closed from the first, with all that
// was told; see [ends].

// briefs are the brief sockets of a pass.
type briefs struct {
	first int // place of the first: they are the last rows, the newest first
	// more came and went in the time that rows stay, and have none; over: at least.
	more int
	over bool
	lost uint64 // events, from the beginning
	bare bool   // connections were listed without a cookie: which are brief is not known
}

// unkept counts brief sockets without a row, of one time.
type unkept struct {
	since int64 // Unix time in nanoseconds
	n     int
	over  bool
}

// briefRow is the row of a socket that ended.
func briefRow(key uint64, s *sock.Socket) row {
	r := row{key: key, mark: change.Closed, brief: true, read: s.Event.Time.UnixNano()}
	r.take(s, wish{facts: sock.AllFields, info: true}) // whatever is asked for later
	r.owners = r.rest.Owners
	if life := s.Event.Lifetime; life >= 0 {
		r.first = r.read - int64(life)
		r.rest.Age, r.rest.Known = life, r.rest.Known|sock.FieldAge
		r.known |= sock.FieldAge
	}
	return r
}

// has reports whether a socket is in a pass.
func (p *pass) has(key uint64) bool {
	_, there := p.index[key]
	return there
}

// brief adds what came and went since the last pass, and keeps what did before for a
// while. It is called when all else is in the pass.
func (m *maker) brief(p *pass, stay time.Duration) {
	e := &m.ends
	e.mu.Lock()
	defer e.mu.Unlock()
	p.briefs.first, p.briefs.lost = len(p.rows), e.lost
	at := p.at.UnixNano()
	if m.last != nil && !p.briefs.bare {
		more := m.fresh(p, at)
		m.kept(p, at-int64(stay))
		if more > 0 || e.over {
			m.unkept = append(m.unkept, unkept{at, more, e.over})
		}
	}
	m.unkept = slices.DeleteFunc(m.unkept, func(u unkept) bool { return u.since <= at-int64(stay) })
	for _, u := range m.unkept {
		p.briefs.more += u.n
		p.briefs.over = p.briefs.over || u.over
	}
	e.taken(p)
}

// fresh adds what ended and no listing has shown, and returns how many more of that
// there are.
func (m *maker) fresh(p *pass, at int64) (more int) {
	e := &m.ends
	for _, r := range e.rows[:e.ripeRows] {
		if p.has(r.key) {
			continue
		}
		m.born++
		r.born, r.since = m.born, at
		p.addBrief(r)
	}
	for _, key := range e.keys[:e.ripeKeys] {
		if !p.has(key) {
			more++
		}
	}
	n := len(p.rows) - p.briefs.first + more
	p.totals.opened += n
	p.totals.closed += n
	return more
}

// kept adds the brief rows of the last pass that are not old, as many as there is room
// for: the newest.
func (m *maker) kept(p *pass, oldest int64) {
	for _, r := range m.last.rows[m.last.briefs.first:] {
		switch {
		case r.since <= oldest || p.has(r.key):
		case len(p.rows)-p.briefs.first < mostBrief:
			p.addBrief(r)
		default:
			m.unkept = append(m.unkept, unkept{since: r.since, n: 1})
		}
	}
}

func (p *pass) addBrief(r row) {
	r.pass = uint32(p.number)
	p.index[r.key] = int32(len(p.rows))
	p.rows = append(p.rows, r)
}

// sign is the mark in front of a row.
func (r *row) sign() string {
	if r.brief {
		return "±"
	}
	return signs[r.mark]
}

// briefLine says what has no row, and what could not be told; empty: nothing.
func (p *pass) briefLine() string {
	var parts []string
	if b := p.briefs; b.more > 0 || b.over {
		text := grouped(b.more) + " more came and went"
		if b.over {
			text = "over " + text
		}
		parts = append(parts, text)
	}
	if lost := p.briefs.lost; lost > 0 {
		parts = append(parts, lostText(lost))
	}
	return strings.Join(parts, ", ")
}

func lostText(lost uint64) string {
	if lost == 1 {
		return "1 event was lost"
	}
	return grouped(int(lost)) + " events were lost"
}

// briefHelp says whether what is brief is seen.
func (m *model) briefHelp() string {
	why := m.Unseen
	if m.pass != nil && m.pass.briefs.bare {
		why = "connections are listed without a cookie"
	}
	if why != "" {
		return notSeen + ": " + why
	}
	text := "With ± come connections that live shorter than a refresh: the kernel tells of their ends"
	if m.pass != nil && m.pass.briefs.lost > 0 {
		text += "; " + lostText(m.pass.briefs.lost) + ", since they came faster than they could be read"
	}
	return text
}

// lifeText says how long a brief socket lived, and what became of it.
func lifeText(s *sock.Socket) string {
	var parts []string
	add := func(label, name string) {
		if text := fact.Lookup(name).AppendShown(&fact.View{}, nil, s); len(text) > 0 {
			parts = append(parts, label+string(text))
		}
	}
	if s.Event.Lifetime >= 0 {
		parts = append(parts, "lived "+s.Event.Lifetime.Round(time.Microsecond).String())
	}
	add("sent ", "sent_bytes")
	add("received ", "received_bytes")
	add("", "failure")
	return strings.Join(parts, "  ")
}
