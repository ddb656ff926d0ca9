package change

import (
	"cmp"
	"slices"
	"time"

	"sockeye/sock"
)

// Kind says what became of a socket from one listing to the next.
type Kind uint8

// The kinds.
const (
	Same    Kind = iota // nothing that is compared
	Opened              // it was not in the listing before
	Changed             // it was, and something about it is different
	Closed              // it was, and is not in this one
	Left                // it is in neither, and was read all the same
)

var kindNames = [...]string{"same", "opened", "changed", "closed", "left"}

// String returns the word of the event in JSON, such as "opened".
func (k Kind) String() string {
	if int(k) >= len(kindNames) {
		return "unknown"
	}
	return kindNames[k]
}

// Row is what became of one socket.
type Row struct {
	Kind   Kind
	Socket *sock.Socket // as it was read last
}

// Tracker compares each listing with the one before. It holds the sockets of the
// last listing, and nothing of earlier ones. The zero value has seen no listing.
type Tracker struct {
	// Equal reports whether a socket shows no difference. Nil: none ever changes.
	Equal func(before, after *sock.Socket) bool
	// Match decides which sockets are in the listing, when their rates and age are
	// known; nil: all that are read.
	Match func(*sock.Socket) bool

	pass    uint64 // number of the listing, from 1
	sockets map[Identity]*seen
}

// seen is a socket as it was last read.
type seen struct {
	socket *sock.Socket
	listed bool      // it is in the listing, not only read
	pass   uint64    // the listing that it was last read for
	place  int       // in that listing
	first  time.Time // when it was first read; zero: for the first listing
	next   *seen     // another of the same identity
}

// Compare takes the next listing and says what became of every socket of it and of
// the one before, in its order; what is closed stands where it was. In the first
// listing every socket is [Opened]. The sockets get their rates and their age as far
// as they are known. The tracker keeps them: they must not be changed afterwards.
//
// Of a listing that is not whole, because a table could not be read, it is not known
// that what is missing is closed: it stays as it was, until it is missing from the
// next one too. A socket that is there twice, because it moved from one table to
// another meanwhile, counts once.
func (t *Tracker) Compare(list []*sock.Socket, whole bool) []Row {
	t.pass++
	if t.sockets == nil {
		t.sockets = make(map[Identity]*seen, len(list))
	}
	now := make([]placed, 0, len(list))
	for _, s := range list {
		if p, once := t.next(s); once {
			now = append(now, p)
		}
	}
	return merge(now, t.missing(whole))
}

// placed is a socket with what became of it and where it stood in the listing before.
type placed struct {
	*seen
	kind Kind
	was  int // -1: it was not there
}

// next takes a socket and reports whether it is the first of its cookie.
func (t *Tracker) next(s *sock.Socket) (p placed, once bool) {
	id := IdentityOf(s)
	first := t.sockets[id]
	old := first
	for old != nil && old.pass == t.pass {
		if id.cookie != 0 {
			return p, false
		}
		old = old.next
	}
	if old == nil {
		old = &seen{next: first, place: -1}
		if t.pass > 1 {
			old.first = s.ReadAt
		}
		t.sockets[id] = old
	}
	return placed{old, t.update(old, s), old.place}, true
}

// update puts a socket in place of what it was and says what became of it.
func (t *Tracker) update(n *seen, s *sock.Socket) Kind {
	before, was := n.socket, n.listed
	if before != nil {
		SetRates(before, s, s.ReadAt.Sub(before.ReadAt))
	}
	n.socket, n.pass = s, t.pass
	n.setAge(s)
	n.listed = t.Match == nil || t.Match(s)
	switch {
	case was && !n.listed:
		return Closed
	case !n.listed:
		return Left
	case !was:
		return Opened
	case t.Equal != nil && !t.Equal(before, s):
		return Changed
	}
	return Same
}

// setAge sets how long a socket has been there: since it was made, where that is
// told, else since it was first seen, if not from the beginning.
func (n *seen) setAge(s *sock.Socket) {
	began := n.first
	if s.Knows(sock.FieldCreated) {
		began = s.Created
	}
	if !began.IsZero() && !s.ReadAt.IsZero() {
		s.Age, s.Known = max(0, s.ReadAt.Sub(began)), s.Known|sock.FieldAge
	}
}

// missing returns the sockets that are not in this listing, in the order of the one
// before, and forgets those that are closed.
func (t *Tracker) missing(whole bool) []placed {
	oldest := t.pass
	if !whole {
		oldest--
	}
	var gone []placed
	for id, first := range t.sockets {
		var left *seen
		for n := first; n != nil; {
			next := n.next
			if n.pass < t.pass && n.listed {
				kind := Same
				if n.pass < oldest {
					kind = Closed
				}
				gone = append(gone, placed{n, kind, n.place})
			}
			if n.pass >= oldest {
				n.next, left = left, n
			}
			n = next
		}
		switch left {
		case first:
		case nil:
			delete(t.sockets, id)
		default:
			t.sockets[id] = left
		}
	}
	slices.SortFunc(gone, func(a, b placed) int { return cmp.Compare(a.was, b.was) })
	return gone
}

// merge puts what is missing between what is there, and remembers the places.
func merge(now, gone []placed) []Row {
	rows := make([]Row, 0, len(now)+len(gone))
	add := func(p placed) {
		p.place = len(rows)
		if p.kind != Left {
			rows = append(rows, Row{p.kind, p.socket})
		}
	}
	place := 0 // behind what was written, in the listing before
	for _, p := range now {
		for len(gone) > 0 && (gone[0].was < p.was || p.was < 0 && gone[0].was == place) {
			place = gone[0].was + 1
			add(gone[0])
			gone = gone[1:]
		}
		if p.was >= 0 {
			place = p.was + 1
		}
		add(p)
	}
	for _, p := range gone {
		add(p)
	}
	return rows
}

// Len returns the number of sockets that the tracker holds.
func (t *Tracker) Len() int {
	n := 0
	for _, first := range t.sockets {
		for ; first != nil; first = first.next {
			n++
		}
	}
	return n
}
