package sock

import "slices"

// Asked says which sockets a listing was asked for. What is missing from a snapshot
// and was not asked for may be there all the same.
type Asked struct {
	Protocols ProtocolSet // 0: it is not told
	Types     TypesOf
	Families  FamilySet // of the protocols over IP; others have one family each
	States    StateSet  // 0: it is not told
	Filter    string    // in the filter language, as docs/filter.md has it; empty: everything
	Netns     string    // the network namespace, as it was named; empty: that of the reader
	AllNetns  bool      // every network namespace
}

// AskedOf returns what a query asks for, without its advice.
func AskedOf(q Query) Asked {
	return Asked{Protocols: q.Protocols, Types: q.Types, Families: q.Families & overIP, States: q.States}
}

// Told reports whether it is known what was asked for.
func (s *Asked) Told() bool { return s.Protocols != 0 }

// Query returns the query that asks for the same sockets, but for the filter.
func (s *Asked) Query() Query {
	q := Query{Protocols: s.Protocols, Types: s.Types, Families: s.Families, States: s.States}
	if q.States == 0 {
		q.States = AllStates
	}
	return q
}

// Within returns the part of a query that was asked for, all of it if that is not
// told. The filter is not looked at.
func (s *Asked) Within(q Query) Query {
	if !s.Told() {
		return q
	}
	q.Protocols &= s.Protocols
	q.Families &= s.Families
	if s.States != 0 {
		q.States &= s.States
	}
	for p := range q.Types {
		q.Types[p] = meet(q.Types[p], s.Types[p])
		if q.Types[p] == 0 && s.Types[p] != 0 {
			q.Protocols &^= 1 << p // none of the types is in both
		}
	}
	return q
}

// meet is what two sets of types have in common, each of which is everything if it is
// empty.
func meet(a, b TypeSet) TypeSet {
	switch {
	case a == 0:
		return b
	case b == 0:
		return a
	}
	return a & b
}

// Tables returns the words of the tables, as --query has them: a protocol, or the
// parts of it that are meant.
func (s *Asked) Tables() []string {
	var words []string
	for p := range s.Protocols.All {
		d := p.Descriptor()
		types := s.Types[p]
		if types == 0 || types == AllTypes || d.Parts == nil {
			words = append(words, d.Name)
			continue
		}
		for _, part := range d.Parts {
			if types.Has(part.Type) {
				words = append(words, part.Words[0])
			}
		}
	}
	return words
}

// AddTable adds the table that a word of [Asked.Tables] names, and reports whether
// there is one.
func (s *Asked) AddTable(word string) bool {
	for d := range Descriptors {
		if d.Name == word {
			s.Protocols |= 1 << d.Protocol
			s.Types[d.Protocol] = 0
			return true
		}
		for _, part := range d.Parts {
			if slices.Contains(part.Words, word) {
				s.Protocols |= 1 << d.Protocol
				s.Types[d.Protocol] |= Types(part.Type)
				return true
			}
		}
	}
	return false
}
