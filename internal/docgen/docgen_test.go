package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestPagesAreThoseOfTheRegistry: what the generator makes is what is there.
func TestPagesAreThoseOfTheRegistry(t *testing.T) {
	for _, p := range pages {
		have, err := os.ReadFile(filepath.Join("../../docs", p.file))
		if err != nil {
			t.Fatal(err)
		}
		want, err := p.make(have)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), string(have)); diff != "" {
			t.Errorf("docs/%s is not that of the registry, run: go run ./internal/docgen\n%s", p.file, diff)
		}
	}
}
