package top

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"sockeye/sock"
	"sockeye/sock/change"
)

// ends tells the view that some sockets ended now, over one reused record, which the
// next one overwrites.
func (d *driver) ends(all ...*sock.Socket) {
	var one sock.Socket
	var event sock.Event
	for _, s := range all {
		one, event = *s, *s.Event
		event.Time, one.Event = d.now, &event
		d.told(&one)
		one, event = sock.Socket{}, sock.Event{}
	}
}

// ended is a connection that ended, as its end tells it.
func ended(cookie uint64, owners ...sock.Owner) *sock.Socket {
	s := connection(cookie, sock.Closed, "10.0.0.5:8080", fmt.Sprintf("10.1.%d.%d:40000", cookie/250%250, 1+cookie%250), traffic(300, 20, 90), owners...)
	s.Event = &sock.Event{
		Kind: sock.EventState, Source: sock.SourceBPF, OldState: sock.LastAck, NewState: sock.Closed,
		Lifetime: time.Duration(cookie) * time.Millisecond, Duration: -1, Sent: 20, Received: 300, Counted: true,
	}
	s.Known |= sock.FieldEvent
	return s
}

// rowsOf are the signs of the rows with a cookie.
func (d *driver) rowsOf(cookie uint64) (signs string) {
	for i := range d.pass.rows {
		if d.pass.rows[i].cookie == cookie {
			signs += d.pass.rows[i].sign()
		}
	}
	return signs
}

// TestBrief: what was opened and closed between two passes is a row with what its end
// told, for as long as marks stay, and counts as both.
func TestBrief(t *testing.T) {
	d := start(t, 160, 24, people(), nil)
	curl := sock.Owner{Process: &sock.Process{PID: 77, Name: "curl"}, FD: sock.NoFD}
	refused := ended(81, curl)
	refused.Event.Failure = sock.FailureRefused
	d.ends(ended(80, curl), refused)
	d.tick()
	if got := d.rowsOf(80) + d.rowsOf(81); got != "±±" || d.pass.totals.opened != 2 || d.pass.totals.closed != 2 || d.pass.totals.sockets != 8 {
		t.Errorf("%q, %+v", got, d.pass.totals)
	}
	screen := d.screen()
	for _, text := range []string{"+2 ~0 -2", " ± tcp    CLOSED", "10.1.0.81:40000", "77  curl"} {
		if !strings.Contains(screen, text) {
			t.Errorf("no %q in\n%s", text, screen)
		}
	}
	d.keys("/")
	d.text("failure = refused")
	d.keys("enter", "enter")
	screen = d.screen()
	for _, text := range []string{"curl[77]", "lived 81ms  sent 20 B  received 300 B  refused", "lifetime_ms 81.000", "old_state LAST_ACK"} {
		if !strings.Contains(screen, text) {
			t.Errorf("no %q in\n%s", text, screen)
		}
	}
	if d.keys("esc", "c"); d.question != nil || !strings.Contains(d.screen(), "it is closed already") {
		t.Error(d.screen())
	}
	d.tick()
	d.tick()
	if d.rowsOf(80) != "±" || d.pass.totals.opened != 0 {
		t.Errorf("after two seconds: %q, %+v", d.rowsOf(80), d.pass.totals)
	}
	d.tick()
	if d.rowsOf(80) != "" || len(d.pass.rows) != 8 {
		t.Errorf("after three: %q, %d rows", d.rowsOf(80), len(d.pass.rows))
	}
}

// TestBriefOnce: what a listing tells, before or after its end, has one row.
func TestBriefOnce(t *testing.T) {
	d := start(t, 120, 24, people(), nil)
	waits := connection(90, sock.TimeWait, "10.0.0.5:8080", "10.1.0.91:40000", nil)

	d.ends(ended(3), ended(90), ended(92), ended(92)) // listed before, listed afterwards, a socket that ended twice
	d.sockets = append(d.sockets[:2:2], append(d.sockets[3:], waits)...)
	d.tick()
	if got := fmt.Sprintf("%s %s %s", d.rowsOf(3), d.rowsOf(90), d.rowsOf(92)); got != "- + ±" {
		t.Error(got)
	}
	if got := d.pass.totals; got.opened != 2 || got.closed != 2 {
		t.Errorf("%+v", got)
	}
	d.ends(ended(3)) // late
	d.tick()
	if got := d.rowsOf(3) + d.rowsOf(92); got != "-±" || d.pass.totals.closed != 0 {
		t.Errorf("%s, %+v", got, d.pass.totals)
	}

	// What ends while the pass lists may be in the next one, or not.
	d.meanwhile = func() { d.ends(ended(93), ended(94)) }
	d.tick()
	d.meanwhile = nil
	if got := d.rowsOf(93) + d.rowsOf(94); got != "" {
		t.Error(got)
	}
	d.sockets = append(d.sockets, connection(94, sock.TimeWait, "10.0.0.5:8080", "10.1.0.95:40000", nil))
	d.tick()
	if got := d.rowsOf(93) + d.rowsOf(94); got != "±+" || d.pass.totals.opened != 2 || d.pass.totals.closed != 1 {
		t.Errorf("%s, %+v", got, d.pass.totals)
	}
	seen := map[uint64]bool{}
	for i := range d.pass.rows {
		if cookie := d.pass.rows[i].cookie; seen[cookie] {
			t.Errorf("%d twice", cookie)
		} else {
			seen[cookie] = true
		}
	}
}

