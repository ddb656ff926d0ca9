package livetest

import (
	"net"
	"os"
	"path/filepath"
	"strings"
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
	for _, args := range [][]string{{"-tuln"}, {"-l", "-A", "inet,unix,!raw"}, {"-ltu", "sport > 1"}, {"-a", "-A", "tcp,udp,unix,packet"}, {"process", "*"}} {
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
