package livetest

import (
	"os"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"sockeye/internal/test/population"
)

// TestDebugSaysHowOwnersAreFound: with type information the kernel's iterator
// finds them, on every kernel from Linux 5.10; without it /proc does, and --debug
// says that this is why.
func TestDebugSaysHowOwnersAreFound(t *testing.T) {
	if !population.Alone(t) {
		return
	}
	set, err := population.Mass(10, true)
	keep(t, set, err)
	const types = "/sys/kernel/btf"
	const byBPF, byProc = "owners from bpf, complete: true\n", "owners from proc (bpf: the kernel has no BTF, or /sys is not mounted: "
	says := func(want string) {
		t.Helper()
		got := run(t, sockeye(t, "-tanp", "--debug"))
		rows := strings.Count(got.stdout, "\n") - 1
		if want = "sockeye: debug: sockets from sock_diag, " + want; !strings.HasPrefix(got.stderr, want) || got.status != 0 || rows != len(set.Made) {
			t.Errorf("%q, want %q; exit status %d, %d rows of %d", got.stderr, want, got.status, rows, len(set.Made))
		}
	}
	if _, err := os.Stat(types + "/vmlinux"); err == nil {
		says(byBPF)
		if err := unix.Mount("none", types, "tmpfs", 0, ""); err != nil {
			t.Fatal(err)
		}
	}
	says(byProc)
}
