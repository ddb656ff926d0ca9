package filter

import (
	"strings"

	"sockeye/sock/fact"
)

// longestName bounds what is folded and looked up.
const longestName = 64

// operatorsOf returns the operators that a fact takes, in signs.
func operatorsOf(f *fact.Fact) []string {
	ops := []string{"=", "!=", "in"}
	if f.Kind.Ordered() {
		ops = append(ops, "<", "<=", ">", ">=")
	}
	if named(f) != nil {
		ops = append(ops, "~", "!~")
	}
	return ops
}

// named returns the fact whose text a regular expression is matched with: of a
// namespace or container, that is its name. It is nil if there is none.
func named(f *fact.Fact) *fact.Fact {
	if f.Kind == fact.Netns || f.Kind == fact.Container {
		f = mustField(f.Name + ".name")
	}
	if !f.Textual() {
		return nil
	}
	return f
}

// fieldNamed returns the fact that a word compares.
func fieldNamed(word string) *fact.Fact {
	f := fact.Lookup(word)
	if f != nil && f.Compared != nil {
		return f.Compared
	}
	return f
}

// mustField is for the facts that the language itself speaks of.
func mustField(name string) *fact.Fact {
	f := fact.Lookup(name)
	if f == nil {
		panic("filter: no fact is called " + name)
	}
	return f
}

// partNames says what an object or list without a name of its own is made of.
func partNames(f *fact.Fact) string {
	var names []string
	for _, p := range f.Parts() {
		names = append(names, p.Name)
	}
	const most = 4
	if len(names) > most {
		names = append(names[:most-1], "...")
	}
	return strings.Join(names, ", ")
}
