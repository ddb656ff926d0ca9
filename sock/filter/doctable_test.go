package filter

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

const docFile = "../../docs/filter.md"

// fieldRows is the table of fields as it must stand in the documentation.
func fieldRows() string {
	var b strings.Builder
	for _, f := range Fields() {
		names := "`" + f.Name + "`"
		for _, a := range f.Aliases {
			names += " `" + a + "`"
		}
		kind := f.Kind.String()
		if f.PerOwner {
			kind += ", of any holder"
		}
		if len(f.Values) > 0 {
			kind = "`" + strings.Join(f.Values, "` `") + "`"
		}
		fmt.Fprintf(&b, "| %s | %s | %s | `%s` |\n", names, kind, f.Doc, f.Example)
	}
	return b.String()
}

// TestDocFields: the documentation has every field, as the registry has it. With
// SOCKEYE_TEST_UPDATE=1 the test writes the table anew.
func TestDocFields(t *testing.T) {
	text, err := os.ReadFile(docFile)
	if err != nil {
		t.Fatal(err)
	}
	const begin, end = "<!-- fields: from the registry -->\n", "<!-- end of fields -->\n"
	before, rest, ok1 := strings.Cut(string(text), begin)
	table, after, ok2 := strings.Cut(rest, end)
	if !ok1 || !ok2 {
		t.Fatal("the marks around the table are missing")
	}
	want := "| names | kind | what it is | example |\n| --- | --- | --- | --- |\n" + fieldRows()
	if table == want {
		return
	}
	if os.Getenv("SOCKEYE_TEST_UPDATE") == "" {
		t.Fatalf("the table of fields is not the registry's; run this test with SOCKEYE_TEST_UPDATE=1. Want:\n%s", want)
	}
	if err := os.WriteFile(docFile, []byte(before+begin+want+end+after), 0o644); err != nil {
		t.Fatal(err)
	}
}

// docEnv takes every name, because the examples name what is nowhere.
func docEnv() Env {
	env := testEnv()
	env.InterfaceIndex, env.CgroupID = nil, nil
	ports := env.LookupPort
	env.LookupPort = func(name string) ([]uint16, error) {
		if name == "https" {
			return []uint16{443}, nil
		}
		return ports(name)
	}
	return env
}

// TestDocExamples: every filter in the documentation parses: those of the
// registry, and every line of a block marked filter.
func TestDocExamples(t *testing.T) {
	for _, f := range Fields() {
		if filter, err := ParseText(f.Example, docEnv()); err != nil {
			t.Errorf("%s: %s: %v", f.Name, f.Example, err)
		} else if !strings.Contains(filter.String(), f.Name) {
			t.Errorf("%s: %s is about another field: %s", f.Name, f.Example, filter)
		}
	}
	text, err := os.ReadFile(docFile)
	if err != nil {
		t.Fatal(err)
	}
	examples := 0
	for i, block := range strings.Split(string(text), "```") {
		lines := strings.Split(block, "\n")
		if i%2 == 0 || lines[0] != "filter" {
			continue
		}
		for _, line := range lines[1:] {
			if line == "" {
				continue
			}
			examples++
			f, err := ParseText(line, docEnv())
			if err != nil {
				t.Errorf("%s: %v", line, err)
			} else if f.Impossible() {
				t.Errorf("%s can match nothing", line)
			}
		}
	}
	if examples < 20 {
		t.Errorf("only %d examples", examples)
	}
}

// TestRegistry: the names are usable, and each field says all about itself.
func TestRegistry(t *testing.T) {
	for _, f := range Fields() {
		for _, n := range append([]string{f.Name}, f.Aliases...) {
			if n != strings.ToLower(n) || strings.ContainsAny(n, "- ()=!<>~,&|") || len(n) > longestName {
				t.Errorf("%s cannot be written in a filter", n)
			}
			if got, ok := LookupField(strings.ToUpper(strings.ReplaceAll(n, "_", "-"))); !ok || got.Name != f.Name {
				t.Errorf("%s finds %s", n, got.Name)
			}
			for _, w := range keywords {
				if n == w && n != "state" {
					t.Errorf("%s is a word of the language", n)
				}
			}
		}
		if f.Doc == "" || f.Example == "" || f.Kind >= kindEnd || f.Kind.String() == "" {
			t.Errorf("%s is not described", f.Name)
		}
	}
	if _, ok := LookupField("nosuch"); ok {
		t.Error("a field that is not there is found")
	}
}
