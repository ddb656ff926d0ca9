package top

import (
	"context"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"sockeye/internal/doctor"
	"sockeye/sock"
	"sockeye/sock/filter"
)

// clinic is a small machine with a listener whose accept queue is full.
type clinic struct {
	*driver
	fits      bool
	overflows int64
	begun     int
	asked     []sock.Field
}

func startClinic(t *testing.T, width, height int) *clinic {
	t.Helper()
	c := &clinic{fits: true}
	sockets := people()
	sockets[0].RecvQueue = 512
	c.driver = start(t, width, height, sockets, func(_ *Settings, m *Machine) {
		list := m.List
		m.List = func(ctx context.Context, f *filter.Filter, want sock.Field, each func(*sock.Socket)) (sock.Snapshot, error) {
			c.asked = append(c.asked, want)
			return list(ctx, f, want, func(s *sock.Socket) {
				if want.Has(sock.FieldExe) {
					s.Owners = withPaths(s.Owners)
				}
				each(s)
			})
		}
		counters := func() sock.KernelSummary {
			return sock.KernelSummary{Counters: []sock.Counter{{Group: "TcpExt", Name: "ListenOverflows", Value: c.overflows}}}
		}
		netns := sockets[0].Netns
		m.Doctor = &Doctor{
			Facts: sock.FieldMemory | sock.FieldBacklog | sock.FieldNetns | sock.FieldExe,
			Fits:  func(*filter.Filter) bool { return c.fits },
			New: func() *doctor.Machine {
				c.begun++
				return &doctor.Machine{Lacks: doctor.Needs() &^ (sock.FieldBacklog | sock.FieldRecvQueue | sock.FieldLocal)}
			},
			Before: func(m *doctor.Machine) { m.In(netns).Before = counters() },
			After:  func(m *doctor.Machine) { sp := m.In(netns); sp.After, sp.Counted = counters(), true },
			Text: func(found []doctor.Finding, skipped []doctor.Skip, width int) string {
				var b strings.Builder
				for _, f := range found {
					fmt.Fprintf(&b, "%v %s\n%s\n%d\n", f.Severity, f.Title, f.Rule.Meaning, width)
				}
				return b.String() + fmt.Sprintf("skipped %v\n", len(skipped) > 0)
			},
		}
	})
	return c
}

// attempt is an attempt to connect that failed, as its end tells it.
func attempt(cookie uint64, failure sock.Failure) *sock.Socket {
	s := ended(cookie, sock.Owner{Process: &sock.Process{PID: 77, Name: "curl"}, FD: sock.NoFD})
	s.Remote, s.Netns = netip.MustParseAddrPort("10.0.0.9:5432"), people()[0].Netns
	s.Event.OldState, s.Event.Failure = sock.SynSent, failure
	return s
}

// TestTroubleOfAttempts: the attempts to connect that failed between the two passes of a
// look are named, and no others; where they are told no more the counters are left.
func TestTroubleOfAttempts(t *testing.T) {
	c := startClinic(t, 120, 40)
	c.sockets[0].RecvQueue = 0
	c.ends(attempt(80, sock.FailureRefused)) // before there was a pass to look at
	fail := func(first uint64) {
		for i := range uint64(5) {
			c.ends(attempt(first+i, sock.FailureRefused))
		}
	}
	for begun := c.begun; c.begun == begun; {
		c.tick()
	}
	fail(90)
	c.tick()
	c.tick()
	if line, want := c.view().lines[1], " ! 1 warning  5 attempts to connect to 10.0.0.9:5432 failed: 5 refused"; line != want {
		t.Errorf("%q, want %q", line, want)
	}
	if all := c.troubled().found; len(all) != 1 || len(all[0].Evidence.Attempts) != 1 || all[0].Evidence.Attempts[0].PID != 77 {
		t.Errorf("%+v", all)
	}
	for begun := c.begun; c.begun == begun; {
		c.tick()
	}
	fail(100)
	c.maker.ends.fail()
	c.tick()
	c.tick()
	if all := c.troubled().found; len(all) != 0 {
		t.Errorf("of a part of the time: %+v", all)
	}
}

// withPaths are owners of whom it was asked which program they run.
func withPaths(owners []sock.Owner) (all []sock.Owner) {
	for _, o := range owners {
		p := *o.Process
		p.Exe, p.Known = "/usr/bin/"+p.Name, p.Known|sock.FieldExe
		o.Process = &p
		all = append(all, o)
	}
	return all
}

// TestTrouble: what doctor finds over two passes stands in the header, with the number and
// the worst of it, and whole in the pane; what is over is there until the next look.
func TestTrouble(t *testing.T) {
	c := startClinic(t, 120, 40)
	if screen := c.screen(); strings.Contains(screen, " ! ") {
		t.Errorf("one pass is enough to find something:\n%s", screen)
	}
	c.keys("!")
	if pane := c.shownPane(); !strings.Contains(pane, "two passes are compared") {
		t.Errorf("%s", pane)
	}
	c.tick()
	c.overflows += 1204
	c.tick()
	line := c.view().lines[1]
	if want := " ! 1 critical  The accept queue of node[4244] on port 8080 is full: 512 of 511; 1204 attempts turned away"; line != want {
		t.Errorf("%q, want %q", line, want)
	}
	if pane := c.shownPane(); !strings.Contains(pane, "what is wrong") || !strings.Contains(pane, " critical The accept queue") ||
		!strings.Contains(pane, "faster than the process accepts") || !strings.Contains(pane, "skipped true") {
		t.Errorf("%s", pane)
	}
	c.sockets[0].RecvQueue = 0
	for c.begun < 2 {
		if c.tick(); c.view().lines[1] != line && c.begun < 2 {
			t.Errorf("it is forgotten before it is looked again: %q", c.view().lines[1])
		}
	}
	c.tick()
	c.tick()
	if pane := c.shownPane(); !strings.Contains(pane, "nothing found: 8 sockets, 2s") || strings.Contains(c.screen(), " ! ") {
		t.Errorf("%s\n%s", pane, c.screen())
	}
	if c.keys("!"); c.details {
		t.Error("! does not close the pane")
	}
}

