package main

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"sockeye/sock/fact"
)

// between puts a table in place of what stands between two marks.
func between(old []byte, table string) ([]byte, error) {
	const begin, end = "<!-- from the registry of facts: go run ./internal/docgen -->\n", "<!-- end -->\n"
	before, rest, ok1 := bytes.Cut(old, []byte(begin))
	_, after, ok2 := bytes.Cut(rest, []byte(end))
	if !ok1 || !ok2 {
		return nil, errors.New("the marks around the table are missing")
	}
	return bytes.Join([][]byte{before, []byte(begin), []byte(table), []byte(end), after}, nil), nil
}

// filterTable makes the table of docs/filter.md: what a filter can compare.
func filterTable(old []byte) ([]byte, error) {
	var b strings.Builder
	b.WriteString("| names | kind | what it is | example |\n| --- | --- | --- | --- |\n")
	for _, f := range fact.All() {
		if f.Example != "" {
			fmt.Fprintf(&b, "| %s | %s | %s | `%s` |\n", names(f), kindOf(f), f.Doc, f.Example)
		}
	}
	return between(old, b.String())
}

// names are all names of a fact.
func names(f *fact.Fact) string {
	all := append([]string{f.Name}, f.Aliases...)
	return "`" + strings.Join(all, "` `") + "`"
}

// kindOf says what a fact is compared with.
func kindOf(f *fact.Fact) string {
	kind := f.Kind.String()
	switch {
	case f.Compared != nil:
		return "as `" + f.Compared.Name + "`"
	case f.Kind == fact.Choice:
		kind = "`" + strings.Join(choices(f), "` `") + "`"
	}
	if f.PerOwner() {
		kind += ", of any holder"
	}
	return kind
}
