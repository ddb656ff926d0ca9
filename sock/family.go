package sock

// Family is the address family of a socket. A v4-mapped connection of an IPv6
// socket keeps [IPv6], although its addresses are shown as IPv4.
type Family uint8

// The families.
const (
	FamilyUnknown Family = iota
	IPv4
	IPv6
	FamilyUnix
	FamilyPacket
	FamilyNetlink
	FamilyVSOCK
	FamilyXDP
	FamilyTIPC
	familyEnd
)

var familyNames = [...]string{
	FamilyUnknown: "unknown",
	IPv4:          "ipv4",
	IPv6:          "ipv6",
	FamilyUnix:    "unix",
	FamilyPacket:  "packet",
	FamilyNetlink: "netlink",
	FamilyVSOCK:   "vsock",
	FamilyXDP:     "xdp",
	FamilyTIPC:    "tipc",
}

// String returns the name used in every format, such as "ipv6".
func (f Family) String() string {
	if f >= familyEnd {
		return "unknown"
	}
	return familyNames[f]
}

// FamilyNames returns the names by number, the unknown one too. The slice is
// shared and must not be changed.
func FamilyNames() []string { return familyNames[:] }

// ParseFamily is the inverse of [Family.String].
func ParseFamily(name string) (Family, bool) {
	for f := IPv4; f < familyEnd; f++ {
		if familyNames[f] == name {
			return f, true
		}
	}
	return FamilyUnknown, false
}

// FamilySet is a set of families.
type FamilySet uint16

// Families returns the set of the given families.
func Families(fs ...Family) FamilySet {
	var set FamilySet
	for _, f := range fs {
		set |= 1 << f
	}
	return set
}

// Has reports whether f is in the set.
func (s FamilySet) Has(f Family) bool { return s&(1<<f) != 0 }

// All yields the families of the set in the order of a listing.
func (s FamilySet) All(yield func(Family) bool) {
	for f := IPv4; f < familyEnd; f++ {
		if s.Has(f) && !yield(f) {
			return
		}
	}
}
