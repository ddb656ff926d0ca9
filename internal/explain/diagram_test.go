package explain

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sockeye/sock"
)

var update = flag.Bool("update", false, "write the golden files")

func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name+".golden")
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s: %s", name, diff)
	}
}

// counted has another number in every state.
func counted() Counts {
	counts := Counts{}
	for state := range sock.AllStates.All {
		counts[state] = 1000 + int(state)
	}
	counts[sock.TimeWait] = 1_234_567
	return counts
}

func TestDiagram(t *testing.T) {
	golden(t, "diagram", Diagram(counted()))
	golden(t, "diagram_empty", Diagram(nil))
	for state := range sock.AllStates.All {
		if state == sock.Unconnected {
			continue // of datagrams
		}
		text := Diagram(Counts{state: 98765})
		if strings.Count(text, " 98765") != 1 {
			t.Errorf("%s has no number:\n%s", state, text)
		}
		for line := range strings.Lines(text) {
			if len(line) > 80 { // with its end
				t.Errorf("a line of %d cells: %s", len(line)-1, line)
			}
		}
		if !strings.Contains(text, state.String()) {
			t.Errorf("%s is not drawn", state)
		}
	}
}
