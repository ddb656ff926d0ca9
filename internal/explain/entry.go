package explain

import (
	"slices"
	"strings"
	"sync"

	"sockeye/sock"
	"sockeye/sock/fact"
)

// Kind says what a word is.
type Kind uint8

// The kinds, in the order in which a word of several is explained.
const (
	State Kind = iota
	Topic
	Finding // of doctor
	OwnerStatus
	Warning
	Scope
	Fact
	Value // of a fact
)

var kindNames = []string{"state", "topic", "finding", "owner_status", "warning", "scope", "fact", "value"}

// String returns what the kind is called on the command line.
func (k Kind) String() string { return kindNames[k] }

// ParseKind is the inverse of [Kind.String].
func ParseKind(name string) (Kind, bool) {
	i := slices.Index(kindNames, name)
	return Kind(max(i, 0)), i >= 0
}

// Entry explains a word.
type Entry struct {
	Name string
	Kind Kind
	// Aliases are other names, as of a fact.
	Aliases []string
	// Title is one line without a full stop, Text what follows it, a paragraph each.
	Title string
	Text  []string
	// Sources are the documents and files of the kernel that say so.
	Sources []string
	// See are other words, and Filter finds sockets that it is about, if there is one.
	See    []string
	Filter string
}

// all are the entries by their names, each list by kind.
var all = sync.OnceValue(func() map[string][]*Entry {
	byName := map[string][]*Entry{}
	for _, list := range [][]*Entry{states, topics, findings(), ownerStatuses(), warnings(), scopes(), facts(), words(), values()} {
		for _, e := range list {
			for _, name := range append([]string{e.Name}, e.Aliases...) {
				if e.Kind == Value && slices.ContainsFunc(byName[fold(name)], func(known *Entry) bool { return known.Kind != Fact }) {
					continue // which says more
				}
				if found := byName[fold(name)]; !slices.Contains(found, e) {
					byName[fold(name)] = append(found, e)
				}
			}
		}
	}
	for _, f := range fact.All() { // what stands above a column
		if header := fold(f.Header); byName[header] == nil {
			byName[header] = byName[fold(f.Name)]
		}
	}
	return byName
})

// fold is a word without what people leave out: case, -, _, blanks, and the brackets
// that stand around the reason for a missing owner in a table.
func fold(word string) string {
	return strings.NewReplacer("-", "", "_", "", " ", "", "(", "", ")", "").Replace(strings.ToLower(word))
}

// Lookup returns what a word means, all of it, by kind. Case makes no difference, nor
// do - and _. A state has the names, too, that a filter takes for it.
func Lookup(word string) []*Entry {
	found := all()[fold(word)]
	if state, ok := sock.ParseState(word); ok && found == nil {
		return all()[fold(state.String())]
	}
	return found
}

// LookupKind returns what a word means as a state, a fact and so on.
func LookupKind(kind Kind, word string) []*Entry {
	return slices.DeleteFunc(slices.Clone(Lookup(word)), func(e *Entry) bool { return e.Kind != kind })
}

// Names returns every word that is explained, without aliases and values, in order.
func Names() []string {
	var names []string
	for _, list := range all() {
		for _, e := range list {
			if e.Kind != Value && !slices.Contains(names, strings.ToLower(e.Name)) {
				names = append(names, strings.ToLower(e.Name))
			}
		}
	}
	slices.Sort(names)
	return names
}
