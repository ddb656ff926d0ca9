package doctor

import (
	"slices"
	"strings"
	"testing"

	"sockeye/sock"
)

// in is a connection in a state, from which the last segment arrived some time ago.
func in(state sock.State, number int, ms uint64, pid int) *sock.Socket {
	c := connection(number, "198.51.100.1", sock.TimerOff, numbers{sock.TCPInfoLastAckRecv: ms})
	c.State = state
	if c.Known |= sock.FieldOwners; pid != 0 {
		c.Owners, c.OwnerStatus = []sock.Owner{{Process: &sock.Process{PID: pid, Name: "server"}}}, sock.OwnerKnown
	}
	return c
}

// titles are those of all findings of a rule.
func titles(found []Finding, rule *Rule) (all []string) {
	for _, f := range found {
		if f.Rule == rule {
			all = append(all, f.Title)
		}
	}
	return all
}

// TestCloseWaitGrows: connections that are younger than a leak are one if more come.
func TestCloseWaitGrows(t *testing.T) {
	for _, test := range []struct {
		stay, more int
		ms         uint64
		want       []string
	}{
		{20, 3, 1500, []string{"20 connections of server[7] stay in CLOSE_WAIT, one for at least 1.5s, and 3 more came to them"}},
		{20, 0, 1500, nil},
		{19, 3, 1500, nil},
		{20, 3, 999, nil},
		{1, 2, 60_000, []string{"1 connection of server[7] stays in CLOSE_WAIT, for at least 1m 0s, and 2 more came to them"}},
		{1, 0, 59_999, nil},
	} {
		s := newSpace()
		var last []*sock.Socket
		for i := range test.stay {
			last = append(last, movedFrom(s, in(sock.CloseWait, i+1, test.ms, 7)))
		}
		for i := range test.more {
			last = append(last, in(sock.CloseWait, 100+i, 5, 7))
		}
		if got := titles(examine(s, nil, last...), closeWaitLeak); !slices.Equal(got, test.want) {
			t.Errorf("%+v: %q", test, got)
		}
	}
}

// TestCloseWaitNotAccepted: a process cannot close what it has not accepted.
func TestCloseWaitNotAccepted(t *testing.T) {
	s := newSpace()
	c := movedFrom(s, in(sock.CloseWait, 1, 61_000, 0))
	if got := titles(examine(s, nil, c), closeWaitLeak); len(got) != 1 {
		t.Errorf("of an unknown process: %q", got)
	}
	c.OwnerStatus, c.Listener = sock.OwnerAcceptQueue, &sock.Process{PID: 7, Name: "server"}
	if got := titles(examine(s, nil, c), closeWaitLeak); len(got) != 0 {
		t.Errorf("in the accept queue: %q", got)
	}
}

// TestFinWait2: a process that holds what it has ended, not what the kernel ends.
func TestFinWait2(t *testing.T) {
	s := usage(sock.TCP, "fin_timeout", 0, 60)
	found := examine(s, nil, movedFrom(s, in(sock.FinWait2, 1, 61_000, 7)), movedFrom(s, in(sock.FinWait2, 2, 59_999, 7)), movedFrom(s, in(sock.FinWait2, 3, 99_000, 0)))
	if len(found) != 1 || found[0].Rule != finWait2 || found[0].Evidence.Total != 1 || !slices.Equal(found[0].Limits, []Number{{"net.ipv4.tcp_fin_timeout", 60}}) {
		t.Errorf("%+v", found)
	}
}

