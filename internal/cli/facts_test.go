package cli

import (
	"strings"
	"testing"

	"sockeye/render"
	"sockeye/sock/fact"
	"sockeye/sock/filter"
)

// TestEveryNameWorksEverywhere: each name and alias of each fact is a column, a key
// of sorting, ascending and descending, and of grouping, a field of a template, and,
// where there is something to compare, a field of a filter.
func TestEveryNameWorksEverywhere(t *testing.T) {
	names := 0
	for _, f := range fact.All() {
		_, operand, _ := strings.Cut(f.Example, " ")
		for _, name := range append([]string{f.Name}, f.Aliases...) {
			names++
			for _, spelled := range []string{name, strings.ToUpper(name), strings.ReplaceAll(name, "_", "-")} {
				cols, err := render.ParseColumns(spelled)
				if err != nil || len(cols) != 1 || cols[0].Fact != f {
					t.Errorf("-C %s: %v, %v", spelled, cols, err)
				}
				keys, err := render.ParseSort(spelled + ",-" + spelled + "," + spelled + ":desc")
				if err != nil || len(keys) != 3 || keys[0].Column.Fact != f || keys[0].Desc || !keys[1].Desc || !keys[2].Desc {
					t.Errorf("--sort %s: %v, %v", spelled, keys, err)
				}
				if f.Example == "" {
					continue
				}
				if _, err := filter.ParseText(spelled+" "+operand, filter.Env{}); err != nil {
					t.Errorf("%s %s: %v", spelled, operand, err)
				}
			}
			l, err := render.Options{Format: render.Template, Template: "{{." + name + "}}"}.Layout()
			if err != nil {
				t.Errorf("{{.%s}}: %v", name, err)
			} else if got := l.Needs(); !got.Has(f.Needs) {
				t.Errorf("{{.%s}} asks for %b, it needs %b", name, got, f.Needs)
			}
		}
	}
	if names < 200 {
		t.Errorf("only %d names", names)
	}
}

// TestHelpFields: the list has every name with its meaning, and fits a terminal.
func TestHelpFields(t *testing.T) {
	text, err := helpAbout([]string{"fields"})
	if err != nil {
		t.Fatal(err)
	}
	flat := strings.Join(strings.Fields(text), " ")
	for _, f := range fact.All() {
		names := strings.Join(append([]string{f.Name}, f.Aliases...), ", ")
		want := names + " " + f.Doc + " (" + f.Type() + "; " + systemsOf(f) + ")"
		if !strings.Contains(flat, want) {
			t.Errorf("the list has no %q", want)
		}
	}
	for line := range strings.Lines(text) {
		if len(strings.TrimRight(line, "\n")) > 79 {
			t.Errorf("%d cells: %s", len(line)-1, line)
		}
	}
}
