package fact

import (
	"slices"
	"strings"
	"sync"

	"sockeye/internal/suggest"
	"sockeye/sock"
)

// members are the members of a socket in JSON, in the order in which they are
// written: what a socket is, where, how it does, whose it is, and then what is
// seldom asked for.
var members = newGroup(slices.Concat(whatFacts, whereFacts, familyFacts, stateFacts, ownerFacts, detailFacts,
	congestionFacts, securityFacts, optionFacts, peerFacts, unixFacts, protocolFacts, placeFacts, []*Fact{behindFact}, exposureFacts, rateFacts, eventFacts), nil)

// whole are the facts that are no part of an object of one socket: the members of JSON,
// what is made of several of them, and what is told of each owner. A listing makes do
// with them: those of the objects, which are hundreds, are made when one is asked for.
var whole = sync.OnceValue(func() []*Fact {
	return slices.Concat(members.facts, joinedFacts, ownerParts, []*Fact{processAge})
})

// all are the facts that have a name, in the order of the documentation.
var all = sync.OnceValue(func() []*Fact {
	facts := slices.Insert(slices.Clone(members.facts), slices.Index(members.facts, localAddress), joinedFacts...)
	for _, m := range members.facts {
		for _, p := range m.Parts() {
			if !slices.Contains(facts, p) {
				facts = append(facts, p)
			}
		}
	}
	return slices.Insert(facts, slices.Index(facts, processStarted)+1, processAge)
})

func init() {
	for _, f := range joinedFacts {
		f.complete(nil)
	}
	processAge.complete(nil)
}

// group are the members of an object, by their names in JSON.
type group struct {
	facts []*Fact
	place map[string]int
}

// newGroup makes the group of the parts of an object; in is nil for a socket.
func newGroup(facts []*Fact, in *Fact) *group {
	g := &group{facts: facts, place: make(map[string]int, len(facts))}
	for i, f := range facts {
		f.complete(in)
		g.place[f.member] = i
	}
	return g
}

// complete fills in what follows from the declaration of a fact that stands in an
// object or list, or in none. A second call does nothing.
func (f *Fact) complete(in *Fact) {
	if f.key != "" {
		return
	}
	if f.own = f.Needs; f.own != sock.FieldOwners {
		f.own &^= sock.FieldOwners // a fact about the owners has that beside its own
	}
	if in != nil {
		f.Needs |= in.Needs
		f.Optional = f.Optional || in.Optional
		if in.Kind != List {
			f.parent = in
		}
	}
	if f.member == "" {
		f.member = f.Name[strings.IndexByte(f.Name, '.')+1:]
	}
	f.key = `,"` + f.member + `":`
	f.form = f.formOf()
	f.human = f.human || f.Unit != sock.UnitNone && f.parent != nil
	if f.Header == "" {
		name := f.member
		if f.human {
			name = f.Label()
		}
		f.Header = strings.ToUpper(strings.ReplaceAll(name, "_", "-"))
	}
	if !f.Always && !f.Joined() {
		f.must = f.Needs &^ sock.ProcessFields
	}
	f.process = f.Needs & sock.ProcessFields
	if f.parts == nil {
		return
	}
	f.inside = sync.OnceValue(func() *group { return newGroup(f.parts(), f) })
	if f.Kind == List || f.Compared != nil {
		f.inside() // these parts have names of their own, or one stands for the whole
	}
}

// All returns every fact that has a name, in the order of the documentation. The
// slice is shared and must not be changed.
func All() []*Fact { return all() }

// Members returns the members of a socket in JSON, in the order in which they
// are written. The slice is shared and must not be changed.
func Members() []*Fact { return members.facts }

// Default returns the members of a listing in which the given facts were asked
// for: those that are not optional, and the optional ones that need one of them.
func Default(asked sock.Field) []*Fact {
	var facts []*Fact
	for _, f := range members.facts {
		if !f.Optional || f.Needs&asked != 0 {
			facts = append(facts, f)
		}
	}
	return facts
}

