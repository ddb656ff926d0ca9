package filter

import (
	"os"
	"strings"
	"testing"

	"sockeye/sock/fact"
)

const docFile = "../../docs/filter.md"

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
	for _, f := range fact.All() {
		if f.Example == "" {
			continue
		}
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

// TestFactsAreNoWordsOfTheLanguage: a name of a fact is not mistaken for one.
func TestFactsAreNoWordsOfTheLanguage(t *testing.T) {
	for _, w := range keywords {
		if f := fact.Lookup(w); f != nil && w != "state" {
			t.Errorf("%s is a word of the language and %s", w, f.Name)
		}
	}
}
