package change

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"sockeye/sock"
)

// cookies makes a listing of sockets with these cookies; 12q is the socket 12 with
// something in its queue.
func cookies(at time.Duration, words string) []*sock.Socket {
	var list []*sock.Socket
	for word := range strings.FieldsSeq(words) {
		s := &sock.Socket{Protocol: sock.TCP, Family: sock.IPv4, State: sock.Established, Known: sock.FieldCookie | sock.FieldRecvQueue, ReadAt: start.Add(at)}
		number, queued := strings.CutSuffix(word, "q")
		if _, err := fmt.Sscan(number, &s.Cookie); err != nil {
			panic(err)
		}
		if queued {
			s.RecvQueue = 1
		}
		list = append(list, s)
	}
	return list
}

func equalQueues(before, after *sock.Socket) bool { return before.RecvQueue == after.RecvQueue }

// said is what a tracker says: +1 ~2 -3 4.
func said(rows []Row) string {
	var words []string
	for _, r := range rows {
		words = append(words, map[Kind]string{Same: "", Opened: "+", Changed: "~", Closed: "-", Left: "?"}[r.Kind]+fmt.Sprint(r.Socket.Cookie))
	}
	return strings.Join(words, " ")
}

// pass is one listing and what is said of it.
type pass struct {
	list  string
	whole bool
	want  string
}

func TestTracker(t *testing.T) {
	for name, passes := range map[string][]pass{
		"opened, changed, closed": {
			{"1 2 3", true, "+1 +2 +3"}, {"1 2q 4", true, "1 ~2 -3 +4"}, {"1 2q 4", true, "1 2 4"}, {"", true, "-1 -2 -4"}, {"", true, ""},
		},
		"closed ones stand where they were": {
			{"1 2 3 4 5 6", true, "+1 +2 +3 +4 +5 +6"}, {"2 5 7", true, "-1 2 -3 -4 5 -6 +7"}, {"5 7", true, "-2 5 7"},
		},
		"another order": {{"1 2 3 4", true, "+1 +2 +3 +4"}, {"4 2", true, "-1 -3 4 2"}},
		"what is not whole closes nothing": {
			{"1 2 3", true, "+1 +2 +3"}, {"1 3 4", false, "1 2 3 +4"}, {"1 2q 3", true, "1 ~2 3 -4"},
		},
		"but what is missing twice": {
			{"1 2 3", true, "+1 +2 +3"}, {"1 3", false, "1 2 3"}, {"1", false, "1 -2 3"}, {"1", true, "1 -3"},
		},
		"a socket that moves while it is read": {{"1 2 1q", true, "+1 +2"}, {"1 2", true, "1 2"}},
		"one that comes back":                  {{"1", true, "+1"}, {"", true, "-1"}, {"1", true, "+1"}},
	} {
		tracker := Tracker{Equal: equalQueues}
		for i, p := range passes {
			if got := said(tracker.Compare(cookies(time.Duration(i)*time.Second, p.list), p.whole)); got != p.want {
				t.Errorf("%s, pass %d: %s, want %s", name, i+1, got, p.want)
			}
		}
	}
}

// TestTrackerWithoutCookies: sockets that share their ends and tell nothing else are
// counted.
func TestTrackerWithoutCookies(t *testing.T) {
	tracker := Tracker{Equal: equalQueues}
	list := func(n int) []*sock.Socket {
		var all []*sock.Socket
		for range n {
			s := connection()
			s.Known &^= sock.FieldInode
			all = append(all, s)
		}
		return all
	}
	for i, want := range []string{"+0 +0 +0", "0 0 -0", "0 0 +0", "-0 -0 -0"} {
		if got := said(tracker.Compare(list([]int{3, 2, 3, 0}[i]), true)); got != want {
			t.Errorf("pass %d: %s, want %s", i+1, got, want)
		}
	}
	if tracker.Len() != 0 {
		t.Errorf("it holds %d sockets of nothing", tracker.Len())
	}
}

// TestTrackerMatch: what matches is decided when rates are known, and what does not
// is read on.
func TestTrackerMatch(t *testing.T) {
	tracker := Tracker{Match: func(s *sock.Socket) bool { return s.Rates.SegsIn > 5 }}
	for i, test := range []struct {
		segments uint64
		want     string
	}{{0, ""}, {10, "+7"}, {20, "7"}, {21, "-7"}, {22, ""}, {40, "+7"}} {
		s := counted(time.Duration(i)*time.Second, map[sock.TCPInfoField]uint64{sock.TCPInfoSegsIn: test.segments})
		if got := said(tracker.Compare([]*sock.Socket{s}, true)); got != test.want {
			t.Errorf("pass %d: %s, want %s", i+1, got, test.want)
		}
	}
	if got := said(tracker.Compare(nil, true)); got != "-7" || tracker.Len() != 0 {
		t.Errorf("%s, and it holds %d", got, tracker.Len())
	}
}