// TestBriefUnknown: where nothing could tell a brief socket from a listed one, none is
// shown, and the help says so.
func TestBriefUnknown(t *testing.T) {
	help := func(d *driver) string {
		d.keys("?", "G")
		text := strings.Join(strings.Fields(d.screen()), " ")
		d.keys("q")
		return text
	}
	bare := people()
	for _, s := range bare {
		s.Known &^= sock.FieldCookie
	}
	d := start(t, 120, 40, bare, nil)
	d.ends(ended(80))
	d.tick()
	if got := help(d); d.rowsOf(80) != "" || !strings.Contains(got, "are not seen: connections are listed without a cookie.") {
		t.Errorf("%q, %s", d.rowsOf(80), got)
	}

	d = start(t, 120, 40, people(), func(s *Settings, m *Machine) {
		m.Ends, s.Unseen = nil, "needs rights"
		s.Facts &^= sock.FieldEvent
	})
	d.tick()
	if got := help(d); !strings.Contains(got, notSeen+": needs rights.") || strings.Contains(d.screen(), "rights") {
		t.Error(got)
	}

	d = start(t, 120, 40, people(), nil)
	d.do(endsMessage{errors.New("denied\x1b")})
	if got := help(d); !strings.Contains(got, notSeen+`: denied\x1b.`) || d.note != "" {
		t.Errorf("%s, %q", got, d.note)
	}
	d.maker.ends.lose(0)
	d.do(endsMessage{errors.New("broken")})
	if !strings.Contains(d.screen(), notSeen+": broken") {
		t.Error(d.screen())
	}
}

// TestBriefBound: of thousands that come and go some are rows, and the rest is counted.
func TestBriefBound(t *testing.T) {
	d := start(t, 60, 24, people(), nil)
	next := uint64(1000)
	crowd := func(n int) (all []*sock.Socket) {
		for range n {
			next++
			all = append(all, ended(next))
		}
		return all
	}
	told := func(more, opened int, line string) {
		t.Helper()
		if got := len(d.pass.rows); got != 8+mostBrief || d.pass.briefs.more != more || d.pass.totals.opened != opened || d.pass.totals.closed != opened {
			t.Errorf("%d rows, %+v, %+v", got, d.pass.briefs, d.pass.totals)
		}
		if !strings.Contains(d.screen(), " "+line+"\n") {
			t.Errorf("no %q in\n%s", line, d.screen())
		}
	}
	d.ends(crowd(5000)...)
	d.tick()
	told(3000, 5000, "3,000 more came and went")
	d.ends(crowd(500)...) // for which older rows make room
	d.tick()
	told(3500, 500, "3,500 more came and went")
	if first := d.pass.rows[d.pass.briefs.first].cookie; first != 6001 || d.rowsOf(2500) != "±" || d.rowsOf(2501) != "" {
		t.Errorf("%d is first, %q %q", first, d.rowsOf(2500), d.rowsOf(2501))
	}
	d.lose(1204)
	waits := crowd(4000)
	for _, s := range waits[:3000] { // which are listed: they are no more than that
		d.sockets = append(d.sockets, connection(s.Cookie, sock.TimeWait, "10.0.0.5:8080", s.Remote.String(), nil))
	}
	d.ends(waits...)
	d.tick()
	if b := d.pass.briefs; b.more != 3500+1000 || len(d.pass.rows)-b.first != mostBrief || d.pass.totals.opened != 4000 {
		t.Errorf("%+v, %+v", d.pass.briefs, d.pass.totals)
	}
	if screen := d.screen(); !strings.Contains(screen, " 4,500 more came and went, 1,204 events were lost\n") {
		t.Error(screen)
	}
	for range 4 {
		d.tick()
	}
	if b := d.pass.briefs; b.more != 0 || b.first != len(d.pass.rows) || len(d.maker.unkept) != 0 || !strings.Contains(d.screen(), " 1,204 events were lost\n") {
		t.Errorf("%+v, %d\n%s", b, len(d.maker.unkept), d.screen())
	}
	for range (mostBrief + mostKeys + 10) / 500 { // more than are told apart
		d.ends(crowd(501)...)
	}
	d.tick()
	if screen := d.screen(); !strings.Contains(screen, " over 65,536 more came and went, 1,204") {
		t.Errorf("%+v\n%s", d.pass.briefs, screen)
	}
	if e := &d.maker.ends; len(e.rows) != 0 || len(e.keys) != 0 || e.over {
		t.Errorf("%d rows and %d keys are left", len(e.rows), len(e.keys))
	}
}

