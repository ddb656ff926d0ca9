package sock

import "slices"

// Member describes a number in a structure of the kernel's.
type Member struct {
	// Name is the kernel's, with the unit behind it where it has one.
	Name string
	Kind MemberKind
	Unit Unit
	// Offset and Size are the member's place in the structure, in bytes, or its
	// attribute and the size of that. Integers are in host byte order.
	Offset, Size uint16
	// Since is the size from which on the structure has the member: what stood
	// there before was room left by alignment. 0 is the member's own end.
	Since uint16
	// Untold: a zero may be that of a kernel which does not know the member yet.
	Untold bool
	// Meaning is one line for people, without the unit.
	Meaning string
}

// MemberKind says how a member is written.
type MemberKind uint8

// The kinds.
const (
	MemberNumber MemberKind = iota
	MemberHex               // a token or tag, of which ss shows the hexadecimal digits
	MemberFlag              // yes or no
)

// NumbersCount is how many members Numbers can hold.
const NumbersCount = 64

// Numbers holds the members of a structure of the kernel's that it gave, each by
// its place in a list of [Member].
type Numbers struct {
	known  uint64
	values [NumbersCount]uint64
}

// Set makes a member known, in the unit of its name.
func (n *Numbers) Set(i int, v uint64) {
	n.known |= 1 << i
	n.values[i] = v
}

// Get returns a member, in the unit of its name, and whether it is known.
func (n *Numbers) Get(i int) (uint64, bool) {
	return n.values[i], n.known&(1<<i) != 0
}

// WithoutZeros returns the members that are not zero.
func (n *Numbers) WithoutZeros() Numbers {
	var kept Numbers
	for i, v := range n.values {
		if v != 0 {
			kept.Set(i, v)
		}
	}
	return kept
}

// MemberNamed returns the place of a member in a list, by its name; -1 if it has
// none.
func MemberNamed(members []Member, name string) int {
	return slices.IndexFunc(members, func(m Member) bool { return m.Name == name })
}
