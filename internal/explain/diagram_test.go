package explain

import (
	"flag"
	"os"
	"path/filepath"
	"strconv"
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
	golden(t, "diagram", Diagram(counted(), 0))
	golden(t, "diagram_empty", Diagram(nil, 0))
	for state := range sock.AllStates.All {
		if state == sock.Unconnected {
			continue // of datagrams
		}
		text := Diagram(Counts{state: 98765}, diagramWidth)
		if strings.Count(text, " 98765") != 1 {
			t.Errorf("%s has no number:\n%s", state, text)
		}
		for line := range strings.Lines(text) {
			if len(line) > diagramWidth+1 { // with its end
				t.Errorf("a line of %d cells: %s", len(line)-1, line)
			}
		}
		if !strings.Contains(text, state.String()) {
			t.Errorf("%s is not drawn", state)
		}
	}
}

// TestNarrowDiagram: where the drawing has no room there is a list, with the same
// numbers and the same changes.
func TestNarrowDiagram(t *testing.T) {
	text := Diagram(counted(), 60)
	golden(t, "diagram_narrow", text)
	for line := range strings.Lines(text) {
		if len(line) > 60 {
			t.Errorf("a line of %d cells: %s", len(line)-1, line)
		}
	}
	for state, n := range counted() {
		if number := strconv.Itoa(n); state != sock.Unconnected && !strings.Contains(text, state.String()+"  "+number+"\n") && !strings.Contains(text, state.String()+" "+number+":") {
			t.Errorf("%s %s is missing", state, number)
		}
	}
	for _, c := range Changes {
		if !strings.Contains(text, "-> "+c.To.String()) || !strings.Contains(text, c.By) {
			t.Errorf("%+v is missing", c)
		}
	}
}