func TestAge(t *testing.T) {
	var tracker Tracker
	tracker.Compare(cookies(0, "1"), true)
	tracker.Compare(cookies(time.Second, "1 2"), true)
	list := cookies(3*time.Second, "1 2 3")
	list[2].Created, list[2].Known = start.Add(-time.Minute), list[2].Known|sock.FieldCreated
	tracker.Compare(list, true)
	for i, want := range []time.Duration{-1, 2 * time.Second, time.Minute + 3*time.Second} {
		if got := list[i]; got.Knows(sock.FieldAge) != (want >= 0) || want >= 0 && got.Age != want {
			t.Errorf("socket %d: known %t, %v, want %v", got.Cookie, got.Knows(sock.FieldAge), got.Age, want)
		}
	}
	// Without the time of the reading nothing is counted.
	list = cookies(0, "9")
	list[0].ReadAt, list[0].Created, list[0].Known = time.Time{}, start, list[0].Known|sock.FieldCreated
	if tracker.Compare(list, true); list[0].Knows(sock.FieldAge) {
		t.Errorf("an age without a clock: %v", list[0].Age)
	}
}

// TestEventsAddUp: whatever happens, the events of all passes add up to the
// difference of the first and the last listing.
func TestEventsAddUp(t *testing.T) {
	for seed := range uint64(200) {
		r := rand.New(rand.NewPCG(seed, 1))
		tracker := Tracker{Equal: equalQueues}
		state := map[uint64]uint32{} // what the events say that is there
		var first, last []*sock.Socket
		for i := range 2 + r.IntN(20) {
			last = randomListing(r, last, time.Duration(i)*time.Second)
			if i == 0 {
				first = clones(last)
			}
			for _, row := range tracker.Compare(clones(last), true) {
				_, there := state[row.Socket.Cookie]
				if there != (row.Kind != Opened) {
					t.Fatalf("seed %d: %v of a socket that is there: %t", seed, row.Kind, there)
				}
				if row.Kind == Closed {
					delete(state, row.Socket.Cookie)
				} else if row.Kind != Same {
					state[row.Socket.Cookie] = row.Socket.RecvQueue
				}
			}
		}
		if len(state) != len(last) || tracker.Len() != len(last) {
			t.Fatalf("seed %d: the events say %d, the tracker %d, there are %d", seed, len(state), tracker.Len(), len(last))
		}
		for _, s := range last {
			if queue, there := state[s.Cookie]; !there || queue != s.RecvQueue {
				t.Fatalf("seed %d: socket %d: %t, %d, want %d", seed, s.Cookie, there, queue, s.RecvQueue)
			}
		}
		d := Between(first, last, IdentityOf, equalQueues)
		if len(first)+len(d.Opened)-len(d.Closed) != len(last) || d.None() != slices.EqualFunc(sorted(first), sorted(last), same) {
			t.Fatalf("seed %d: %d + %d - %d is not %d", seed, len(first), len(d.Opened), len(d.Closed), len(last))
		}
		for _, p := range d.Changed {
			if state[p.After.Cookie] == p.Before.RecvQueue {
				t.Fatalf("seed %d: socket %d did not change", seed, p.After.Cookie)
			}
		}
	}
}

func same(a, b *sock.Socket) bool { return a.Cookie == b.Cookie && a.RecvQueue == b.RecvQueue }

func sorted(list []*sock.Socket) []*sock.Socket {
	return slices.SortedFunc(slices.Values(list), func(a, b *sock.Socket) int { return int(a.Cookie) - int(b.Cookie) })
}

func clones(list []*sock.Socket) []*sock.Socket {
	var all []*sock.Socket
	for _, s := range list {
		all = append(all, s.Clone())
	}
	return all
}

// randomListing closes, changes and opens sockets of a listing, and shuffles it.
func randomListing(r *rand.Rand, list []*sock.Socket, at time.Duration) []*sock.Socket {
	var next []*sock.Socket
	for _, s := range clones(list) {
		s.ReadAt = start.Add(at)
		switch r.IntN(6) {
		case 0:
			continue
		case 1:
			s.RecvQueue = uint32(r.IntN(3))
		}
		next = append(next, s)
	}
	for range r.IntN(5) {
		s := cookies(at, fmt.Sprint(1+r.IntN(30)))[0]
		if !slices.ContainsFunc(next, func(x *sock.Socket) bool { return x.Cookie == s.Cookie }) {
			next = append(next, s)
		}
	}
	r.Shuffle(len(next), func(i, j int) { next[i], next[j] = next[j], next[i] })
	return next
}

func TestBetween(t *testing.T) {
	d := Between(cookies(0, "1 2 3"), cookies(0, "3q 4 1"), IdentityOf, equalQueues)
	if len(d.Opened) != 1 || d.Opened[0].Cookie != 4 || len(d.Closed) != 1 || d.Closed[0].Cookie != 2 || len(d.Changed) != 1 || d.Changed[0].After.Cookie != 3 {
		t.Errorf("%+v", d)
	}
	// One has no cookies: the ends decide, and here they say nothing of the other.
	plain := connection()
	told := connection()
	told.Cookie, told.Known = 5, told.Known|sock.FieldCookie
	if d := Between([]*sock.Socket{plain}, []*sock.Socket{told}, Common([]*sock.Socket{plain}, []*sock.Socket{told}), equalQueues); !d.None() {
		t.Errorf("with a cookie and without: %+v", d)
	}
}

func TestKinds(t *testing.T) {
	for kind, want := range map[Kind]string{Same: "same", Opened: "opened", Changed: "changed", Closed: "closed", Left: "left", 99: "unknown"} {
		if got := kind.String(); got != want {
			t.Errorf("%d is %q, want %q", kind, got, want)
		}
	}
}
