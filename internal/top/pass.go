package top

import (
	"context"
	"hash/maphash"
	"slices"
	"time"

	"sockeye/sock"
	"sockeye/sock/change"
	"sockeye/sock/fact"
	"sockeye/sock/filter"
)

// pass is one listing, with what became of each socket since the one before. It does
// not change once it was made.
type pass struct {
	number int // from 1
	at     time.Time
	rows   []row
	index  map[uint64]int32 // the place of each key
	owners shelf            // of all rows
	totals totals
	briefs briefs
	snap   sock.Snapshot
	looked *looked // what doctor found by then; nil: nothing was looked at
}

// totals are the sockets of a pass that are there, whatever is shown of them.
type totals struct {
	sockets                 int
	states                  [64]int
	in, out                 uint64 // bytes a second
	rated                   bool   // of one connection at least
	opened, changed, closed int    // since the pass before
}

// ask is what the next pass is to hold.
type ask struct {
	wish
	// equal reports whether what is shown of a socket is the same.
	equal func(before, after *sock.Socket) bool
	// list streams the sockets, over one reused record.
	list func(ctx context.Context, want sock.Field, each func(*sock.Socket)) (sock.Snapshot, error)
	now  func() time.Time
	// filter decides which tables are listed.
	filter *filter.Filter
	// span is the shortest time that rates are taken over: below it those before stay.
	span time.Duration
	// stay is how long a mark stays, and a socket that is closed.
	stay time.Duration
}

// maker makes the passes, one at a time. Two take turns with the memory: while one is
// shown, the next is made in that of the one before.
type maker struct {
	last, spare *pass
	born        uint32
	before      record
	ends        ends     // what they tell of beside the listings
	unkept      []unkept // of the time that rows stay
	looks       looks
	// grown is called now and then with how many rows are held; nil: it is not.
	grown func(rows int)
}

// grownRows is after how many rows grown is called.
const grownRows = 4096

var seed = maphash.MakeSeed()

// keyOf is a number for the identity of a socket. That two of a million have the same
// one happens once in thirty million machines.
func keyOf(id change.Identity) uint64 { return maphash.Comparable(seed, id) | 1 }

// make lists once more.
func (m *maker) make(ctx context.Context, a ask) (*pass, error) {
	p := m.begin(a.now())
	m.ends.ripen()
	snap, err := m.list(ctx, p, a)
	if err != nil {
		m.spare = p
		return nil, err
	}
	p.snap, p.looked = snap, m.looks.last
	if m.last != nil {
		m.missing(p, a.stay)
	}
	m.brief(p, a.stay)
	p.count()
	m.last, m.spare = p, m.last
	return p, nil
}

// list lists into a pass, at which doctor may look.
func (m *maker) list(ctx context.Context, p *pass, a ask) (sock.Snapshot, error) {
	see := func(s *sock.Socket) { m.add(p, s, a) }
	rows := 0
	if m.last != nil {
		rows = len(m.last.rows)
	}
	if !m.looks.begin(p.at, a.filter, rows) {
		return a.list(ctx, a.facts, see)
	}
	snap, err := a.list(ctx, a.facts|m.looks.Facts, func(s *sock.Socket) {
		m.looks.see(s)
		see(s)
	})
	m.looks.end(p.at, err == nil && !unread(snap), &m.ends)
	return snap, err
}

// begin returns an empty pass.
func (m *maker) begin(at time.Time) *pass {
	p := m.spare
	m.spare = nil
	if p == nil {
		p = &pass{index: map[uint64]int32{}}
	}
	clear(p.index)
	clear(p.rows[:cap(p.rows)]) // what is not there any more is not held
	p.owners.empty()
	*p = pass{at: at, rows: p.rows[:0], index: p.index, owners: p.owners}
	if m.last != nil {
		p.number = m.last.number
		// Those of the first pass grew by being copied, and may have room for many more.
		if n := len(m.last.rows); cap(p.rows) < n || cap(p.rows) > n+n/4 {
			p.rows = make([]row, 0, n+n/32)
		}
	}
	p.number++
	return p
}

