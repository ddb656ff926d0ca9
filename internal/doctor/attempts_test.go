package doctor

import (
	"net/netip"
	"slices"
	"testing"
	"time"

	"sockeye/sock"
)

// attempt is an attempt of a process to connect to a port, as a trace tells its end.
func attempt(failure sock.Failure, pid int, process string, port uint16, took time.Duration) *sock.Socket {
	s := connection(40000, "198.51.100.1", sock.TimerOff, numbers{sock.TCPInfoTotalRetrans: 0})
	s.Remote = netip.AddrPortFrom(s.Remote.Addr(), port)
	if s.State = sock.Closed; pid != 0 {
		s.Owners, s.OwnerStatus = []sock.Owner{{Process: &sock.Process{PID: pid, Name: process}}}, sock.OwnerKnown
	}
	s.Event = &sock.Event{Kind: sock.EventState, OldState: sock.SynSent, NewState: sock.Closed, Failure: failure, Duration: took}
	return s
}

// gaveUp is an attempt that its process gave up after so many SYNs were sent again.
func gaveUp(again uint64) *sock.Socket {
	s := attempt(sock.FailureAbandoned, 7, "app", 80, 1500*time.Millisecond)
	s.TCPInfo.Set(sock.TCPInfoTotalRetrans, again)
	return s
}

// connecting is a namespace in which the kernel counted so many attempts that failed, and
// handshakes of others.
func connecting(failed, ofOthers int64) *Space {
	s := newSpace()
	s.Counted = true
	s.After.Counters = []sock.Counter{{Group: "Tcp", Name: "AttemptFails", Value: failed}, {Group: "TcpExt", Name: "EmbryonicRsts", Value: ofOthers}}
	return s
}

