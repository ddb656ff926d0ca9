package livetest

import (
	"fmt"
	"net"
	"os/exec"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"sockeye/internal/test/fault"
	"sockeye/internal/test/population"
)

// corner is a listener whose holder is no ordinary one.
type corner struct {
	Port     uint16
	PID, TID int    // of the holder
	Told     string // what the kernel tells of the holder's descriptor, if that matters
}

// startCorner starts a process that holds a listener in a corner, until the test
// ends.
func startCorner(t *testing.T, name string) (c corner) {
	t.Helper()
	population.StartRole(t, name, nil, &c)
	if name == "zombie" {
		population.WaitForZombie(t, c.PID)
	}
	return c
}

// ownerSearches are the options by which owners are searched.
var ownerSearches = [][]string{{"--owners", "bpf"}, {"--owners", "proc"}, {"--owners", "proc", "-T"}}

// TestHoldersInCorners: a holder is found wherever the kernel shows it, and where it
// does not, no more is said than is known.
func TestHoldersInCorners(t *testing.T) {
	if !population.Alone(t) {
		return
	}
	for _, name := range []string{"thread", "zombie", "ring", "transit"} {
		t.Run(name, func(t *testing.T) {
			made := startCorner(t, name)
			status, holder := "known", true
			switch {
			case name == "transit":
				status, holder = "in_transit", false
			case name == "ring" && !strings.Contains(made.Told, "socket:["):
				status, holder = "no_descriptor", false // before Linux 6.13
			}
			for _, options := range ownerSearches {
				doc := readDocument(t, append(options, "-tln", "sport", "=", fmt.Sprintf(":%d", made.Port))...)
				if len(doc.Sockets) != 1 || !doc.Complete || len(doc.Warnings) > 0 {
					t.Fatalf("%v: %d sockets, complete %v, %v", options, len(doc.Sockets), doc.Complete, doc.Warnings)
				}
				got := doc.Sockets[0]
				if *got.OwnerStatus != status || (len(got.Owners) > 0) != holder {
					t.Errorf("%v: %s by %v, want %s", options, *got.OwnerStatus, got.Owners, status)
				}
				for _, o := range got.Owners {
					if o.PID != made.PID || made.TID != 0 && o.TID != made.TID {
						t.Errorf("%v: held by %d, thread %d, want %d and %d", options, o.PID, o.TID, made.PID, made.TID)
					}
					if (o.FD == 0) != (name == "ring") { // absent
						t.Errorf("%v: descriptor %d", options, o.FD)
					}
				}
			}
		})
	}
}

// TestConnectionsThatAreClosed: a server accepts and closes without pause, and what it
// closed while a listing was made is said to be closed, not to be somewhere else.
func TestConnectionsThatAreClosed(t *testing.T) {
	if !population.Alone(t) {
		return
	}
	made := startCorner(t, "server")
	counts, rounds := map[string]int{}, 60
	if testing.Short() {
		rounds = 15
	}
	for run := 0; run < rounds || counts["closed"] < 3 && run < 1000; run++ {
		options := ownerSearches[run%len(ownerSearches)]
		// Of connections in TIME_WAIT there are too many.
		doc := readDocument(t, append(options, "-ta", fmt.Sprintf("sport = :%d and not state time-wait", made.Port))...)
		if !doc.Complete {
			t.Errorf("%v: not complete: %v", options, doc.Warnings)
		}
		for _, s := range doc.Sockets {
			counts[*s.OwnerStatus]++
		}
	}
	// A connection that is just being accepted or closed has no descriptor indeed.
	if n := counts["kernel"] + counts["other_namespace"]; n > 0 || counts["no_descriptor"] > counts["closed"]/20+1 || counts["closed"] == 0 {
		t.Errorf("owner_status of its connections: %v", counts)
	}
	t.Log(counts)
}

// TestForeignProc: a proc file system that is empty, or that of another PID
// namespace, was not searched.
func TestForeignProc(t *testing.T) {
	if !population.Alone(t, "unshare", "mount", "sh") {
		return
	}
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	for _, c := range []struct {
		name   string
		within []string
		status string
	}{
		{"as it is", nil, "known"},
		{"empty", []string{"unshare", "-m", "sh", "-c", `mount -t tmpfs none /proc && exec "$@"`, "sh"}, "not_searched"},
		{"of the namespace above", []string{"unshare", "-p", "-f"}, "not_searched"},
		{"its own, the holder in the namespace above", []string{"unshare", "-p", "-f", "-m", "--mount-proc"}, "no_descriptor"},
	} {
		cmd := sockeye(t, "--json", "--owners", "proc", "-tln")
		if c.within != nil {
			args := append(c.within, cmd.Args...)
			cmd = exec.CommandContext(t.Context(), args[0], args[1:]...)
		}
		got := run(t, cmd)
		doc := decode(t, got.stdout)
		searched := c.status != "not_searched"
		if len(doc.Sockets) != 1 || *doc.Sockets[0].OwnerStatus != c.status || doc.Complete != searched || (len(doc.Warnings) == 0) != searched {
			t.Errorf("%s: %+v, complete %v, %v, want %s", c.name, doc.Sockets, doc.Complete, doc.Warnings, c.status)
		}
		if lines := checkMessages(t, got.stderr); (len(lines) == 0) != searched {
			t.Errorf("%s: %q", c.name, lines)
		}
	}
}

// TestPolicyAgainstRoot: root that a policy keeps out of a process is told that, and
// not that it lacks a right.
func TestPolicyAgainstRoot(t *testing.T) {
	if !population.Alone(t, "cat") {
		return
	}
	l := listener(t, "tcp4", "127.0.0.1:0")
	port := l.Addr().(*net.TCPAddr).Port
	pid := hold(t, 0, duplicate(t, l))
	l.Close()
	for _, owners := range []string{"proc", "bpf"} {
		args := []string{"--json", "-tln", "--owners", owners, "sport", "=", fmt.Sprint(":", port)}
		got, hits := runFaulty(t, fault.Fault{Call: "readlinkat", When: fault.On(fmt.Sprintf("/proc/%d/fd/*", pid)), Errno: unix.EACCES}, args...)
		doc := decode(t, got.stdout)
		if owners == "bpf" { // which needs no link
			if hits > 0 || !doc.Complete {
				t.Errorf("bpf: %d calls, complete %v", hits, doc.Complete)
			}
			continue
		}
		if len(doc.Sockets) != 1 || *doc.Sockets[0].OwnerStatus != "permission" || doc.Complete || !strings.Contains(got.stderr, "a security policy keeps this process") {
			t.Errorf("%+v, complete %v, %q", doc.Sockets, doc.Complete, got.stderr)
		}
	}
}