// TestAcceptsNothing: one of the connections that waited was accepted, or none.
func TestAcceptsNothing(t *testing.T) {
	listener := in(sock.Listen, 9, 0, 7)
	listener.Known |= sock.FieldBacklog
	listener.RecvQueue, listener.Backlog = 2, 128
	waits := func(number int, ms uint64) *sock.Socket {
		c := in(sock.Established, number, ms, 0)
		c.Local, c.OwnerStatus = listener.Local, sock.OwnerAcceptQueue
		return c
	}
	for _, test := range []struct {
		last []*sock.Socket
		want []string
	}{
		{[]*sock.Socket{waits(1, 2500), waits(2, 100)}, []string{"server[7] accepts nothing on port 9: 2 connections wait, one for at least 2.5s"}},
		{[]*sock.Socket{waits(1, 2500)}, nil},               // the other one was accepted
		{[]*sock.Socket{waits(1, 900), waits(2, 100)}, nil}, // not for long
	} {
		s := newSpace()
		s.add(listener)
		last := []*sock.Socket{listener}
		for _, c := range test.last {
			last = append(last, movedFrom(s, c))
		}
		if got := titles(examine(s, nil, last...), acceptsNothing); !slices.Equal(got, test.want) {
			t.Errorf("%q, want %q", got, test.want)
		}
	}
}

// TestAcceptQueueNear: a queue that is nearly full both times, and the limit that cut it.
func TestAcceptQueueNear(t *testing.T) {
	for _, test := range []struct {
		before, now uint32
		want        []string
	}{
		{8, 8, []string{"The accept queue of server[7] on port 9 is nearly full: 8 of 10"}},
		{7, 8, nil},
		{8, 7, nil},
		{0, 10, []string{"The accept queue of server[7] on port 9 is full: 10 of 10"}},
	} {
		s := newSpace()
		l := in(sock.Listen, 9, 0, 7)
		l.Known |= sock.FieldBacklog
		l.RecvQueue, l.Backlog = test.before, 10
		s.add(l)
		l.RecvQueue = test.now
		if got := titles(examine(s, nil, l), acceptQueueFull); !slices.Equal(got, test.want) {
			t.Errorf("%d, %d: %q", test.before, test.now, got)
		}
		s.After.Usage = []sock.Usage{{Protocol: sock.TCP, Name: "backlog", Setting: "net.core.somaxconn", Limit: sock.Amount{Value: 10, Known: true}}}
		for _, title := range titles(examine(s, nil, l), acceptQueueFull) {
			if !strings.Contains(title, "where net.core.somaxconn cuts it") {
				t.Error(title)
			}
		}
	}
}

// TestFloodWithCookies: the queue that is full is told, not one with a handshake.
func TestFloodWithCookies(t *testing.T) {
	s := newSpace()
	s.After.Counters = []sock.Counter{{Group: "TcpExt", Name: "SyncookiesSent", Value: 5}}
	var all []*sock.Socket
	for _, port := range []uint16{80, 81} {
		l := in(sock.Listen, int(port), 0, 7)
		l.Known |= sock.FieldBacklog
		l.Backlog = 2
		all = append(all, l)
	}
	for i, port := range []int{80, 80, 81} {
		c := in(sock.SynReceived, port, 0, 0)
		c.Cookie = uint64(1000 + i)
		all = append(all, c)
	}
	want := []string{"2 handshakes to port 80 not completed, from 1 address"}
	if got := titles(examine(s, nil, all...), synFlood); !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	want = []string{"A queue of handshakes was full for a moment: 5 cookies sent, 0 handshakes dropped"}
	if got := titles(examine(s, nil, all[:2]...), synFlood); !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
}

// TestConnectTitle: which part of them timed out is told as far as the counters do.
func TestConnectTitle(t *testing.T) {
	for _, test := range []struct {
		failed, timedOut, ofOthers int64
		want                       string
	}{
		{1, 0, 0, "1 attempt to connect failed"},
		{7, 9, 0, "7 attempts to connect failed, 7 of them by a time-out at most"},
		{7, 0, 3, "7 attempts to connect failed, 3 of them begun by others at most"},
	} {
		if got := connectTitle(test.failed, test.timedOut, test.ofOthers); got != test.want {
			t.Errorf("%q", got)
		}
	}
}