// TestAttempts: what a trace told, and what the counters say beyond that.
func TestAttempts(t *testing.T) {
	refused := func(pid int, process string, port uint16) *sock.Socket {
		return attempt(sock.FailureRefused, pid, process, port, time.Microsecond)
	}
	begunBefore := attempt(sock.FailureTimedOut, 9, "web", 443, 2*time.Second)
	begunBefore.Event.DurationAtLeast = true
	for name, test := range map[string]struct {
		told             []*sock.Socket
		failed, ofOthers int64
		partial          bool
		lost             uint64
		title            string // empty: nothing is found
		lines            []string
		numbers          []Number // in front of the kernel's
	}{
		"one process and one destination": {
			told: slices.Repeat([]*sock.Socket{refused(7, "app", 80)}, 5), failed: 5,
			title: "5 attempts to connect to 198.51.100.1:80 failed: 5 refused", lines: []string{"5 of app[7] to 198.51.100.1:80: refused"},
			numbers: []Number{{"refused", 5}},
		},
		"too few":       {told: slices.Repeat([]*sock.Socket{refused(7, "app", 80)}, 4), failed: 4},
		"too few, lost": {told: slices.Repeat([]*sock.Socket{refused(7, "app", 80)}, 3), lost: 9, failed: 4},
		"several processes and destinations": {
			told: []*sock.Socket{
				refused(7, "app", 80), refused(8, "app", 80), refused(9, "web", 443), refused(7, "app", 80),
				attempt(sock.FailureTimedOut, 0, "", 80, 3*time.Second), attempt(sock.FailureUnreachable, 9, "web", 443, 2*time.Second),
				attempt(sock.FailureUnreachable, 9, "web", 443, 3*time.Second), begunBefore,
			}, failed: 8,
			title: "8 attempts to connect failed, 4 of them to 198.51.100.1:80: 4 refused, 2 timed out, 2 unreachable",
			lines: []string{
				"3 of app (several processes) to 198.51.100.1:80: refused", "2 of web[9] to 198.51.100.1:443: unreachable, the longest after 3.0s",
				"1 of an unknown process to 198.51.100.1:80: timed out after 3.0s", "1 of web[9] to 198.51.100.1:443: refused", "1 of web[9] to 198.51.100.1:443: timed out after at least 2.0s",
			},
			numbers: []Number{{"refused", 4}, {"timed_out", 2}, {"unreachable", 2}},
		},
		"more than were told": {
			told: slices.Repeat([]*sock.Socket{refused(7, "app", 80)}, 2), failed: 9, ofOthers: 3,
			title: "6 attempts to connect failed, 2 of them to 198.51.100.1:80: 2 refused, 4 not traced", lines: []string{"2 of app[7] to 198.51.100.1:80: refused"},
			numbers: []Number{{"refused", 2}, {"not_traced", 4}},
		},
		"none was told":      {failed: 6, title: "6 attempts to connect failed: 6 not traced", numbers: []Number{{"not_traced", 6}}},
		"of others alone":    {failed: 9, ofOthers: 9},
		"left out":           {failed: 9, partial: true},
		"left out, and lost": {failed: 9, partial: true, lost: 6, title: "6 attempts to connect failed: 6 not traced", numbers: []Number{{"not_traced", 6}}},
		"given up": {
			told:  slices.Repeat([]*sock.Socket{gaveUp(1)}, 5),
			title: "5 attempts to connect to 198.51.100.1:80 failed: 5 given up without an answer", lines: []string{"5 of app[7] to 198.51.100.1:80: given up without an answer, the longest after 1.5s"},
			numbers: []Number{{"abandoned", 5}},
		},
		"given up at once":            {told: slices.Repeat([]*sock.Socket{gaveUp(0)}, 50)},
		"closed by the administrator": {told: slices.Repeat([]*sock.Socket{attempt(sock.FailureAborted, 7, "app", 80, 0)}, 50), failed: 50},
	} {
		s := connecting(test.failed, test.ofOthers)
		a := &Attempts{Lost: test.lost}
		for _, one := range test.told {
			a.Add(one)
		}
		s.machine.Attempts, s.machine.Partial = a, test.partial
		found := examine(s, nil)
		if test.title == "" {
			if len(found) > 0 {
				t.Errorf("%s: %+v", name, found)
			}
			continue
		}
		if len(found) != 1 || found[0].Title != test.title || found[0].Severity != Warning {
			t.Errorf("%s: %+v", name, found)
			continue
		}
		var lines []string
		e := &found[0].Evidence
		for i := range e.Attempts {
			lines = append(lines, e.Attempts[i].String())
		}
		if !slices.Equal(lines, test.lines) || e.Total != len(test.told) || len(e.Sockets) != len(test.told) {
			t.Errorf("%s: %q, %d sockets", name, lines, e.Total)
		}
		if got := found[0].Counters; !slices.Equal(got[:len(got)-5], test.numbers) {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

// TestAttemptsOfNamespaces: each has its own, and other events are none.
func TestAttemptsOfNamespaces(t *testing.T) {
	s, a := connecting(0, 0), &Attempts{}
	for range 9 {
		elsewhere := attempt(sock.FailureRefused, 7, "app", 80, 0)
		elsewhere.Netns.Inode = 5
		a.Add(elsewhere)
		connected := attempt(sock.FailureNone, 7, "app", 80, 0)
		connected.Event.NewState = sock.Established
		a.Add(connected)
		reset := attempt(sock.FailureReset, 7, "app", 80, 0)
		reset.Event.OldState = sock.Established
		a.Add(reset)
		a.Add(connection(1, "198.51.100.1", sock.TimerOff, nil))
	}
	s.machine.Attempts = a
	if found := examine(s, nil); len(found) > 0 {
		t.Errorf("%+v", found)
	}
	if n := a.in(sock.Netns{Inode: 5}).Total; n != 9 {
		t.Errorf("%d in the other one", n)
	}
}

// TestAttemptsAreBounded: a scan of ports is counted as a whole, and what is kept of it is
// bounded.
func TestAttemptsAreBounded(t *testing.T) {
	s, a := connecting(0, 0), &Attempts{}
	for port := range 2 * mostAttempts {
		a.Add(attempt(sock.FailureRefused, 7, "scan", uint16(1+port), 0))
	}
	s.machine.Attempts = a
	found := examine(s, nil)
	if len(found) != 1 || found[0].Title != "20000 attempts to connect failed, 1 of them to 198.51.100.1:1: 20000 refused" {
		t.Fatalf("%+v", found)
	}
	if e := found[0].Evidence; len(e.Attempts) != mostKept || len(e.Sockets) != mostKept || len(a.in(s.Netns).by) != mostAttempts {
		t.Errorf("%d of %d are kept, and %d sockets", len(e.Attempts), len(a.in(s.Netns).by), len(e.Sockets))
	}
}
