package cli

import (
	"os"
	"testing"
	"time"

	"sockeye/sock"
)

// held is a listener with the process that holds it, which began at a time.
func held(cookie uint64, pid int, began time.Time) *sock.Socket {
	p := &sock.Process{PID: pid, Name: "server", StartedAt: began, Known: sock.FieldStartedAt}
	return &sock.Socket{
		Protocol: sock.TCP, State: sock.Listen, Known: sock.FieldCookie | sock.FieldOwners, Cookie: cookie,
		Owners: []sock.Owner{{Process: p}}, OwnerStatus: sock.OwnerKnown,
	}
}

// TestSameProcess: without a handle that keeps the PID, the time of its start tells a
// process from another one that got its PID, and that inherited the same socket.
func TestSameProcess(t *testing.T) {
	pid, began := os.Getpid(), time.Unix(1000, 0)
	handle, err := os.FindProcess(pid) // which runs: it is not its end that decides
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		now             []*sock.Socket
		confirmed, left string
		takers          int
	}{
		"the same":             {[]*sock.Socket{held(1, pid, began)}, "", resultSignalled, 0},
		"another with its PID": {[]*sock.Socket{held(1, pid, began.Add(time.Second))}, resultGone, resultLeft, 1},
		"another socket":       {[]*sock.Socket{held(2, pid, began)}, resultGone, resultLeft, 0},
		"another process":      {[]*sock.Socket{held(1, pid+1, began)}, resultGone, resultLeft, 1},
		"nothing":              {nil, resultGone, resultLeft, 0},
	} {
		listed := held(1, pid, began)
		t1 := &target{process: listed.Owners[0].Process, sockets: []*sock.Socket{listed}, handle: handle}
		if t1.confirm(c.now); t1.result != c.confirmed {
			t.Errorf("%s: before the signal %q, want %q", name, t1.result, c.confirmed)
		}
		t1.result = resultSignalled
		if t1.look(c.now, true); t1.result != c.left {
			t.Errorf("%s: after it %q, want %q", name, t1.result, c.left)
		}
		e := &ending{targets: []*target{t1}}
		for _, s := range c.now {
			if e.taker(s) != nil {
				c.takers--
			}
		}
		if c.takers != 0 {
			t.Errorf("%s: %d takers are not seen", name, c.takers)
		}
	}
}
