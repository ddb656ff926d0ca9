package portable

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sockeye/internal/test/population"
	"sockeye/sock"
	"sockeye/sock/socktest"
)

// withProgram puts a script in place of a program and everything else in $PATH.
func withProgram(t *testing.T, name, script string) {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\n"+script), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir)
}

// TestLsofBesideSockDiag runs the real lsof on a population and compares what is
// made of its answer with sock_diag. It is the only place where the code for
// macOS and FreeBSD runs; their lsof prints the same form.
func TestLsofBesideSockDiag(t *testing.T) {
	if !population.Alone(t, "lsof") {
		return
	}
	set, exact := parity(t)
	src := &Source{traits: systems["darwin"], root: true, gather: lsof.gather}
	src.traits.embedded = false // Linux puts no scope into an address
	all, parts, failed := list(t, src, everything)
	if len(failed) != 0 {
		t.Fatal(failed)
	}
	for _, p := range parts {
		// Sockets without a port have no name that says more.
		t.Logf("not understood: %v", p)
	}
	rows := map[string]*sock.Socket{}
	for _, s := range all {
		rows[ends(s)] = s
		if !exact[ends(s)] {
			t.Errorf("sock_diag does not list %s", ends(s))
		}
		if len(s.Owners) == 0 || s.Owners[0].PID == 0 {
			t.Errorf("%s has no owner", ends(s))
		}
	}
	listeners, connections := 0, 0
	for _, m := range set.Made {
		if m.Protocol != population.TCP || m.State != population.Listen && m.State != population.Established || m.Ownerless != "" {
			continue
		}
		made := madeEnds(m)
		s := rows[made]
		if s == nil {
			t.Errorf("not listed: %s (%s)", made, m.Label)
			continue
		}
		if !slices.ContainsFunc(s.Owners, func(o sock.Owner) bool { return o.PID == m.PID && o.FD == m.FD }) {
			t.Errorf("%s: descriptor %d of process %d is not among the owners", made, m.FD, m.PID)
		}
		if m.State == population.Listen {
			listeners++
		} else {
			connections++
		}
	}
	if listeners < 2 || connections < 2 {
		t.Errorf("compared %d listeners and %d connections", listeners, connections)
	}
	socktest.TestSource(t, src, here, everything, len(rows))
}

// TestProgramThatFails: an empty answer is given only where the program gave it.
func TestProgramThatFails(t *testing.T) {
	for _, c := range []struct {
		name, script string
		p            *program
		rows, odd    int
		fails        string
	}{
		{"lsof", "exit 1", lsof, 0, 0, ""},
		{"lsof", "printf 'p7\\nf3\\ntIPv4\\nPTCP\\nn*:80\\nTST=LISTEN\\n'; exit 1", lsof, 1, 0, ""},
		{"lsof", "printf 'p7\\nf3\\ntIPv4\\nPTCP\\nn*:80\\nTST=LISTEN\\n'; echo no kernel access >&2; exit 1", lsof, 1, 1, ""},
		{"lsof", "printf 'p7\\nf3\\ntIPv4\\nPTCP\\nnno PCB\\nf4\\ntIPv6\\nPTCP\\nn[::1]:8\\n'", lsof, 1, 1, ""},
		{"lsof", "echo cannot open /dev/kmem >&2; exit 1", lsof, 0, 0, "exit status 1: cannot open /dev/kmem"},
		{"lsof", "exit 2", lsof, 0, 0, "exit status 2"},
		{"lsof", "kill -9 $$", lsof, 0, 0, "killed"},
		{"lsof", "exec /usr/bin/head -c 100000 /dev/zero", lsof, 0, 0, "token too long"},
		{"netstat", "exit 1", netstat, 0, 0, "exit status 1"},
		{"netstat", "echo 'tcp 0 0 *.22 *.* LISTEN'; echo tcp 0", netstat, 1, 1, ""},
		{"other", "exit 0", lsof, 0, 0, "executable file not found"},
	} {
		withProgram(t, c.name, c.script)
		a, err := c.p.gather(context.Background(), here, "inet")
		switch {
		case c.fails == "" && err != nil, c.fails != "" && (err == nil || !strings.Contains(err.Error(), c.fails)):
			t.Errorf("%s %q: error %v, want %q", c.name, c.script, err, c.fails)
		case len(a.connections) != c.rows || a.odd != c.odd:
			t.Errorf("%s %q: %d connections, %d odd (%v); want %d and %d", c.name, c.script, len(a.connections), a.odd, a.first, c.rows, c.odd)
		}
	}
}
