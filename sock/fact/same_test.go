package fact

import (
	"testing"
	"time"

	"sockeye/sock"
)

// known is a socket that knows everything, and nothing but zeros of it.
func known() *sock.Socket {
	s := &sock.Socket{
		Known: sock.AllFields, Protocol: sock.TCP, Timer: sock.Timer{Kind: sock.TimerOn},
		Rates: sock.Rates{Known: 2*sock.RateRetransShare - 1},
	}
	for _, f := range Members() {
		if f.begin != nil {
			f.begin(s)
		}
	}
	return s
}

// TestSame changes each number of a socket: it is a difference unless it moves by
// itself.
func TestSame(t *testing.T) {
	tested, clocks := 0, 0
	for _, f := range All() {
		if f.setNumber == nil || f.PerOwner() || f.Joined() {
			continue
		}
		a, b := known(), known()
		f.setNumber(a, 1)
		f.setNumber(b, 0)
		if x, _ := f.Number(a); x != 1 {
			continue // it means something only beside another
		}
		tested++
		if f.clock {
			clocks++
		}
		if got := Same(Members(), a, b); got != f.clock {
			t.Errorf("%s is 1, then 0: the same is %t", f.Name, got)
		}
		if !Same(Members(), a, a.Clone()) {
			t.Errorf("%s: a copy is not the same", f.Name)
		}
	}
	if tested < 100 || clocks != 9 {
		t.Errorf("%d numbers, %d clocks", tested, clocks)
	}
}

func TestSameTexts(t *testing.T) {
	process := func(pid int, name string) []sock.Owner {
		return []sock.Owner{{Process: &sock.Process{PID: pid, Name: name, Known: sock.FieldExe, Exe: "/bin/" + name}, FD: 3}}
	}
	for name, change := range map[string]func(*sock.Socket){
		"user":                func(s *sock.Socket) { s.User = "x" },
		"state":               func(s *sock.Socket) { s.State = sock.CloseWait },
		"path":                func(s *sock.Socket) { s.Path = "/x" },
		"one that waits":      func(s *sock.Socket) { s.Pending = []uint64{7} },
		"less is known":       func(s *sock.Socket) { s.Known &^= sock.FieldInode | sock.FieldRecvQueue },
		"no tcp_info":         func(s *sock.Socket) { s.TCPInfo = nil },
		"a holder more":       func(s *sock.Socket) { s.Owners = append(s.Owners, process(9, "b")...) },
		"another holder":      func(s *sock.Socket) { s.Owners = process(8, "a") },
		"another program":     func(s *sock.Socket) { s.Owners = process(7, "b") },
		"a holder not known":  func(s *sock.Socket) { s.Owners = []sock.Owner{{}} },
		"another file number": func(s *sock.Socket) { s.Owners = process(7, "a"); s.Owners[0].FD = 4 },
	} {
		a, b := known(), known()
		a.Owners, b.Owners = process(7, "a"), process(7, "a")
		if !Same(Members(), a, b) {
			t.Fatal("two that are equal are not the same")
		}
		if change(b); Same(Members(), a, b) {
			t.Errorf("%s: no difference", name)
		}
	}
}

// TestSameRates: that a rate is known, and 0, is no change.
func TestSameRates(t *testing.T) {
	a, b := known(), known()
	a.Known, a.Rates = a.Known&^sock.ComparedFields, sock.Rates{}
	if b.Age = time.Minute; !Same(Members(), a, b) {
		t.Error("rates of 0 and an age are a change")
	}
	if b.Rates.Send = 1; Same(Members(), a, b) {
		t.Error("a rate is no change")
	}
}
