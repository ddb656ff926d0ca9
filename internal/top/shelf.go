package top

import "sockeye/sock"

// shelf holds the owners of the rows of a pass, in boards that never move: a list that
// grows by being copied would stay in memory as often as it grew, since each row keeps
// the copy that it was given a part of.
type shelf struct {
	boards [][]sock.Owner
	full   int // boards on which there is no room any more
}

// board is how many owners have room on one.
const board = 4096

// put keeps a copy of a list of owners.
func (s *shelf) put(owners []sock.Owner) []sock.Owner {
	if len(owners) == 0 {
		return nil
	}
	for ; s.full < len(s.boards); s.full++ {
		b := s.boards[s.full]
		if n := len(b); n+len(owners) <= cap(b) {
			b = append(b, owners...)
			s.boards[s.full] = b
			return b[n:len(b):len(b)]
		}
	}
	s.boards = append(s.boards, make([]sock.Owner, 0, max(board, len(owners))))
	return s.put(owners)
}

// empty forgets all owners and keeps the room for others.
func (s *shelf) empty() {
	for i, b := range s.boards {
		clear(b)
		s.boards[i] = b[:0]
	}
	s.full = 0
}
