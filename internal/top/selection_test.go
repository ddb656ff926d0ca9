package top

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"sockeye/sock"
)

// many are connections, each with its own process.
func many(t *testing.T, width, height, n int) *driver {
	t.Helper()
	var all []*sock.Socket
	for i := range n {
		all = append(all, numbered(uint64(i+1), 0))
	}
	return start(t, width, height, all, nil)
}

// numbered is a connection that has sent something.
func numbered(cookie, sent uint64) *sock.Socket {
	p := &sock.Process{PID: int(100 + cookie), Name: fmt.Sprint("p", cookie)}
	return connection(cookie, sock.Established, fmt.Sprintf("10.0.%d.%d:8080", cookie/250%250, 1+cookie%250), "10.9.9.9:50000", traffic(sent, 2*sent, 100+cookie), sock.Owner{Process: p, FD: 3})
}

// TestSelectionSurvives: what is chosen stays the same socket in 1,000 passes in which
// others come and go, all move, and the order and the filter change.
func TestSelectionSurvives(t *testing.T) {
	d := many(t, 100, 20, 300)
	random := rand.New(rand.NewPCG(1, 2))
	d.keys("space", "j", "j")
	chosen, next := d.chosenCookie(), uint64(1000)
	sent := map[uint64]uint64{}
	moved := map[int]bool{}
	for pass := range 1000 {
		for range 20 {
			i := random.IntN(len(d.sockets))
			if d.sockets[i].Cookie != chosen { // another takes its place
				next++
				d.sockets[i] = numbered(next, 0)
			}
		}
		for i, s := range d.sockets {
			if s.Known.Has(sock.FieldTCPInfo) {
				sent[s.Cookie] += random.Uint64N(1 << 20)
				d.sockets[i] = numbered(s.Cookie, sent[s.Cookie])
			}
		}
		random.Shuffle(len(d.sockets), func(i, j int) { d.sockets[i], d.sockets[j] = d.sockets[j], d.sockets[i] })
		switch pass % 97 {
		case 13:
			d.keys("O")
		case 31:
			d.keys("/")
			d.text("state established")
			d.keys("enter")
		case 53:
			d.keys("/", "ctrl+u", "enter")
		case 71:
			d.do(sizeMessage{80 + pass%50, 10 + pass%30})
		}
		d.tick()
		if got := d.chosenCookie(); got != chosen {
			t.Fatalf("pass %d: %d is chosen, was %d", pass, got, chosen)
		}
		if line := d.cursor - d.top; line < 0 || line >= d.listHeight() {
			t.Fatalf("pass %d: it is at line %d of %d", pass, line, d.listHeight())
		}
		moved[d.cursor] = true
		d.screen()
	}
	if len(moved) < 50 {
		t.Errorf("it was on %d lines: nothing moved", len(moved))
	}
}

// TestSelectionGone: when the chosen socket is closed it stays for a moment, and then
// what stands in its place is chosen.
func TestSelectionGone(t *testing.T) {
	d := many(t, 100, 20, 10)
	d.keys("o", "ctrl+u")
	d.text("local")
	d.keys("enter", "j", "j", "j")
	chosen := d.chosenCookie()
	d.sockets = slices.DeleteFunc(d.sockets, func(s *sock.Socket) bool { return s.Cookie == chosen })
	d.tick()
	if got := d.chosenCookie(); got != chosen {
		t.Errorf("%d is chosen, not the closed %d", got, chosen)
	}
	for range 5 {
		d.tick()
	}
	if got := d.chosenCookie(); got != 5 || d.cursor != 3 {
		t.Errorf("%d is chosen on line %d, after %d was closed", got, d.cursor, chosen)
	}
	d.sockets = nil
	for range 5 {
		d.tick()
		d.keys("j", "k", "G", "enter", "c", "y", "x", "enter")
		d.screen()
	}
	if d.current() != nil {
		t.Error("something is chosen of nothing")
	}
}

// TestFromFewToMany: a machine goes from 10 to 50,000 sockets and back. What is chosen
// stays, and no more is drawn than there is room for.
func TestFromFewToMany(t *testing.T) {
	d := many(t, 120, 30, 10)
	few := d.sockets
	d.keys("j", "j")
	chosen := d.chosenCookie()
	for i := range 50_000 {
		d.sockets = append(d.sockets, connection(uint64(100+i), sock.Established, "10.0.0.1:80", "10.0.0.2:3000", nil))
	}
	d.tick()
	if d.screen(); d.chosenCookie() != chosen || len(d.order) != 50_010 || len(d.records) > d.height {
		t.Errorf("%d is chosen, was %d; %d rows, %d drawn", d.chosenCookie(), chosen, len(d.order), len(d.records))
	}
	d.keys("G", "b", "g", "j", "j")
	if d.cursor != 2 || d.chosenCookie() != chosen {
		t.Errorf("on line %d is %d", d.cursor, d.chosenCookie())
	}
	d.sockets = few
	for range 5 {
		d.tick()
	}
	if d.screen(); d.chosenCookie() != chosen || len(d.order) != 10 {
		t.Errorf("%d is chosen, was %d; %d rows", d.chosenCookie(), chosen, len(d.order))
	}
}

// TestUnchosen: until somebody has moved, the first line is meant, whatever it is.
func TestUnchosen(t *testing.T) {
	d := many(t, 100, 20, 10)
	for i := range d.sockets {
		d.sockets[i] = numbered(uint64(i+1), uint64(100*i))
	}
	d.tick()
	if got := d.chosenCookie(); got != 10 || d.cursor != 0 {
		t.Errorf("%d on line %d", got, d.cursor)
	}
}
