// Command docgen writes what the documentation takes from the registries of facts and of
// doctor's rules: the schema of the JSON, and their tables. Run it from the root of the
// project:
//
//	go run ./internal/docgen
//
// A test compares what it writes with what is there.
package main

import (
	"fmt"
	"os"
	"path/filepath"
)

// page is a file that is made, whole or in part.
type page struct {
	file string // below docs
	make func(old []byte) ([]byte, error)
}

var pages = []page{
	{"json-schema.json", schema},
	{"facts.md", factTable},
	{"filter.md", filterTable},
	{"platforms.md", systemTable},
	{"doctor.md", ruleTable},
}

func main() {
	if err := write("docs"); err != nil {
		fmt.Fprintln(os.Stderr, "docgen:", err)
		os.Exit(1)
	}
}

// write makes every page anew.
func write(dir string) error {
	for _, p := range pages {
		file := filepath.Join(dir, p.file)
		old, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		text, err := p.make(old)
		if err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
		if err := os.WriteFile(file, text, 0o644); err != nil {
			return err
		}
	}
	return nil
}
