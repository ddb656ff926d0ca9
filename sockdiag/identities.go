package sockdiag

import (
	"slices"

	"sockeye/sock"
)

// identities remembers which rows of a table were yielded, so that reading the
// table again yields only the others. Until that is needed it costs an append.
type identities struct {
	earlier []uint64   // of earlier readings, sorted
	latest  [][]uint64 // of this one, in pieces: a growing slice would be copied
}

// identitiesPiece is how many identities a piece holds: 32 KiB.
const identitiesPiece = 4096

// clear forgets everything.
func (i *identities) clear() { i.earlier, i.latest = nil, nil }

// again begins another reading of the same table.
func (i *identities) again() {
	i.earlier = append(i.earlier, slices.Concat(i.latest...)...)
	i.latest = nil
	slices.Sort(i.earlier)
	i.earlier = slices.Compact(i.earlier)
}

// first reports whether no earlier reading had the row, and remembers it.
func (i *identities) first(id uint64) bool {
	if len(i.earlier) > 0 {
		if _, had := slices.BinarySearch(i.earlier, id); had {
			return false
		}
	}
	last := len(i.latest) - 1
	if last < 0 || len(i.latest[last]) == identitiesPiece {
		i.latest = append(i.latest, nil)
		last++
	}
	if last > 0 && i.latest[last] == nil {
		i.latest[last] = make([]uint64, 0, identitiesPiece)
	}
	i.latest[last] = append(i.latest[last], id) // the first piece grows: most tables are short
	return true
}

// identityOf returns the number by which a row is recognised: the cookie, which
// the kernel gives to one socket only. Kernels that give none are left with the
// inode of a socket that is not over IP, and with a hash (FNV-1a) of the two ends
// otherwise.
//
// The associations of an SCTP socket have its cookie, and each another peer.
func identityOf(s *sock.Socket, payload []byte) uint64 {
	if s.Knows(sock.FieldCookie) && s.Protocol != sock.SCTP {
		return s.Cookie
	}
	if !s.Protocol.Inet() {
		return s.Inode
	}
	if s.Protocol == sock.SCTP { // the fixed part may lack the address of the peer
		remote := s.Remote.Addr().As16()
		return hashOf(hashOf(fnvBasis, payload[idiagSport:idiagExpires]), remote[:])
	}
	return hashOf(fnvBasis, payload[idiagSport:idiagCookie])
}

const fnvBasis = 14695981039346656037

func hashOf(hash uint64, v []byte) uint64 {
	for _, b := range v {
		hash = (hash ^ uint64(b)) * 1099511628211
	}
	return hash
}