// TestBriefArranged: filter, order and groups hold for what is brief.
func TestBriefArranged(t *testing.T) {
	curl := sock.Owner{Process: &sock.Process{PID: 77, Name: "curl"}, FD: sock.NoFD}
	node := people()[0].Owners[0]
	d := start(t, 120, 30, people(), nil)
	d.ends(ended(80, curl), ended(500, curl), ended(82, node))
	d.tick()
	d.keys("/")
	d.text("process = curl")
	d.keys("enter", "o")
	for range len(orderText(d.sort)) {
		d.keys("backspace")
	}
	d.text("-lifetime_ms")
	d.keys("enter")
	var cookies []uint64
	for line := range d.lines() {
		cookies = append(cookies, d.rowAt(line).cookie)
	}
	if fmt.Sprint(cookies) != "[500 80]" {
		t.Error(cookies)
	}
	d.keys("/")
	for range len("process = curl") {
		d.keys("backspace")
	}
	d.keys("enter", "B")
	for _, g := range d.groups {
		want := map[string][3]int{"curl": {0, 2, 2}, "node": {3, 1, 1}}
		if w, named := want[g.text]; named && w != [3]int{g.sockets, g.opened, g.closed} {
			t.Errorf("%s: %d sockets, %d opened, %d closed, want %v", g.text, g.sockets, g.opened, g.closed, w)
		}
		delete(want, g.text)
	}
	if !strings.Contains(d.screen(), "curl") {
		t.Error(d.screen())
	}
}

// TestBriefPasses: in 1,000 passes in which others come and go, some of them between two
// passes, the totals are those of what happened, no socket is there twice, what is
// chosen stays, and nothing grows.
func TestBriefPasses(t *testing.T) {
	d := many(t, 100, 20, 300)
	random := rand.New(rand.NewPCG(3, 4))
	d.keys("space", "j")
	chosen, next := d.chosenCookie(), uint64(1000)
	for n := range 1000 {
		var opened, closed int
		for _, at := range random.Perm(len(d.sockets))[:random.IntN(20)] { // long ones
			if d.sockets[at].Cookie != chosen {
				next++
				d.ends(ended(d.sockets[at].Cookie))
				d.sockets[at] = numbered(next, 0)
				opened, closed = opened+1, closed+1
			}
		}
		brief := random.IntN(100)
		if n%50 == 0 {
			brief = mostBrief + 500
		}
		for range brief {
			next++
			opened, closed = opened+1, closed+1
			d.ends(ended(next))
		}
		d.tick()
		if got := d.pass.totals; got.opened != opened || got.closed != closed {
			t.Fatalf("pass %d: %+v, want %d and %d", n, got, opened, closed)
		}
		if d.chosenCookie() != chosen {
			t.Fatalf("pass %d: %d is chosen, was %d", n, d.chosenCookie(), chosen)
		}
		seen := map[uint64]bool{}
		for i := range d.pass.rows {
			r := &d.pass.rows[i]
			if seen[r.cookie] || r.brief != (i >= d.pass.briefs.first) || r.brief && r.mark != change.Closed {
				t.Fatalf("pass %d: row %d of %d: %+v", n, i, len(d.pass.rows), r)
			}
			seen[r.cookie] = true
		}
		if len(d.pass.rows) > 300+4*20+mostBrief || len(d.maker.unkept) > 2*mostBrief {
			t.Fatalf("pass %d: %d rows, %d counts", n, len(d.pass.rows), len(d.maker.unkept))
		}
	}
}
