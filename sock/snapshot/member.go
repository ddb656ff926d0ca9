package snapshot

import (
	"cmp"
	"math/bits"
	"strconv"
	"strings"

	"sockeye/sock"
)

// Kind is the JSON type of a member.
type Kind uint8

// The kinds.
const (
	String Kind = iota
	Integer
	Boolean
	Object
	Array // of objects
)

var kindNames = [...]string{"string", "integer", "boolean", "object", "array"}

// String returns the name of the type in JSON Schema.
func (k Kind) String() string { return kindNames[k] }

// Member is one member of a socket in JSON, or of an object that is one.
type Member struct {
	Name string
	Kind Kind
	// Parts are the members of the object, or of the objects of the array. Those
	// of an array have a name and a kind, but no value of their own.
	Parts []Member
	// Needs is what a socket must know for the member to be there.
	Needs sock.Field
	// Wants is what to ask of a source for all that the member can say: Needs
	// and more.
	Wants sock.Field
	// Optional reports that the member is written only if it is asked for.
	Optional bool

	// The value, by one of these. has says, beyond Needs, whether there is one.
	has  func(*sock.Socket) bool
	text func(*sock.Socket) string         // a string of unknown content
	num  func(*sock.Socket) uint64         // an integer
	flag func(*sock.Socket) bool           // a boolean
	word func([]byte, *sock.Socket) []byte // a string that needs no escapes
	path func(*sock.Socket) string         // the name of a unix socket, as the kernel holds it
	json func([]byte, *sock.Socket) []byte // an array
	// order compares two values if nothing of the above does it well.
	order func(a, b *sock.Socket) int

	key string // the name as it stands in JSON: quoted, with the colon
}

// Known reports whether a socket has the member.
func (m *Member) Known(s *sock.Socket) bool {
	return s.Known.Has(m.Needs) && (m.has == nil || m.has(s))
}

// Zero reports whether a member that is known is the number 0.
func (m *Member) Zero(s *sock.Socket) bool { return m.num != nil && m.num(s) == 0 }

// AppendJSON appends the value of a member that is known, as JSON.
func (m *Member) AppendJSON(dst []byte, s *sock.Socket) []byte {
	switch {
	case m.num != nil:
		return strconv.AppendUint(dst, m.num(s), 10)
	case m.word != nil:
		dst = append(dst, '"')
		dst = m.word(dst, s)
		return append(dst, '"')
	case m.text != nil:
		return AppendString(dst, m.text(s))
	case m.path != nil:
		return appendPath(dst, m.path(s))
	case m.json != nil:
		return m.json(dst, s)
	case m.flag != nil:
		return strconv.AppendBool(dst, m.flag(s))
	}
	return appendObject(dst, s, m.Parts)
}

// AppendText appends the value of a member that is known, as plain text. A
// string of unknown content goes through escape; an object or array is JSON.
func (m *Member) AppendText(dst []byte, s *sock.Socket, escape func([]byte, string) []byte) []byte {
	switch {
	case m.word != nil:
		return m.word(dst, s)
	case m.text != nil:
		return escape(dst, m.text(s))
	case m.path != nil && abstract(m.path(s)):
		return escape(append(dst, '@'), m.path(s)[1:])
	case m.path != nil:
		return escape(dst, m.path(s))
	}
	return m.AppendJSON(dst, s)
}

// Value returns the value of a member that is known, if it is a plain one: a
// string as it is, without any escape, a uint64 or a bool. It returns nil for
// an object or array.
func (m *Member) Value(s *sock.Socket) any {
	switch {
	case m.num != nil:
		return m.num(s)
	case m.word != nil:
		return string(m.word(nil, s))
	case m.text != nil:
		return m.text(s)
	case m.path != nil:
		return shownPath(m.path(s))
	case m.flag != nil:
		return m.flag(s)
	}
	return nil
}

// Compare orders two sockets by a member that both know.
func (m *Member) Compare(a, b *sock.Socket) int {
	switch {
	case m.order != nil:
		return m.order(a, b)
	case m.num != nil:
		return cmp.Compare(m.num(a), m.num(b))
	case m.text != nil:
		return strings.Compare(m.text(a), m.text(b))
	case m.path != nil:
		return strings.Compare(m.path(a), m.path(b))
	case m.flag != nil:
		return boolean(m.flag(a)) - boolean(m.flag(b))
	}
	return strings.Compare(string(m.AppendJSON(nil, a)), string(m.AppendJSON(nil, b)))
}

func boolean(b bool) int {
	if b {
		return 1
	}
	return 0
}

// Fields is a set of members, by their place in [Members].
type Fields uint64

// Has reports whether the member at place i of [Members] is in the set.
func (f Fields) Has(i int) bool { return f&(1<<i) != 0 }

// Default returns the members of a listing in which the given facts were asked
// for: those that are not optional, and the optional ones that need one of the
// facts.
func Default(asked sock.Field) Fields {
	var f Fields
	for i := range members {
		if m := &members[i]; !m.Optional || m.Needs&asked != 0 {
			f |= 1 << i
		}
	}
	return f
}

// Of returns the set of the named members, and the first name that is none.
func Of(names ...string) (set Fields, unknown string) {
	for _, name := range names {
		i, ok := places[name]
		if !ok {
			return set, name
		}
		set |= 1 << i
	}
	return set, ""
}

// Wants returns what to ask of a source for the members of the set.
func (f Fields) Wants() sock.Field {
	var want sock.Field
	for set := uint64(f & All()); set != 0; set &= set - 1 {
		want |= members[bits.TrailingZeros64(set)].Wants
	}
	return want
}

// All returns every member.
func All() Fields { return 1<<len(members) - 1 }

// Members returns the members in the order in which they are written. The slice
// is shared and must not be changed.
func Members() []Member { return members }

// Lookup returns the member of a name, or nil.
func Lookup(name string) *Member {
	i, ok := places[name]
	if !ok {
		return nil
	}
	return &members[i]
}

// Names returns the names of the members, in order.
func Names() []string {
	names := make([]string, len(members))
	for i := range members {
		names[i] = members[i].Name
	}
	return names
}
