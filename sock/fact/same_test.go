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

// TestSameKnown: of what one listing was not asked for, nothing is a difference.
func TestSameKnown(t *testing.T) {
	a := &sock.Socket{Known: sock.FieldOwners, OwnerStatus: sock.OwnerKnown,
		Owners: []sock.Owner{{FD: 3, Process: &sock.Process{PID: 812, Name: "nginx", Known: sock.FieldExe | sock.FieldOrigin, Exe: "/usr/sbin/nginx", Cwd: "/srv"}}}}
	owners := Lookup("owners")
	with := func(change func(o *sock.Owner)) *sock.Socket {
		b := a.Clone()
		process := *a.Owners[0].Process
		b.Owners = []sock.Owner{{FD: 3, Process: &process}}
		change(&b.Owners[0])
		return b
	}
	for _, c := range []struct {
		name   string
		change func(o *sock.Owner)
		want   bool
	}{
		{"all as it was", func(*sock.Owner) {}, true},
		{"not asked for its origin", func(o *sock.Owner) { o.Known, o.Cwd = sock.FieldExe, "" }, true},
		{"another program", func(o *sock.Owner) { o.Known, o.Exe = sock.FieldExe, "/tmp/nginx" }, false},
		{"another directory", func(o *sock.Owner) { o.Cwd = "/" }, false},
		{"another descriptor", func(o *sock.Owner) { o.FD = 4 }, false},
		{"a thread of it", func(o *sock.Owner) { o.TID = 813 }, false},
	} {
		b := with(c.change)
		if got := SameKnown(owners, a, b); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
		if Same([]*Fact{owners}, a, b) != (c.name == "all as it was") {
			t.Errorf("%s is the same", c.name)
		}
	}
	if b := with(func(*sock.Owner) {}); !SameKnown(owners, a, &sock.Socket{}) || !SameKnown(owners, &sock.Socket{}, b) {
		t.Error("what one socket does not know is a difference")
	}
}
