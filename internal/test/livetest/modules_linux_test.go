package livetest

import (
	"os"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"sockeye/internal/test/population"
)

// modprobeFile names the program that the kernel runs to load a module.
const modprobeFile = "/proc/sys/kernel/modprobe"

// TestWithoutModules lists where the modules of sock_diag cannot be loaded: the
// tables come from /proc/net, which is said, and nothing is missing that stands
// there. The kernel must not have the modules yet, so this is the first test of a
// machine of .ci/kernels.
func TestWithoutModules(t *testing.T) {
	ownMachine(t, "must be the first to ask for a module")
	if !population.Alone(t, "ip", "cat") {
		return
	}
	set, err := population.Parity(t.TempDir())
	keep(t, set, err)
	before, err := os.ReadFile(modprobeFile)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(modprobeFile, []byte("/bin/false"), 0); err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := os.WriteFile(modprobeFile, before, 0); err != nil {
			t.Error(err)
		}
	}()
	if _, listed := diagnoses(t, unix.IPPROTO_TCP, ^uint32(0)); listed {
		t.Fatal("sock_diag lists TCP: its module is there")
	}
	made(t, set, true, "-a", "-A", "all")
	doc := readDocument(t, "-a", "-A", "tcp,udp,unix")
	if doc.Source != "proc" || !slices.ContainsFunc(doc.Warnings, func(w warning) bool {
		return w.Code == "fallback" && strings.HasPrefix(w.Message, "tcp, udp, unix read from proc, ")
	}) {
		t.Errorf("source %q, warnings %v", doc.Source, doc.Warnings)
	}
	if got := run(t, sockeye(t, "-t", "-a", "-H", "--source", "sock_diag")); got.status != 3 || got.stdout != "" {
		t.Errorf("sock_diag alone: exit status %d, %q", got.status, got.stdout)
	}
}
