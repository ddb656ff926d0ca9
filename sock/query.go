package sock

// Query is what a listing asks of a [Source]. The zero Query asks nothing.
type Query struct {
	Protocols ProtocolSet
	// Families restricts the protocols over IP; others have one family each.
	Families FamilySet
	States   StateSet
	// Types restricts protocols that have sockets of several types.
	Types TypesOf
	// Named are those of Protocols that somebody named: it is said if this system
	// has none of their sockets, and is taken for granted of the others.
	Named ProtocolSet
	// Want is what the reader of the listing will look at. A source may give
	// more where that costs nothing.
	Want Field
	// Asked are those facts of Want that somebody asked for by name: it is said if
	// the system withholds them, and is taken for granted of the others.
	Asked Field
	// Where says which sockets are wanted beyond that; nil is all of them. It is
	// advice: a source may leave out sockets that it does not match, and need
	// not. Whoever set it checks every row again.
	Where Matcher
}

// Matcher decides which sockets are wanted, such as a filter.
type Matcher interface {
	// Match reports whether the socket is wanted. A fact that the socket does not
	// know is compared as unknown.
	Match(*Socket) bool
	// Needs returns the facts that Match looks at.
	Needs() Field
}

// Tables yields the tables that the query asks, in listing order.
func (q Query) Tables(yield func(Table) bool) {
	for p := range q.Protocols.All {
		families := p.Descriptor().Families
		if p.Inet() {
			families &= q.Families
		}
		for f := range families.All {
			if !yield(Table{p, f}) {
				return
			}
		}
	}
}

// Protocol returns the query restricted to one protocol.
func (q Query) Protocol(p Protocol) Query {
	q.Protocols &= Protocols(p)
	return q
}

// Only returns the query restricted to one table.
func (q Query) Only(t Table) Query {
	q.Protocols = Protocols(t.Protocol)
	if t.Protocol.Inet() {
		q.Families = Families(t.Family)
	}
	return q
}

// Allows reports whether the query asks for a socket of this protocol, family,
// type and state. A source may yield more than was asked; this decides.
func (q *Query) Allows(s *Socket) bool {
	if !q.Protocols.Has(s.Protocol) || !q.States.Has(s.State) {
		return false
	}
	if s.Protocol.Inet() {
		return q.Families.Has(s.Family)
	}
	return q.Types.Allow(s.Protocol, s.Type)
}

// Phases splits the query by protocol and state: what listens, then the rest.
// That is two short readings of a table instead of one, so that listeners come
// first without anything being held back; a state that no socket of a protocol
// can have is left out. Sockets that are bound and neither listen nor connect
// are last: the kernel looks for them among all that have a port, with few rows
// to show for it.
func (q Query) Phases(yield func(Query) bool) {
	for p := range q.Protocols.All {
		one := q.Protocol(p)
		states := q.States & p.Descriptor().States
		bound := states & (1 << Bound)
		listening := states & ListeningStates
		rest := states &^ ListeningStates &^ bound
		if rest != 0 {
			rest |= q.States & (1 << StateUnknown)
		}
		for _, one.States = range [...]StateSet{listening, rest, bound} {
			if one.States != 0 && !yield(one) {
				return
			}
		}
	}
}