// TestTroubleIsCheap: facts that only doctor wants are asked for in the two passes of a look
// alone, however fast passes follow each other, and are no change of a socket.
func TestTroubleIsCheap(t *testing.T) {
	c := startClinic(t, 120, 40)
	for range 100 { // 20 s, of which each 5 begin a look
		c.now = c.now.Add(200 * time.Millisecond)
		c.do(tickMessage{})
		if n := c.pass.totals.changed; n != 0 {
			t.Fatalf("pass %d: %d sockets changed, of which nothing did", c.pass.number, n)
		}
	}
	extra := 0
	for _, want := range c.asked {
		if want.Has(sock.FieldMemory) {
			extra++
		}
	}
	if c.begun != 5 || extra != 2*c.begun-1 || len(c.asked) != 101 {
		t.Errorf("%d looks in %d passes, %d of which ask for more", c.begun, len(c.asked), extra)
	}
	if r := c.pass.rows[0]; r.known.Has(sock.FieldMemory) {
		t.Error("a row holds what only doctor wants")
	}
}

// TestTroubleIsNotSeen where a pass does not hold what it takes: the pane says so.
func TestTroubleIsNotSeen(t *testing.T) {
	look := func(c *clinic) {
		for range 8 {
			c.tick()
		}
	}
	c := startClinic(t, 120, 40)
	c.fits = false
	look(c)
	if c.keys("!"); c.begun != 1 || strings.Contains(c.screen(), " ! ") || !strings.Contains(c.shownPane(), "does not look at these tables") {
		t.Errorf("other tables, %d looks: %s", c.begun, c.shownPane())
	}
	c = startClinic(t, 120, 40)
	c.snap.Warnings = []sock.Warning{{Code: sock.CodeInterrupted, Message: "x"}}
	look(c)
	if c.keys("!"); c.troubled() != nil {
		t.Errorf("of listings that are not whole: %s", c.shownPane())
	}
	if c.snap.Warnings = nil; c.troubled() == nil {
		if look(c); c.troubled() == nil || len(c.troubled().found) != 1 {
			t.Error("nothing is found when they are whole again")
		}
	}
	if impossible := start(t, 120, 40, people(), func(_ *Settings, m *Machine) { m.Doctor = nil }); strings.Contains(strings.Join(impossible.helpLines(), "\n"), "doctor") {
		t.Error("a machine without doctor offers it")
	}
}

// TestTroubleOfMany: beyond a number of sockets nothing is remembered of them.
func TestTroubleOfMany(t *testing.T) {
	c := startClinic(t, 120, 40)
	l, at := &c.maker.looks, c.now.Add(time.Hour)
	if !l.begin(at, c.Filter, mostLooked) {
		t.Fatal("it is not looked at as many as may be")
	}
	for range mostLooked {
		l.see(c.sockets[0])
	}
	if l.now == nil {
		t.Error("the last socket is too many")
	}
	if l.see(c.sockets[0]); l.now != nil {
		t.Error("more than may be are remembered")
	}
	l.see(c.sockets[0])
	l.end(at, true, &c.maker.ends)
	if l.begin(at.Add(time.Hour), c.Filter, mostLooked+1) || !strings.Contains(l.last.why, "more than 25,000 sockets") {
		t.Errorf("it is looked at more: %+v", l.last)
	}
}

// TestTroubleLine counts by severity, the worst first, and is no place for control
// characters.
func TestTroubleLine(t *testing.T) {
	l := &looked{}
	if counts, _, _ := l.worst(); counts != "" {
		t.Errorf("of nothing: %q", counts)
	}
	for _, s := range []doctor.Severity{doctor.Critical, doctor.Warning, doctor.Warning, doctor.Info} {
		l.found = append(l.found, doctor.Finding{Severity: s, Title: "ev\x1b[31mil " + s.String()})
	}
	counts, title, severity := l.worst()
	if counts != "1 critical, 2 warnings, 1 info" || title != `ev\x1b[31mil critical` || severity != doctor.Critical {
		t.Errorf("%q, %q, %v", counts, title, severity)
	}
}

// TestTroubleIsClicked: a click on the line opens the pane, and the lines below it are where
// they are seen.
func TestTroubleIsClicked(t *testing.T) {
	c := startClinic(t, 120, 40)
	c.tick()
	c.tick()
	c.do(mouseMessage{x: 5, y: 1})
	if !c.details || c.pane != troublePane {
		t.Error("the click does nothing")
	}
	c.do(mouseMessage{x: 5, y: 5}) // below the header, the line, the filter and the heading
	if c.cursor != 1 {
		t.Errorf("line %d is chosen", c.cursor)
	}
	for height := 2; height < 14; height++ { // which is never too low for the last line
		c.do(sizeMessage{40, height})
		if screen := c.screen(); !strings.HasSuffix(screen, "q quit\n") {
			t.Errorf("%d lines:\n%s", height, screen)
		}
	}
}
