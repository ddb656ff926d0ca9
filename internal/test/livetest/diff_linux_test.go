package livetest

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"sockeye/internal/test/population"
)

// TestExpect: what one run wrote is what the next finds; one listener more is found,
// and named.
func TestExpect(t *testing.T) {
	if !population.Alone(t) {
		return
	}
	set, err := population.Parity(t.TempDir())
	keep(t, set, err)
	file := filepath.Join(t.TempDir(), "expected.json")
	write := func(args ...string) {
		t.Helper()
		if err := os.WriteFile(file, []byte(list(t, append(args, "--json")...)), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, args := range [][]string{{"-tuln"}, {"-l", "-A", "inet,unix,!raw"}, {"-ltu", "sport > 1"}, {"-a", "-A", "tcp,udp,unix,packet"}, {"process", "*", "-A", "tcp,udp,unix,packet"}} {
		write(args...)
		for _, command := range [][]string{{"diff", "--expect", file}, {"diff", file}} {
			if got := run(t, sockeye(t, command...)); got.status != 0 || got.stdout != "" {
				t.Errorf("%v of %v: status %d, %s%s", command, args, got.status, got.stdout, got.stderr)
			}
		}
	}
	write("-tuln")
	more, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	for _, command := range [][]string{{"diff", "--expect", file, "-H"}, {"diff", file, "-H"}} {
		got := run(t, sockeye(t, command...))
		if got.status != 1 || strings.Count(got.stdout, "\n") != 1 || !strings.HasPrefix(got.stdout, "+") || !strings.Contains(got.stdout, more.Addr().String()) {
			t.Errorf("%v: status %d, %s%s", command, got.status, got.stdout, got.stderr)
		}
	}
	// Another socket on the same address is what was expected, and not the same one.
	write("-tuln")
	more.Close()
	again, err := net.Listen("tcp4", more.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	if got := run(t, sockeye(t, "diff", "--expect", file)); got.status != 0 {
		t.Errorf("started again: status %d, %s%s", got.status, got.stdout, got.stderr)
	}
	if got := run(t, sockeye(t, "diff", file, "-H")); got.status != 1 || strings.Count(got.stdout, "\n") != 2 {
		t.Errorf("another socket: status %d, %s%s", got.status, got.stdout, got.stderr)
	}
}

// TestDiffAsksAgain: what is now is looked for in the network namespaces in which the
// file was made, without being told again.
func TestDiffAsksAgain(t *testing.T) {
	if !population.Alone(t, "busybox") {
		return
	}
	elsewhere := exec.Command("busybox", "nc", "-ll", "-p", "8099", "-e", "cat")
	elsewhere.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET}
	if err := elsewhere.Start(); err != nil {
		t.Fatal(err)
	}
	defer reap(elsewhere)
	if got := run(t, sockeye(t, "wait", "--all-netns", "-tl", "sport", "8099", "--timeout", "60")); got.status != 0 {
		t.Fatal(got.stderr)
	}
	pid := "pid:" + strconv.Itoa(elsewhere.Process.Pid)
	for _, words := range [][]string{{"--all-netns"}, {"-N", pid}} {
		file := filepath.Join(t.TempDir(), "before.json")
		if err := os.WriteFile(file, []byte(list(t, append(words, "-tl", "--json")...)), 0o644); err != nil {
			t.Fatal(err)
		}
		if got := run(t, sockeye(t, "diff", file)); got.status != 0 || got.stdout != "" {
			t.Errorf("%v: status %d, %s%s", words, got.status, got.stdout, got.stderr)
		}
		if got := run(t, sockeye(t, "diff", file, "sport", "8099", "-N", "pid:1", "--count")); got.status != 1 || got.stdout != "1\n" {
			t.Errorf("%v, here: status %d, %s%s", words, got.status, got.stdout, got.stderr)
		}
	}
}
