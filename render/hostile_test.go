package render

import (
	"encoding/csv"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"sockeye/sock"
	"sockeye/sock/fact"
)

// checkSafe fails if an output holds what a terminal may obey.
func checkSafe(t testing.TB, out string) {
	t.Helper()
	if !utf8.ValidString(out) {
		t.Fatalf("not valid UTF-8: %q", out)
	}
	for _, r := range out {
		if r != '\n' && r != '\t' && (unicode.Is(unicode.Cc, r) || unicode.Is(unicode.Cf, r) || r == 0x2028 || r == 0x2029) {
			t.Fatalf("raw %U in %q", r, out)
		}
	}
}

// FuzzHostileNames puts a name everywhere and looks at every format.
func FuzzHostileNames(f *testing.F) {
	for _, s := range evil {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, name string) {
		p := process(1, name, name)
		p.Exe, p.Cmdline = name, name
		s := full()
		s.Owners = []sock.Owner{{Process: p}}
		s.Interface, s.User, s.Netns.Name, s.Congestion, s.Cgroup = name, name, name, name, name
		u := unixes()[2]
		u.Path, u.PeerPath, u.Owners, u.Listener, u.OwnerStatus = name, name, nil, p, sock.OwnerAcceptQueue
		rows := []*sock.Socket{s, u}
		names := mustColumns(t, everyColumn())
		for _, o := range []Options{
			{Facts: shownBy("extended", "memory", "info")}, {Facts: shownBy("extended"), Oneline: true}, {Width: 40, Facts: shownBy("extended")},
			{Columns: names, Header: true}, {Format: CSV, Columns: names}, {Format: TSV, Columns: names}, {Format: JSON},
			{Format: NDJSON}, {Format: JSON, Group: names}, {Group: names},
		} {
			out := rendered(t, o, rows)
			checkSafe(t, out)
			if o.Format == TSV && strings.Count(out, "\t") != 2*(len(names)-1) {
				t.Fatalf("a name broke the columns of %q", out)
			}
			if o.Format == CSV {
				if cells, err := csv.NewReader(strings.NewReader(out)).ReadAll(); err != nil || len(cells) != 2 || len(cells[0]) != len(names) {
					t.Fatalf("%v in %q", err, out)
				}
			}
		}
	})
}

// everyColumn is the list of all columns.
func everyColumn() string {
	var names []string
	for _, f := range fact.All() {
		names = append(names, f.Name)
	}
	return strings.Join(names, ",")
}
