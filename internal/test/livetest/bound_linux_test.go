package livetest

import (
	"slices"
	"strconv"
	"testing"

	"sockeye/internal/test/population"
)

// TestBoundInactive asks for TCP sockets that are bound and neither listen nor
// connect. A kernel that does not tell them is an error, not an empty answer.
func TestBoundInactive(t *testing.T) {
	if !population.Alone(t, "ip", "cat") {
		return
	}
	set, err := population.Parity(t.TempDir())
	keep(t, set, err)
	got := run(t, sockeye(t, "-B", "--ndjson"))
	lines := checkMessages(t, got.stderr)
	if !diagnosesBound(t) {
		const want = "sockeye: --bound-inactive: sockets that are bound and do not listen cannot be listed on Linux before 6.8"
		if got.status != 2 || got.stdout != "" || !slices.Equal(lines, []string{want}) {
			t.Errorf("exit status %d, %q, %q", got.status, got.stdout, lines)
		}
		return
	}
	var made, listed []string
	for _, m := range set.Made {
		if m.Protocol == population.TCP && m.State == population.Bound {
			made = append(made, strconv.FormatUint(m.Inode, 10))
		}
	}
	for _, r := range decodeLines(t, got.stdout) {
		listed = append(listed, number(r.Inode))
	}
	if diff := lineDiff(made, listed); diff != "" || got.status != 0 || len(lines) > 0 {
		t.Errorf("exit status %d, %q (-made +sockeye):\n%s", got.status, lines, diff)
	}
}
