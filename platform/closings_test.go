package platform

import (
	"context"
	"errors"
	"iter"
	"slices"
	"testing"
	"time"

	"sockeye/sock"
	"sockeye/sock/filter"
)

// recorded is a listing of some sockets, and an error behind them.
type recorded struct {
	sockets []*sock.Socket
	err     error
}

func (r recorded) Sockets(context.Context, sock.Query) iter.Seq2[*sock.Socket, error] {
	return func(yield func(*sock.Socket, error) bool) {
		for _, s := range r.sockets {
			if !yield(s, nil) {
				return
			}
		}
		if r.err != nil {
			yield(nil, r.err)
		}
	}
}

func (r recorded) listing(t *testing.T) *Listing {
	return FromRecording(t.Context(), r, func() sock.Snapshot { return sock.Snapshot{} }, Request{Query: sock.Query{
		Protocols: sock.Protocols(sock.TCP), Families: sock.Families(sock.IPv4), States: sock.AllStates,
	}})
}

func seenWith(cookie uint64, pid int) *sock.Socket {
	s := &sock.Socket{Protocol: sock.TCP, Family: sock.IPv4, State: sock.Established, Cookie: cookie, Inode: 10 * cookie,
		Known: sock.FieldCookie | sock.FieldOwners | sock.FieldInode}
	if pid == 0 {
		s.OwnerStatus, s.State = sock.OwnerOrphaned, sock.FinWait2
		s.Inode, s.Known = 0, s.Known&^sock.FieldInode
		return s
	}
	s.Owners, s.OwnerStatus = []sock.Owner{{Process: &sock.Process{PID: pid}}}, sock.OwnerKnown
	return s
}

// TestLastSeen: the owner that a socket had last stays known, when its process has
// closed it and when it is gone, until the kernel has told its end.
func TestLastSeen(t *testing.T) {
	l := &lastSeen{}
	look := func(sockets ...*sock.Socket) {
		t.Helper()
		if err := l.look((recorded{sockets: sockets}).listing(t)); err != nil {
			t.Fatal(err)
		}
	}
	check := func(when string, cookie uint64, pid int, status sock.OwnerStatus) {
		t.Helper()
		s := &sock.Socket{Cookie: cookie, Known: sock.FieldCookie}
		l.recall(s, sock.FieldOwners)
		got := 0
		if len(s.Owners) > 0 {
			got = s.Owners[0].PID
		}
		if got != pid || s.OwnerStatus != status || !s.Knows(sock.FieldOwners) || s.Knows(sock.FieldInode) != (pid != 0) {
			t.Errorf("%s: the owner of %d is %d, %s, known %b", when, cookie, got, s.OwnerStatus, s.Known)
		}
	}
	look(seenWith(1, 100), seenWith(2, 200), seenWith(3, 0))
	check("at first", 1, 100, sock.OwnerKnown)
	check("at first", 3, 0, sock.OwnerOrphaned)
	check("never seen", 9, 0, sock.OwnerClosed)
	look(seenWith(1, 0), seenWith(4, 400))
	check("orphaned since", 1, 100, sock.OwnerKnown)
	check("gone", 2, 200, sock.OwnerKnown)
	check("new", 4, 400, sock.OwnerKnown)
	look(seenWith(1, 101))
	check("handed over", 1, 101, sock.OwnerKnown)
	check("gone for two listings", 2, 0, sock.OwnerClosed)
	check("gone", 4, 400, sock.OwnerKnown)
	broken := errors.New("broken")
	if err := l.look((recorded{sockets: []*sock.Socket{seenWith(5, 500)}, err: broken}).listing(t)); !errors.Is(err, broken) {
		t.Errorf("a listing that fails: %v", err)
	}
	check("after a listing that failed", 1, 101, sock.OwnerKnown)
	check("after a listing that failed", 5, 0, sock.OwnerClosed)
}

// toldClosings gives sockets one by one; nil is a moment without one.
type toldClosings struct {
	told    []*sock.Socket
	waits   int
	stopped bool
}

func (c *toldClosings) Next(wait bool) (*sock.Socket, error) {
	if wait {
		c.waits++
	}
	if len(c.told) == 0 {
		return nil, nil
	}
	s := c.told[0]
	c.told = c.told[1:]
	return s, nil
}
func (c *toldClosings) Lost() (uint64, error) { return 2, nil }
func (c *toldClosings) Malformed() int        { return 1 }
func (c *toldClosings) Stop() error           { c.stopped = true; return nil }
func (c *toldClosings) Close()                {}

// TestClosingsStream: the filter decides, a pause is told once, and what waits when
// the context ends is told.
func TestClosingsStream(t *testing.T) {
	closed := func(port uint16) *sock.Socket {
		s := row(sock.Table{Protocol: sock.TCP, Family: sock.IPv4}, sock.Closed, port)
		return &s
	}
	f, err := filter.Parse([]string{"sport != 2"}, filter.Env{})
	if err != nil {
		t.Fatal(err)
	}
	source := &toldClosings{told: []*sock.Socket{closed(1), closed(2), nil, nil, closed(3), closed(4), closed(5)}}
	h := &Host{chain: *chainOf(), closings: func(sock.Query) (closingSource, error) { return source, nil }}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	c, err := h.Closings(ctx, Request{Query: inetQuery(sock.TCP), Filter: f})
	if err != nil {
		t.Fatal(err)
	}
	var got []uint16
	for s, err := range c.Sockets(ctx) {
		switch {
		case err != nil:
			t.Fatal(err)
		case s == nil:
			got = append(got, 0)
			continue
		case time.Since(s.ClosedAt) > time.Minute || !s.Knows(sock.FieldClosedAt):
			t.Errorf("closed at %v", s.ClosedAt)
		}
		if got = append(got, s.Local.Port()); s.Local.Port() == 3 {
			cancel()
		}
	}
	if !slices.Equal(got, []uint16{1, 0, 3, 4, 5}) || source.waits != 2 || !source.stopped {
		t.Errorf("told %v after %d waits, stopped %v", got, source.waits, source.stopped)
	}
	if lost, err := c.Lost(); lost != 3 || err != nil || c.Close() != nil {
		t.Errorf("%d lost, %v", lost, err)
	}
	if _, err := (&Host{chain: *chainOf()}).Closings(ctx, Request{}); !errors.Is(err, ErrNoClosings) {
		t.Errorf("where nobody tells: %v", err)
	}
}
