package population

import (
	"bytes"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"sockeye/internal/test/livetest/sstext"
)

func closeSet(t *testing.T, set *Set) {
	t.Helper()
	if err := set.Close(); err != nil {
		t.Error(err)
	}
}

// listNet lists the TCP sockets of a network of loopback addresses: other tests
// leave connections that the kernel remembers, on 127.0.0.1.
func listNet(t *testing.T, network string) []sstext.Row {
	t.Helper()
	prefix := netip.MustParsePrefix(network)
	return slices.DeleteFunc(listSS(t, sstext.TCP), func(r sstext.Row) bool {
		return !prefix.Contains(r.Local.Addr())
	})
}

// TestHostileKeepsItsBytes checks that every name of a process and of a socket
// arrives in the kernel as it is spelled: a name that lost its poison tests
// nothing.
func TestHostileKeepsItsBytes(t *testing.T) {
	if !Alone(t) {
		return
	}
	set, err := Hostile()
	if err != nil {
		t.Fatal(err)
	}
	defer closeSet(t, set)
	listeners := 0
	for _, m := range set.Made {
		comm, err := os.ReadFile(fmt.Sprintf("/proc/%d/comm", m.PID))
		if err != nil {
			t.Fatal(err)
		}
		if m.Protocol != TCP {
			continue
		}
		if got, want := string(comm), HostileComms[listeners]+"\n"; got != want {
			t.Errorf("comm is %q, want %q", got, want)
		}
		listeners++
	}
	table, err := os.ReadFile("/proc/net/unix")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range HostileNames {
		if !bytes.Contains(table, []byte("@"+name[1:])) {
			t.Errorf("/proc/net/unix has no %q", name)
		}
	}
	if listeners != len(HostileComms) {
		t.Errorf("%d processes listen, want %d", listeners, len(HostileComms))
	}
}

// TestMassIsWhole makes more connections than one process can hold and counts
// them where the kernel does, then checks that they leave nothing behind.
func TestMassIsWhole(t *testing.T) {
	if !Alone(t, "ss") {
		return
	}
	each, err := connectionsPerProcess()
	if err != nil {
		t.Fatal(err)
	}
	n := each + 500
	set, err := Mass(n, true)
	if err != nil {
		t.Fatal(err)
	}
	counts := map[string]int{}
	for _, r := range listNet(t, "127.1.0.0/16") {
		counts[r.State]++
		if r.State == "ESTAB" && len(r.Owners) != 1 {
			t.Fatalf("owners of %v: %v", r.Local, r.Owners)
		}
	}
	if counts["ESTAB"] != 2*n || counts["LISTEN"]+counts["ESTAB"] != len(set.Made) || len(counts) != 2 {
		t.Errorf("made %d connections, %d sockets: ss has %v", n, len(set.Made), counts)
	}
	closeSet(t, set)
	if left := listNet(t, "127.1.0.0/16"); len(left) != 0 {
		t.Errorf("%d sockets are left, such as %+v", len(left), left[0])
	}
}

// TestCrowdHoldsWhatItSays counts the descriptors of the processes.
func TestCrowdHoldsWhatItSays(t *testing.T) {
	if !Alone(t, "cat", "ss") {
		return
	}
	set, err := Crowd(20, 100, 10)
	if err != nil {
		t.Fatal(err)
	}
	holders := map[int]int{}
	for _, r := range listNet(t, "127.2.0.0/16") {
		if len(r.Owners) != 1 || r.Owners[0].Comm != "cat" {
			t.Fatalf("owners of %v: %v", r.Local, r.Owners)
		}
		holders[r.Owners[0].PID]++
	}
	if len(holders) != 20 {
		t.Errorf("%d processes hold sockets, want 20", len(holders))
	}
	for pid, sockets := range holders {
		files, err := filepath.Glob(fmt.Sprintf("/proc/%d/fd/*", pid))
		if err != nil {
			t.Fatal(err)
		}
		// Besides what was given: 0, 1 and 2.
		if sockets != 10 || len(files) != 100+3 {
			t.Errorf("process %d holds %d sockets, %d files", pid, sockets, len(files))
		}
	}
	closeSet(t, set)
	if left := listNet(t, "127.2.0.0/16"); len(left) != 0 {
		t.Errorf("%d sockets are left", len(left))
	}
}

// TestChurnKeepsGoing checks that connections come and go until the end.
func TestChurnKeepsGoing(t *testing.T) {
	if !Alone(t) {
		return
	}
	h, err := Churn(4)
	if err != nil {
		t.Fatal(err)
	}
	before := opens(t)
	for opens(t) < before+1000 {
		if err := h.cmd.Process.Signal(syscall.Signal(0)); err != nil {
			t.Fatal(err)
		}
	}
	if err := h.Stop(); err != nil {
		t.Error(err)
	}
}

// TestHelperReportsItsFailure checks that a population that cannot be made is an
// error here, with what the helper said.
func TestHelperReportsItsFailure(t *testing.T) {
	if !Alone(t) {
		return
	}
	var made []Made
	_, err := startHelper("listen", "not the arguments of this role", &made)
	if err == nil || !strings.Contains(err.Error(), "helper listen") {
		t.Errorf("got %v", err)
	}
}
