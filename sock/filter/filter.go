package filter

import "sockeye/sock"

// Filter decides which sockets are listed. It does not change and may be used
// from several goroutines. The zero Filter and a nil one match everything.
type Filter struct {
	expr  Expr
	needs sock.Field
	// What is always known of the sockets that can match.
	states    sock.StateSet
	protocols sock.ProtocolSet
	families  sock.FamilySet
	// namesStates and namesTables: the text has words for them.
	namesStates, namesTables bool
}

func newFilter(e Expr, namesStates, namesTables bool) *Filter {
	f := &Filter{expr: e, needs: e.needs(), namesStates: namesStates, namesTables: namesTables}
	for _, t := range everyTable() {
		if states, _ := reach(e, t); states != 0 {
			f.states |= states
			f.protocols |= 1 << t.Protocol
			f.families |= 1 << t.Family
		}
	}
	return f
}

// Match reports whether the socket is one of those that the filter asks for. A
// comparison with a fact that the socket does not know is false.
func (f *Filter) Match(s *sock.Socket) bool {
	return f.Empty() || f.expr.match(s)
}

// CanMatch reports whether the socket could match if the missing facts, which
// it does not know yet, were known. It is false only if no value of them could
// make it match, so that the row can be dropped before they are looked up.
func (f *Filter) CanMatch(s *sock.Socket, missing sock.Field) bool {
	return f.Empty() || truthsOf(f.expr, s, missing)&canBeTrue != 0
}

// States returns a set that holds the states of every socket that can match,
// and whether the text names states; then the set is what is asked for, and
// options such as -l are not.
func (f *Filter) States() (set sock.StateSet, explicit bool) {
	if f.Empty() {
		return sock.AllStates, false
	}
	return f.states, f.namesStates
}

// Protocols returns a set that holds the protocols of every socket that can
// match. It holds [sock.ProtocolUnknown] if nothing restricts it.
func (f *Filter) Protocols() sock.ProtocolSet {
	if f.Empty() {
		return allProtocols
	}
	return f.protocols
}

// Families returns a set that holds the families of every socket that can
// match. It holds [sock.FamilyUnknown] if nothing restricts it.
func (f *Filter) Families() sock.FamilySet {
	if f.Empty() {
		return allFamilies
	}
	return f.families
}

// Impossible reports whether the filter can match no socket at all, as after
// `state listening and state established` or with a port over 65535. Not every
// such filter is found.
func (f *Filter) Impossible() bool { return !f.Empty() && f.states == 0 }

// NamesTables reports whether the text names a protocol or a family, so that
// the tables to list can be taken from it.
func (f *Filter) NamesTables() bool { return f != nil && f.namesTables }

// Needs returns the facts that the filter looks at.
func (f *Filter) Needs() sock.Field {
	if f.Empty() {
		return 0
	}
	return f.needs
}

// Empty reports whether the filter has no expression, and so matches everything.
func (f *Filter) Empty() bool { return f == nil || f.expr == nil }

// Expr returns the expression, nil if there is none. It must not be changed.
func (f *Filter) Expr() Expr {
	if f.Empty() {
		return nil
	}
	return f.expr
}
