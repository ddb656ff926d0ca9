package top

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"sockeye/sock"
	"sockeye/sock/fact"
)

// marksOf are the marks of the rows by their cookies.
func marksOf(d *driver) string {
	var words []string
	for i := range d.pass.rows {
		r := &d.pass.rows[i]
		words = append(words, fmt.Sprint(r.cookie, signs[r.mark]))
	}
	slices.Sort(words)
	return strings.Join(words, " ")
}

// TestMarks: what is new, changed and closed is marked, for a while. In the first pass
// nothing is.
func TestMarks(t *testing.T) {
	d := start(t, 100, 20, people()[:4], nil)
	step := func(want string) {
		t.Helper()
		if got := marksOf(d); got != want {
			t.Errorf("%v: %s, want %s", d.now.Format(time.TimeOnly), got, want)
		}
	}
	step("1  2  3  4 ")
	d.sockets = append(d.sockets[1:], people()[6])
	changed := *d.sockets[1]
	changed.State = sock.CloseWait
	d.sockets[1] = &changed
	d.tick()
	step("1- 2  3~ 4  7+")
	d.tick()
	step("1- 2  3~ 4  7+")
	d.sockets = append(d.sockets, people()[0]) // it is there again
	d.tick()
	step("1+ 2  3~ 4  7+")
	d.tick()
	step("1+ 2  3  4  7 ")
	queue := *d.sockets[1]
	queue.RecvQueue = 99 // which moves all the time
	d.sockets[1] = &queue
	for range 3 {
		d.tick()
	}
	step("1  2  3  4  7 ")
}

// TestTotals count what is there, without what is closed.
func TestTotals(t *testing.T) {
	d := start(t, 100, 20, people(), nil)
	d.next()
	if got := d.pass.totals; got.sockets != 8 || got.states[sock.Established] != 4 || got.states[sock.TimeWait] != 0 ||
		got.opened != 1 || got.changed != 1 || got.closed != 1 || got.in != 12_000 || got.out != 1_100_000 {
		t.Errorf("%+v", got)
	}
}

// TestRates: they are taken over the time that passed, and a pass that was made right
// behind another keeps those from before, and where they begin.
func TestRates(t *testing.T) {
	for _, filter := range []string{"", "snd_cwnd = 10"} { // which takes all of tcp_info
		ratesOf(t, filter)
	}
}

func ratesOf(t *testing.T, filter string) {
	t.Helper()
	d := many(t, 100, 20, 1)
	d.keys("/")
	d.text(filter)
	d.keys("enter")
	d.tick()
	if whole := d.pass.rows[0].rest != nil; whole != (filter != "") || len(d.order) != 1 {
		t.Errorf("%q: held as a whole: %v, %d rows", filter, whole, len(d.order))
	}
	rate := func(want uint64) {
		t.Helper()
		if r := d.pass.rows[0].rates; r.Receive != want || r.Send != 2*want {
			t.Errorf("%+v, want %d", r, want)
		}
	}
	rate(0)
	d.sockets[0] = numbered(1, 1000)
	d.tick()
	rate(1000)
	d.now = d.now.Add(100 * time.Millisecond)
	d.sockets[0] = numbered(1, 2000)
	d.keys("r")
	rate(1000)
	d.now = d.now.Add(900 * time.Millisecond)
	d.sockets[0] = numbered(1, 4000)
	d.do(tickMessage{})
	rate(3000)
}

// TestIncomplete: what is missing from a listing that is not whole is not closed, and
// from the next one it is.
func TestIncomplete(t *testing.T) {
	d := start(t, 100, 20, people()[:2], nil)
	d.sockets = d.sockets[:1]
	d.snap.Warnings = []sock.Warning{{Code: sock.CodeUnavailable, Message: "the table tcp6 cannot be read"}}
	d.tick()
	if got := marksOf(d); got != "1  2 " {
		t.Error(got)
	}
	if !strings.Contains(d.screen(), "the table tcp6 cannot be read") {
		t.Error("nothing is said of it")
	}
	d.keys("j")
	d.tick()
	if got := marksOf(d); got != "1  2-" || strings.Contains(d.screen(), "tcp6") {
		t.Errorf("%s, or it is said twice", got)
	}
}