// byName finds a fact by each of its names, with _ between the words or nothing. A
// name that two facts could have is the first one's.
var byName = sync.OnceValue(func() map[string]*Fact {
	names := make(map[string]*Fact, 4*len(All()))
	add := func(name string, f *Fact) {
		for _, spelled := range [...]string{fold(name), strings.ReplaceAll(fold(name), "_", "")} {
			if _, taken := names[spelled]; !taken {
				names[spelled] = f
			}
		}
	}
	for _, f := range All() {
		add(f.Name, f)
	}
	for _, f := range All() {
		for _, name := range f.Aliases {
			add(name, f)
		}
	}
	for _, f := range All() {
		switch {
		case f.parent != nil:
		case f.thousandths: // a header that is a unit is no name in another spelling
			names[f.Header] = f
		default:
			add(f.Header, f)
		}
	}
	return names
})

// longestName bounds what is folded and looked up.
const longestName = 64

// Lookup returns the fact of a name, or nil. Aliases and the header of the column
// are names too. Case makes no difference, nor do -, _ and nothing between words.
func Lookup(name string) *Fact {
	if len(name) > longestName {
		return nil
	}
	for _, f := range whole() { // no other fact has one of these names
		if f.Name == name || slices.Contains(f.Aliases, name) {
			return f
		}
	}
	names := byName()
	if f := names[name]; f != nil {
		return f
	}
	return names[fold(name)]
}

// fold is a name in lower case with _ between its words.
func fold(name string) string { return strings.ReplaceAll(strings.ToLower(name), "-", "_") }

// LookupMember returns the member of a socket of exactly that name in JSON, or nil.
func LookupMember(name string) *Fact {
	if i, ok := members.place[name]; ok {
		return members.facts[i]
	}
	return nil
}

// Names returns the names of all facts, without aliases.
func Names() []string {
	names, _ := spellings()
	return names
}

// Words returns the names and aliases of all facts.
func Words() []string {
	names, aliases := spellings()
	return append(names, aliases...)
}

// Hint returns the names near to a mistyped one, ", did you mean pid?", or nothing.
// Aliases are among them only if one is nearer than every name.
func Hint(name string) string {
	names, aliases := spellings()
	all := slices.Concat(names, aliases)
	if near, ok := suggest.Nearest(name, all); ok && slices.Contains(names, near) {
		return suggest.Hint(name, names)
	}
	return suggest.Hint(name, all)
}

func spellings() (names, aliases []string) {
	for _, f := range All() {
		names = append(names, f.Name)
		aliases = append(aliases, f.Aliases...)
	}
	return names, aliases
}

// Members returns the members of JSON that the fact stands for: itself, the object
// that it is a part of, or those that it is made of.
func (f *Fact) Members() []*Fact {
	switch {
	case f.parent != nil:
		return []*Fact{f.parent}
	case f.Of == nil && LookupMember(f.Name) == f:
		return []*Fact{f}
	case f.Of == nil:
		return []*Fact{LookupMember("owners")}
	}
	var facts []*Fact
	for _, name := range f.Of {
		facts = append(facts, LookupMember(name))
	}
	return facts
}

// Shown returns the facts that a long option asks for; no part of an object is.
func Shown(option string) sock.Field {
	var fields sock.Field
	for _, f := range whole() {
		if f.Option == option || f.also == option && option != "" {
			fields |= f.Needs
		}
	}
	return fields
}

// Missing returns what a refusal calls facts: "inodes, command lines".
func Missing(fields sock.Field) string {
	var words []string
	for _, f := range All() {
		if f.Words != "" && fields&f.own != 0 && !slices.Contains(words, f.Words) {
			words = append(words, f.Words)
		}
	}
	return strings.Join(words, ", ")
}

// manyFacts is how many facts are not named one by one.
const manyFacts = 4

// MissingOr is [Missing], or another text where that would be too long.
func MissingOr(fields sock.Field, many string) string {
	if fields.Len() > manyFacts {
		return many
	}
	return Missing(fields)
}
