package livetest

import (
	"encoding/csv"
	"fmt"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"sockeye/internal/test/population"
)

// TestHostileNames prints processes and sockets with names that harm a terminal
// or a parser, in every format.
func TestHostileNames(t *testing.T) {
	if !population.Alone(t) {
		return
	}
	set, err := population.Hostile()
	keep(t, set, err)
	tables := []string{"-t", "-x", "-a", "-p"}
	format := func(more ...string) []string { return append(append([]string{}, tables...), more...) }
	sockets := len(set.Made)

	for name, args := range map[string][]string{
		"table":           format("-H"),
		"every column":    format("-H", "-O", "-e", "-o", "-m", "-i"),
		"colour":          format("-H", "--color", "never", "-W"),
		"csv":             format("--csv"),
		"tsv":             format("--tsv"),
		"template":        format("--template", "{{.process}} {{.local_path}}"),
		"ndjson":          format("--ndjson"),
		"json":            format("--json"),
		"group by":        format("--group-by", "process,local_path"),
		"sorted, limited": format("--sort", "process", "--limit", "100", "-H"),
	} {
		t.Run(name, func(t *testing.T) {
			text := list(t, args...)
			harmless(t, text)
			if rows := strings.Count(text, "\n"); name == "table" || name == "ndjson" || name == "every column" {
				if rows != sockets {
					t.Errorf("%d lines for %d sockets:\n%.3000s", rows, sockets, text)
				}
			}
		})
	}
	t.Run("process command", func(t *testing.T) {
		for _, m := range set.Made {
			harmless(t, list(t, "process", fmt.Sprint(m.PID)))
		}
	})
	t.Run("port command", func(t *testing.T) {
		for _, m := range set.Made {
			if m.Protocol == population.TCP {
				harmless(t, list(t, "port", fmt.Sprint(m.Local.Port())))
			}
		}
	})
	t.Run("csv records", func(t *testing.T) { csvRecords(t, list(t, format("--csv")...), sockets) })
	t.Run("json owners", func(t *testing.T) { jsonOwners(t, set) })
}

// harmless holds a text against what a terminal or a row of a table must not
// get from a name.
func harmless(t *testing.T, text string) {
	t.Helper()
	if text == "" {
		t.Error("nothing was printed")
	}
	for line := range strings.Lines(text) {
		if !utf8.ValidString(line) {
			t.Errorf("not UTF-8: %q", line)
		}
		if i := strings.IndexFunc(strings.TrimSuffix(line, "\n"), harmful); i >= 0 {
			t.Errorf("%+q in %q", line[i:min(len(line), i+4)], line)
		}
	}
}

// harmful are the control characters, but the tab between the columns of TSV,
// and the characters that change the direction of a text (Bidi_Control).
func harmful(r rune) bool {
	return r != '\t' && unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r)
}

// csvRecords reads CSV as RFC 4180 has it: every record has the columns of the
// header.
func csvRecords(t *testing.T, text string, sockets int) {
	t.Helper()
	records, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if len(records) != sockets+1 {
		t.Errorf("%d records for %d sockets and a header", len(records), sockets)
	}
}

// jsonOwners looks for each process by its PID: none is lost for its name.
func jsonOwners(t *testing.T, set *population.Set) {
	t.Helper()
	owners := map[uint64]record{}
	for _, r := range readDocument(t, "-t", "-x", "-a").Sockets {
		owners[deref(r.Inode)] = r
	}
	for _, m := range set.Made {
		r, ok := owners[m.Inode]
		if !ok || len(r.Owners) != 1 || r.Owners[0].PID != m.PID || r.Owners[0].FD != m.FD {
			t.Errorf("owners of %s %q: %v, want process %d", m.Label, m.Path, r.Owners, m.PID)
		}
	}
}
