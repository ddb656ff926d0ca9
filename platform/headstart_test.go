package platform

import (
	"context"
	"iter"
	"slices"
	"testing"

	"sockeye/sock"
)

// withIdle streams records and lets the stage search before the last of them, as
// the chain does before its last reading.
func withIdle(ctx context.Context, o *ownerStage, first []sock.Socket, last ...sock.Socket) iter.Seq2[*sock.Socket, error] {
	return func(yield func(*sock.Socket, error) bool) {
		for s, err := range sockets(first...) {
			if !yield(s, err) {
				return
			}
		}
		o.idle(ctx)
		for s, err := range sockets(last...) {
			if !yield(s, err) {
				return
			}
		}
	}
}

func TestOwnersAreSearchedWhileTheLastTableIsRead(t *testing.T) {
	listener, bound := row(tcp4, sock.Listen, 1), row(tcp4, sock.Bound, 2)
	nobody := row(tcp4, sock.Established, 3)
	for name, c := range map[string]struct {
		first, last []sock.Socket
		want        [][]uint64
	}{
		"nothing more":         {[]sock.Socket{listener, nobody}, nil, [][]uint64{{1, 3}}},
		"one that was asked":   {[]sock.Socket{listener}, []sock.Socket{listener}, [][]uint64{{1}}},
		"one that was not":     {[]sock.Socket{listener, nobody}, []sock.Socket{bound}, [][]uint64{{1, 3}, {2}}},
		"nothing to begin for": {nil, []sock.Socket{bound}, [][]uint64{{2}}},
	} {
		finder := &fakeFinder{owners: map[uint64][]sock.Owner{1: held(10, "a"), 2: held(20, "b")}}
		o := newStage(t, finder)
		var got []sock.OwnerStatus
		for s, err := range o.attach(t.Context(), withIdle(t.Context(), o, c.first, c.last...)) {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, s.OwnerStatus)
			if known := s.OwnerStatus == sock.OwnerKnown; known != (s.Inode != 3) {
				t.Errorf("%s: inode %d says %v", name, s.Inode, s.OwnerStatus)
			}
		}
		if !slices.EqualFunc(finder.searches, c.want, slices.Equal) || len(got) != len(c.first)+len(c.last) {
			t.Errorf("%s: searched %v, want %v; %d rows", name, finder.searches, c.want, len(got))
		}
	}
}

// blockedFinder finds nothing until it is told to stop.
type blockedFinder struct{ stopped bool }

func (*blockedFinder) name() string { return "blocked" }

func (f *blockedFinder) find(ctx context.Context, _ ownerQuery) (ownerIndex, error) {
	<-ctx.Done()
	f.stopped = true
	return nil, ctx.Err()
}

func TestASearchAheadEndsWithItsListing(t *testing.T) {
	finder := &blockedFinder{}
	o := newStage(t, nil)
	o.finder = finder
	ctx, cancel := context.WithCancel(t.Context())
	rows := func(yield func(*sock.Socket, error) bool) {
		for s, err := range sockets(row(tcp4, sock.Listen, 1)) {
			yield(s, err)
		}
		o.idle(ctx)
		cancel()
		yield(nil, context.Canceled)
	}
	for _, err := range o.attach(ctx, rows) {
		if err != nil {
			break
		}
	}
	if !finder.stopped || o.started != nil {
		t.Error("the search goes on without its listing")
	}
}

func TestTheLastReadingLeavesTimeForOwners(t *testing.T) {
	rows := map[sock.Table][]sock.Socket{tcp4: {row(tcp4, sock.Listen, 1), row(tcp4, sock.Established, 2), row(tcp4, sock.Bound, 3)}}
	run := (&chain{sources: []sock.Source{&fake{name: "diag", lists: inets, rows: rows}}}).run()
	var before []uint64
	idle := -1
	run.idle = func(context.Context) {
		if idle < 0 {
			idle = len(before)
		}
	}
	for s, err := range run.Sockets(t.Context(), inetQuery(sock.TCP)) {
		if err != nil {
			t.Fatal(err)
		}
		before = append(before, s.Inode)
	}
	if idle != 2 || !slices.Equal(before, []uint64{1, 2, 3}) {
		t.Errorf("rows %v, idle after %d of them, want after what listens and what is connected", before, idle)
	}
}
