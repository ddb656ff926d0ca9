package livetest

import (
	"testing"

	"sockeye/internal/test/population"
)

// TestFallback lists raw sockets. Where the kernel has no diagnosis of them they
// come from /proc, which is told once, on standard error and in the document.
func TestFallback(t *testing.T) {
	if !population.Alone(t, "ip", "cat") {
		return
	}
	set, err := population.Parity(t.TempDir())
	keep(t, set, err)
	want := 0
	for _, m := range set.Made {
		if m.Protocol == population.Raw {
			want++
		}
	}
	warnings := 0
	if !diagnosesRaw(t) {
		warnings = 1
	}
	got := run(t, sockeye(t, "-w", "-a", "--json"))
	doc := decode(t, got.stdout)
	if lines := checkMessages(t, got.stderr); len(lines) != warnings || len(doc.Warnings) != warnings {
		t.Errorf("standard error %q, warnings %v, want %d of each", got.stderr, doc.Warnings, warnings)
	}
	for _, w := range doc.Warnings {
		if w.Code != "fallback" || w.Message == "" {
			t.Errorf("warning %+v", w)
		}
	}
	if len(doc.Sockets) != want || got.status != 0 {
		t.Errorf("%d raw sockets, want %d; exit status %d", len(doc.Sockets), want, got.status)
	}
	// Nothing is missing from the answer: --strict has nothing to say.
	if got := run(t, sockeye(t, "-w", "-a", "--strict")); got.status != 0 || !doc.Complete {
		t.Errorf("complete %v, with --strict exit status %d", doc.Complete, got.status)
	}
}

// TestForcedSource lists through /proc because it was asked to, and says so.
func TestForcedSource(t *testing.T) {
	if !population.Alone(t) {
		return
	}
	set, err := population.Mass(100, true)
	keep(t, set, err)
	for _, source := range []string{"proc", "sock_diag"} {
		got := run(t, sockeye(t, "-t", "-a", "--json", "--source", source))
		doc := decode(t, got.stdout)
		if doc.Source != source || len(doc.Sockets) != len(set.Made) || got.status != 0 {
			t.Errorf("source %q, %d sockets of %d, exit status %d", doc.Source, len(doc.Sockets), len(set.Made), got.status)
		}
		if lines := checkMessages(t, got.stderr); len(lines) != len(doc.Warnings) {
			t.Errorf("standard error %q, warnings %v", got.stderr, doc.Warnings)
		}
	}
}