// add takes a socket. One that moved from one table to another meanwhile is there
// twice by its cookie, and counts once.
func (m *maker) add(p *pass, s *sock.Socket, a ask) {
	key := keyOf(change.IdentityOf(s))
	known := s.Knows(sock.FieldCookie) && s.Cookie != 0
	if s.Protocol == sock.TCP && !known {
		p.briefs.bare = true
	}
	for p.has(key) {
		if known && s.Protocol != sock.SCTP {
			return
		}
		key += 2
	}
	if m.grown != nil && len(p.rows)%grownRows == 0 {
		rows := len(p.rows)
		if m.last != nil {
			rows = max(rows, len(m.last.rows))
		}
		m.grown(rows)
	}
	p.index[key] = int32(len(p.rows))
	p.rows = append(p.rows, row{key: key, pass: uint32(p.number), read: s.ReadAt.UnixNano()})
	r := &p.rows[len(p.rows)-1]
	soon := m.compare(p, r, s, a)
	r.take(s, a.wish)
	if soon != nil {
		r.goOn(soon)
	}
	r.owners = p.owners.put(s.Owners)
}

// compare gives a socket its rates and its age, and its row the mark. It returns the
// row of the pass before if that was so short ago that its rates were kept.
func (m *maker) compare(p *pass, r *row, s *sock.Socket, a ask) (soon *row) {
	at := p.at.UnixNano()
	var was *row
	if m.last != nil {
		if i, there := m.last.index[r.key]; there {
			was = &m.last.rows[i]
		}
	}
	if was == nil || was.mark == change.Closed {
		m.born++
		r.born = m.born
		if m.last != nil {
			r.mark, r.since, r.first = change.Opened, at, r.read
			p.totals.opened++
		}
		setAge(s, r.first)
		return nil
	}
	before := m.before.of(was)
	if r.born, r.first = was.born, was.first; r.read-was.read < int64(a.span) {
		s.Rates, s.Known = was.rates, s.Known|was.known&sock.FieldRates
		soon = was
	} else {
		change.SetRates(before, s, time.Duration(r.read-was.read))
	}
	setAge(s, r.first)
	switch {
	case a.equal != nil && !a.equal(before, s):
		r.mark, r.since = change.Changed, at
		p.totals.changed++
	case was.mark != change.Same && at-was.since < int64(a.stay):
		r.mark, r.since = was.mark, was.since
	}
	return soon
}

// setAge sets how long a socket has been there, at least.
func setAge(s *sock.Socket, first int64) {
	switch {
	case s.Knows(sock.FieldCreated):
		s.Age = max(0, s.ReadAt.Sub(s.Created))
	case first != 0:
		s.Age = max(0, s.ReadAt.Sub(time.Unix(0, first)))
	default:
		return
	}
	s.Known |= sock.FieldAge
}

// missing holds what is not in the listing any more, for a while. Of one that was not
// whole it is not known that a socket is closed: it stays once.
func (m *maker) missing(p *pass, stay time.Duration) {
	at := p.at.UnixNano()
	whole := !unread(p.snap)
	for i := range m.last.rows {
		was := &m.last.rows[i]
		if was.brief || p.has(was.key) {
			continue
		}
		r := *was
		switch {
		case was.mark == change.Closed && at-was.since >= int64(stay):
			continue
		case was.mark == change.Closed:
		case !whole && was.pass == uint32(m.last.number):
		default:
			r.mark, r.since = change.Closed, at
			r.rates, r.known = sock.Rates{}, r.known&^sock.FieldRates
			p.totals.closed++
		}
		r.owners = p.owners.put(was.owners)
		p.index[r.key] = int32(len(p.rows))
		p.rows = append(p.rows, r)
	}
}

// unread reports whether a table could not be read.
func unread(snap sock.Snapshot) bool {
	for _, w := range snap.Warnings {
		if w.Code == sock.CodeUnavailable || w.Code == sock.CodeInterrupted {
			return true
		}
	}
	return false
}

// count counts what is there.
func (p *pass) count() {
	for i := range p.rows {
		r := &p.rows[i]
		if r.mark == change.Closed {
			continue
		}
		p.totals.sockets++
		p.totals.states[r.state]++
		if r.known&sock.FieldRates != 0 {
			p.totals.rated = true
			p.totals.in += r.rates.Receive
			p.totals.out += r.rates.Send
		}
	}
}

// equalBy compares facts. What moves all the time, such as queues and rates, is no
// change that is worth a mark; nor is what one pass alone was asked for of the holders,
// as those at which doctor looks are.
func equalBy(facts []*fact.Fact) func(before, after *sock.Socket) bool {
	var words, lists []*fact.Fact
	for _, f := range facts {
		switch f.Kind {
		case fact.List:
			lists = append(lists, f)
			continue
		case fact.Number, fact.Bytes, fact.Duration, fact.Time, fact.Share:
			if !f.PerOwner() {
				continue
			}
		}
		words = append(words, f)
	}
	return func(before, after *sock.Socket) bool {
		return fact.Same(words, before, after) &&
			!slices.ContainsFunc(lists, func(f *fact.Fact) bool { return !fact.SameKnown(f, before, after) })
	}
}
