package sockdiag

import (
	"slices"

	"sockeye/sock"
)

// identities remembers which rows of a table were yielded, so that reading the
// table again yields only the others. Until that is needed it costs an append.
type identities struct {
	seen   []uint64
	sorted int // so many of seen are sorted: those of earlier readings
}

// clear forgets everything and keeps the memory.
func (i *identities) clear() { i.seen, i.sorted = i.seen[:0], 0 }

// again begins another reading of the same table.
func (i *identities) again() {
	slices.Sort(i.seen)
	i.seen = slices.Compact(i.seen)
	i.sorted = len(i.seen)
}

// first reports whether no earlier reading had the row, and remembers it.
func (i *identities) first(id uint64) bool {
	if i.sorted > 0 {
		if _, had := slices.BinarySearch(i.seen[:i.sorted], id); had {
			return false
		}
	}
	i.seen = append(i.seen, id)
	return true
}

// identityOf returns the number by which a row is recognised: the cookie, which
// the kernel gives to one socket only. Kernels that give none are left with the
// inode of a unix socket, and with a hash (FNV-1a) of the two ends otherwise.
func identityOf(s *sock.Socket, payload []byte) uint64 {
	if s.Knows(sock.FieldCookie) {
		return s.Cookie
	}
	if s.Protocol == sock.Unix {
		return s.Inode
	}
	hash := uint64(14695981039346656037)
	for _, b := range payload[idiagSport:idiagCookie] {
		hash = (hash ^ uint64(b)) * 1099511628211
	}
	return hash
}
