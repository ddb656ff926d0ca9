package livetest

import (
	"cmp"
	"fmt"
	"slices"
	"testing"

	"sockeye/internal/test/population"
)

// TestPortable lists TCP and UDP through the source of macOS and the BSDs, and
// compares the rows with those of sock_diag: what it gives is the same, what it
// cannot give is absent, and said once.
func TestPortable(t *testing.T) {
	if !population.Alone(t, "ip", "cat") {
		return
	}
	set, err := population.Parity(t.TempDir())
	keep(t, set, err)
	exact := endsOf(readDocument(t, "-t", "-u", "-a", "--json", "--source", "sock_diag", "not", "state", "bound").Sockets)
	got := run(t, sockeye(t, "-t", "-u", "-a", "--json", "--source", "portable"))
	doc := decode(t, got.stdout)
	if diff := lineDiff(exact, endsOf(doc.Sockets)); diff != "" || len(exact) < 20 {
		t.Errorf("%d sockets, sock_diag - portable +:\n%s", len(exact), diff)
	}
	if lines := checkMessages(t, got.stderr); doc.Source != "portable" || doc.OwnerSource != "none" || doc.Complete || len(doc.Warnings) != 1 || len(lines) != 1 {
		t.Errorf("source %q, owners %q, warnings %v, %q", doc.Source, doc.OwnerSource, doc.Warnings, got.stderr)
	}
	if got := run(t, sockeye(t, "-t", "-u", "-a", "--json", "--source", "portable", "--no-processes", "--strict")); got.status != 0 || got.stderr != "" {
		t.Errorf("without owners: exit status %d, %q", got.status, got.stderr)
	}
}

// endsOf is what both sources tell, once for each: of listeners that share an
// address, gopsutil tells one.
func endsOf(all []record) []string {
	var lines []string
	for _, s := range all {
		lines = append(lines, fmt.Sprintf("%s %s %s %s:%d %s:%d", s.Protocol, s.Family, s.State,
			deref(s.LocalAddress), deref(s.LocalPort), deref(s.RemoteAddress), deref(s.RemotePort)))
	}
	slices.SortFunc(lines, cmp.Compare)
	return slices.Compact(lines)
}