// TestFailedPass is said and does not end the view.
func TestFailedPass(t *testing.T) {
	d := start(t, 100, 20, people()[:2], nil)
	d.fails = errors.New("no buffer space")
	d.tick()
	if screen := d.screen(); !strings.Contains(screen, "a pass failed: no buffer space") || !strings.Contains(screen, "10.0.0.5:8080") {
		t.Error(screen)
	}
	d.fails = nil
	d.tick()
	d.tick()
	if marksOf(d) != "1  2 " || d.pass.number != 3 {
		t.Errorf("%s in pass %d", marksOf(d), d.pass.number)
	}
}

// TestTwice: a socket that moved from one table to another while they were read counts
// once; without cookies two with the same ends are two.
func TestTwice(t *testing.T) {
	list := people()[2:3]
	d := start(t, 100, 20, append(list, list[0]), nil)
	if len(d.pass.rows) != 1 {
		t.Errorf("%d rows", len(d.pass.rows))
	}
	bare := *list[0]
	bare.Known &^= sock.FieldCookie
	d = start(t, 100, 20, []*sock.Socket{&bare, &bare}, nil)
	d.tick()
	if got := marksOf(d); got != "3  3 " {
		t.Error(got)
	}
}

// TestRow: a row gives back the socket that it took, whatever that knows.
func TestRow(t *testing.T) {
	all := people()
	path := &sock.Socket{Protocol: sock.Unix, Family: sock.FamilyUnix, State: sock.Listen, Path: "\x00x\x1b", Known: sock.FieldPath | sock.FieldCookie, Cookie: 77}
	unit := connection(78, sock.Established, "10.0.0.1:1", "10.0.0.2:2", traffic(1, 2, 3))
	unit.Unit, unit.Known = "nginx.service", unit.Known|sock.FieldPlace
	for _, s := range append(all, path, unit) {
		for _, info := range []bool{false, true} {
			var r row
			r.take(s, wish{facts: sock.AllFields, info: info})
			r.owners = s.Owners // which the pass holds
			var x record
			x.of(&row{known: sock.AllFields &^ sock.FieldTCPInfo}) // the room was used before
			got := x.of(&r)
			ignored := cmpopts.IgnoreFields(sock.Socket{}, "ReadAt", "TCPInfo")
			if diff := cmp.Diff(s, got, ignored, cmp.Comparer(func(a, b *sock.Process) bool { return reflect.DeepEqual(a, b) }),
				cmp.Exporter(func(reflect.Type) bool { return true })); diff != "" && r.rest == nil {
				t.Error(diff)
			}
			for _, f := range fact.Members() {
				part := f.Parent() == nil && f.Name == "tcp_info"
				if a, b := text(f, s), text(f, got); a != b && (info || !part) {
					t.Errorf("%s: %s, was %s", f.Name, b, a)
				}
			}
		}
	}
}

func text(f *fact.Fact, s *sock.Socket) string { return string(f.AppendShown(&fact.View{}, nil, s)) }

// TestFrozenFromTheBeginning: the first pass is shown, whatever was typed before it.
func TestFrozenFromTheBeginning(t *testing.T) {
	d := start(t, 100, 20, people(), nil)
	m, err := newModel(d.Settings, d.machine())
	if err != nil {
		t.Fatal(err)
	}
	d.model = m
	d.do(sizeMessage{100, 20})
	first := m.begin()
	d.keys("p")
	if screen := d.screen(); !strings.Contains(screen, "paused") || !strings.Contains(screen, "listing ...") {
		t.Errorf("before the first pass:\n%s", screen)
	}
	d.run(first)
	if screen := d.screen(); !strings.Contains(screen, "paused") || !strings.Contains(screen, "10.0.0.5:8080") {
		t.Errorf("after it:\n%s", screen)
	}
}
