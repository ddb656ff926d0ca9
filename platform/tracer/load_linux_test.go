package tracer

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"sockeye/internal/test/population"
	"sockeye/sock"
)

// The states that a connection goes through that its client closes first.
var (
	clientStates = []sock.State{sock.Closed, sock.SynSent, sock.Established, sock.FinWait1, sock.FinWait2, sock.Closed}
	serverStates = []sock.State{sock.Listen, sock.SynReceived, sock.Established, sock.CloseWait, sock.LastAck, sock.Closed}
)

// connections returns the number of connections in such tests.
func connections() int {
	if population.Long() {
		return 20000
	}
	return 1000
}

// chains returns the changes of each connection in order; listeners are left out.
func chains(events []told) map[uint64][]told {
	all := map[uint64][]told{}
	for _, e := range events {
		if e.Kind == StateChange && e.Known&sock.FieldRemote != 0 {
			all[e.Cookie] = append(all[e.Cookie], e)
		}
	}
	return all
}

// changesOf returns how many changes of state so many connections make that end well,
// with the beginning of one listener.
func changesOf(connections int) uint64 {
	return uint64((len(clientStates)-1+len(serverStates)-1)*connections + 1)
}

// closed waits until each of these changes is told or lost.
func (w *watcher) closed(connections int) {
	w.t.Helper()
	w.until("the end of every connection", func(events []told) bool {
		return uint64(len(events))+w.tracer.programs.lost() >= changesOf(connections)
	})
}

// passed reports whether a chain is that of some states, without a gap.
func passed(chain []told, states []sock.State) bool {
	if len(chain) != len(states)-1 {
		return false
	}
	for i, e := range chain {
		if e.Old != states[i] || e.New != states[i+1] {
			return false
		}
	}
	return true
}

// Every change of every connection is told once and in order, with the process whose
// socket it is. Where processes interrupt the programs, what they could not see is
// counted, one by one.
func TestEveryChange(t *testing.T) {
	if !alone(t) {
		return
	}
	n := connections()
	w := watch(t, Options{Kinds: KindsOf(StateChange)})
	server := start(t, "serve", nil)
	client := start(t, fmt.Sprint("connect ", n, " ", server.Port), nil)
	w.closed(n)
	events := w.end()

	clients, servers := 0, 0
	for cookie, chain := range chains(events) {
		local := int(chain[0].Local.Port())
		switch {
		case local == server.Port && passed(chain, serverStates):
			servers++
			checkServer(t, chain, server.PID)
		case local != server.Port && passed(chain, clientStates):
			clients++
			checkClient(t, chain, client.PID)
		case w.tracer.Lost() == 0:
			t.Errorf("socket %#x: not a whole chain: %+v", cookie, chain)
		}
		if t.Failed() {
			break // thousands say no more
		}
	}
	lost := w.tracer.Lost()
	if lost == 0 && (clients != n || servers != n) || lost > 0 && !preempted() || uint64(len(events))+lost != changesOf(n) {
		t.Errorf("%d connections: %d clients, %d servers, %d changes told and %d lost of %d", n, clients, servers, len(events), lost, changesOf(n))
	}
	t.Logf("%d changes are told and %d lost", len(events), lost)
	for i, program := range w.tracer.programs.copies {
		t.Logf("program %d of %d was kept from %d changes", i+1, len(w.tracer.programs.copies), misses(program))
	}
}

func checkClient(t *testing.T, chain []told, pid int) {
	t.Helper()
	for i, e := range chain {
		if e.PID != pid || e.Origin != Connect || e.Timed != (i > 0) || e.AtLeast[1] {
			t.Errorf("client, change %d: process %d by %v: %+v", i, e.PID, e.Origin, e)
		}
	}
	checkSum(t, chain)
	if last := chain[len(chain)-1]; last.Sent != question || last.Received != answer || last.Failure != NoFailure {
		t.Errorf("client: %d bytes sent, %d received, %v", last.Sent, last.Received, last.Failure)
	}
}

func checkServer(t *testing.T, chain []told, pid int) {
	t.Helper()
	for i, e := range chain {
		want := []Origin{Inherited} // nobody has read
		if i >= 2 {
			want = []Origin{Read, Write} // the last of both
		}
		if e.PID != pid || !slices.Contains(want, e.Origin) || e.Timed != (i > 0) || e.AtLeast[1] {
			t.Errorf("server, change %d: process %d by %v: %+v", i, e.PID, e.Origin, e)
		}
	}
	checkSum(t, chain)
	if last := chain[len(chain)-1]; last.Sent != answer || last.Received != question {
		t.Errorf("server: %d bytes sent, %d received", last.Sent, last.Received)
	}
}

// checkSum: the age at the end is the sum of the durations, and times grow with them,
// but for a clock that is set meanwhile.
func checkSum(t *testing.T, chain []told) {
	t.Helper()
	for i := 1; i < len(chain); i++ {
		e := &chain[i]
		if e.Age != chain[i-1].Age+e.Duration || e.Duration < 0 ||
			(e.Time.Sub(chain[i-1].Time)-e.Duration).Abs() > time.Second {
			t.Errorf("change %d: %v after %v, in all %v: %+v", i, e.Duration, chain[i-1].Age, e.Age, e)
		}
	}
}

// In a server whose children accept, the owner is the child from its first use on.
func TestPrefork(t *testing.T) {
	if !alone(t) {
		return
	}
	n := connections() / 10
	w := watch(t, Options{Kinds: KindsOf(StateChange)})
	server := start(t, "prefork", nil)
	start(t, fmt.Sprint("connect ", n, " ", server.Port), nil)
	w.closed(n)
	servers, children := 0, map[int]int{}
	for _, chain := range chains(w.end()) {
		if int(chain[0].Local.Port()) != server.Port {
			continue
		}
		if !passed(chain, serverStates) {
			if w.tracer.Lost() == 0 || !preempted() {
				t.Fatalf("not a whole chain: %+v", chain)
			}
			continue
		}
		servers++
		for _, e := range chain[:2] {
			if e.PID != server.PID || e.Origin != Inherited {
				t.Fatalf("before it is used: process %d by %v", e.PID, e.Origin)
			}
		}
		used := chain[2].PID
		children[used]++
		for _, e := range chain[2:] {
			if e.PID != used || used == server.PID || used == 0 || e.Origin == Inherited {
				t.Fatalf("after it was used by %d: process %d by %v", used, e.PID, e.Origin)
			}
		}
	}
	if servers+int(w.tracer.Lost()) < n || len(children) == 0 || len(children) > 2 {
		t.Errorf("%d connections of %d, accepted by %v", servers, n, children)
	}
}
