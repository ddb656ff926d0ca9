package livetest

import (
	"encoding/json"
	"net"
	"os"
	"strings"
	"testing"

	"sockeye/internal/test/population"
)

// TestLabels: where a security module labels processes, the label is the one that
// /proc tells of this one; elsewhere the question is refused with a word.
func TestLabels(t *testing.T) {
	if !population.Alone(t) {
		return
	}
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	text, err := os.ReadFile("/proc/self/attr/current")
	label := strings.Trim(string(text), "\x00\n")
	got := run(t, sockeye(t, "-Ztl", "--ndjson"))
	if err != nil || label == "" {
		if got.status != 2 || !strings.Contains(got.stderr, "there are no security labels here") {
			t.Errorf("without labels: exit status %d, %q", got.status, got.stderr)
		}
		return
	}
	var socket struct{ Owners []struct{ Context string } }
	if err := json.Unmarshal([]byte(got.stdout), &socket); err != nil || len(socket.Owners) != 1 || socket.Owners[0].Context != label {
		t.Errorf("%v: %s, want the label %q", err, got.stdout, label)
	}
}
