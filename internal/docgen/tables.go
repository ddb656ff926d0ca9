package main

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"

	"sockeye/platform"
	"sockeye/sock"
	"sockeye/sock/fact"
)

// between puts a table of the facts in place of what stands between two marks.
func between(old []byte, table string) ([]byte, error) { return betweenOf("facts", old, table) }

// betweenOf is the same of another registry.
func betweenOf(registry string, old []byte, table string) ([]byte, error) {
	const end = "<!-- end -->\n"
	begin := "<!-- from the registry of " + registry + ": go run ./internal/docgen -->\n"
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
		kind = "`" + strings.Join(f.Choices(), "` `") + "`"
	}
	if f.PerOwner() {
		kind += ", of any holder"
	}
	return kind
}

// factTable makes the table of docs/facts.md: every fact.
func factTable(old []byte) ([]byte, error) {
	var b strings.Builder
	b.WriteString("| names | kind | what it is | systems |\n| --- | --- | --- | --- |\n")
	for _, f := range fact.All() {
		kind := f.Type()
		if f.Kind == fact.Choice && f.Values != nil {
			kind = kindOf(f)
		}
		systems := strings.Join(platform.SystemsOf(f), ", ")
		if len(platform.SystemsOf(f)) == len(platform.SystemsThatKnow(0)) {
			systems = "all"
		}
		if f.OfEvent() {
			systems = "in `trace`"
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", names(f), kind, f.Doc, systems)
	}
	return between(old, b.String())
}

// systemTable makes the table of docs/platforms.md: of which protocols a system
// knows a member of the JSON.
func systemTable(old []byte) ([]byte, error) {
	var b strings.Builder
	b.WriteString("| member of the JSON |")
	for _, s := range platform.Systems {
		b.WriteString(" " + strings.TrimSuffix(s.Name+", "+s.Source, ", ") + " |")
	}
	b.WriteString("\n| --- |" + strings.Repeat(" --- |", len(platform.Systems)) + "\n")
	row := func(name string, f *fact.Fact) {
		fmt.Fprintf(&b, "| `%s` |", name)
		for i := range platform.Systems {
			b.WriteString(" " + protocolsOf(&platform.Systems[i], f) + " |")
		}
		b.WriteString("\n")
	}
	for _, f := range fact.Members() {
		if f.Needs != 0 && !f.Always && !f.OfEvent() {
			row(f.Name, f)
		}
	}
	for _, f := range fact.Lookup("owners").Parts() {
		if f.Needs != sock.FieldOwners && f.Words != "" {
			row("owners[]."+f.Member(), f)
		}
	}
	return between(old, b.String())
}

// protocolsOf names the protocols of whose sockets a system knows a fact.
func protocolsOf(s *platform.System, f *fact.Fact) string {
	know := s.Know(f.Needs)
	if f.Systems != nil && !slices.Contains(f.Systems, s.Name) {
		know = 0
	}
	if f.Protocols != 0 {
		know &= f.Protocols
	}
	switch know {
	case 0:
		return "-"
	case s.Protocols():
		return "yes"
	}
	var names []string
	for p := range know.All {
		names = append(names, p.String())
	}
	return strings.Join(names, " ")
}
