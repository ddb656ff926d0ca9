package platform

import (
	"os"
	"runtime"
	"testing"
	"time"

	"sockeye/sock"
)

// held counts the descriptors and goroutines of this process, once those that end
// by themselves have.
func heldBy(t *testing.T, most [2]int) (held [2]int) {
	t.Helper()
	for range 200 {
		entries, err := os.ReadDir("/proc/self/fd")
		if err != nil {
			t.Fatal(err)
		}
		held = [2]int{len(entries), runtime.NumGoroutine()}
		if held[0] <= most[0] && held[1] <= most[1] {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	return held
}

// TestClosedHostsLeaveNothing opens 10,000 hosts, some of which list, with the
// owners or with an early end, and closes them.
func TestClosedHostsLeaveNothing(t *testing.T) {
	once(t, 0) // what the runtime and the libraries keep
	before := heldBy(t, [2]int{})
	times := 10_000
	if testing.Short() {
		times = 1000
	}
	for i := range times {
		once(t, i)
	}
	if after := heldBy(t, before); after[0] > before[0] || after[1] > before[1] {
		t.Errorf("descriptors and goroutines: %v before, %v after", before, after)
	}
}

func once(t *testing.T, i int) {
	h, err := Open(Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := h.Close(); err != nil {
			t.Error(err)
		}
	}()
	if i%250 != 0 {
		return
	}
	q := inetQuery(sock.TCP, sock.UDP)
	q.Protocols |= sock.Protocols(sock.Unix)
	if i%500 == 0 {
		q.Want = sock.FieldOwners | sock.FieldPeerPath
	}
	for _, err := range h.List(t.Context(), Request{Query: q}).Sockets {
		if err != nil {
			t.Fatal(err)
		}
		if i%750 == 0 {
			break // with readings that were begun
		}
	}
}
