package platform

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

const platformsFile = "../docs/platforms.md"

// tableBetween returns the cells of a table of the documentation, without its head.
func tableBetween(t *testing.T, text, begin, end string) (rows [][]string) {
	t.Helper()
	_, text, ok1 := strings.Cut(text, begin)
	text, _, ok2 := strings.Cut(text, end)
	lines := strings.Split(strings.TrimSpace(text), "\n")
	if !ok1 || !ok2 || len(lines) < 4 {
		t.Fatalf("no table between %q and %q", begin, end)
	}
	for _, line := range lines[2:] {
		var cells []string
		for cell := range strings.SplitSeq(strings.Trim(line, "|"), "|") {
			cells = append(cells, strings.TrimSpace(cell))
		}
		rows = append(rows, cells)
	}
	return rows
}

// TestDocEvidence: of every fact that a system tells, the documentation says
// whether that was run there, under Wine, simulated or only read of.
func TestDocEvidence(t *testing.T) {
	text, err := os.ReadFile(platformsFile)
	if err != nil {
		t.Fatal(err)
	}
	evidence := map[string][]string{}
	for _, row := range tableBetween(t, string(text), "<!-- evidence: for every fact of the table above -->\n", "<!-- end of evidence -->") {
		for _, name := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(row[0], -1) {
			evidence[name[1]] = row[1:]
		}
	}
	words := []string{"run|simulated", "Wine|simulated|read", "simulated|read", "simulated|read"}
	for _, row := range tableBetween(t, string(text), "<!-- from the registry of facts: go run ./internal/docgen -->\n", "<!-- end -->") {
		name := strings.Trim(row[0], "`")
		cells := evidence[name]
		if len(cells) != len(words) {
			t.Errorf("%s: no evidence", name)
			continue
		}
		// Linux has two columns there, of its two sources.
		for i, told := range []bool{row[1]+row[2] != "--", row[3] != "-", row[4] != "-", row[5] != "-"} {
			if told && !regexp.MustCompile("^("+words[i]+")$").MatchString(cells[i]) || !told && i > 0 && cells[i] != "-" {
				t.Errorf("%s, system %d: %q, and it is told: %v", name, i, cells[i], told)
			}
		}
		delete(evidence, name)
	}
	for name := range evidence {
		t.Errorf("evidence of %s, which is no fact", name)
	}
}
