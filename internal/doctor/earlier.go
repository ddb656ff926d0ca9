package doctor

import (
	"sockeye/sock"
	"sockeye/sock/change"
)

// earlier keeps what the sockets of the first listing were, in its order. The second
// one has mostly the same order, which is the kernel's, so a socket is looked for behind
// the one before; an index is made of the cookies when that fails for the first time.
type earlier struct {
	blocks     [][]kept
	length     int
	next       int // where the next socket of the second listing is expected
	byCookie   map[uint64]int32
	byIdentity map[change.Identity]int32 // of sockets without a cookie
}

type kept struct {
	cookie uint64 // 0: it is known by its identity
	before
}

// keptBlock is how many are kept in one piece of memory: none is moved when there are
// more.
const keptBlock = 512

func (e *earlier) at(i int) *kept { return &e.blocks[i/keptBlock][i%keptBlock] }

func (e *earlier) add(cookie uint64, b before) {
	if e.length == len(e.blocks)*keptBlock {
		e.blocks = append(e.blocks, make([]kept, keptBlock))
	}
	*e.at(e.length) = kept{cookie, b}
	e.length++
}

func (e *earlier) addIdentity(id change.Identity, b before) {
	if e.byIdentity == nil {
		e.byIdentity = map[change.Identity]int32{}
	}
	e.byIdentity[id] = int32(e.length)
	e.add(0, b)
}

// ofCookie returns what the socket with a cookie was, nil if there was none.
func (e *earlier) ofCookie(cookie uint64) *before {
	if e.next < e.length && e.at(e.next).cookie == cookie {
		e.next++
		return &e.at(e.next - 1).before
	}
	if e.byCookie == nil {
		e.byCookie = make(map[uint64]int32, e.length)
		for i := range e.length {
			if c := e.at(i).cookie; c != 0 {
				e.byCookie[c] = int32(i)
			}
		}
	}
	i, there := e.byCookie[cookie]
	if !there {
		return nil
	}
	e.next = int(i) + 1
	return &e.at(int(i)).before
}

func (e *earlier) ofIdentity(id change.Identity) *before {
	i, there := e.byIdentity[id]
	if !there {
		return nil
	}
	return &e.at(int(i)).before
}

// add takes a socket of the first listing, of which it keeps nothing else.
func (s *Space) add(x *sock.Socket) {
	if s.hasCookie(x) {
		s.earlier.add(x.Cookie, beforeOf(x))
		return
	}
	s.earlier.addIdentity(s.identityOf(x), beforeOf(x))
}

// was returns what a socket was in the first listing, nil if it was not there. It holds
// until the next one is asked for.
func (s *Space) was(x *sock.Socket) *before {
	switch {
	case s.machine.Once:
		s.same = beforeOf(x)
		return &s.same
	case s.hasCookie(x):
		return s.earlier.ofCookie(x.Cookie)
	}
	return s.earlier.ofIdentity(s.identityOf(x))
}

// hasCookie reports whether the cookie alone tells a socket from all others.
func (s *Space) hasCookie(x *sock.Socket) bool {
	return s.machine.Identity == nil && x.Knows(sock.FieldCookie) && x.Cookie != 0
}

func (s *Space) identityOf(x *sock.Socket) change.Identity {
	if of := s.machine.Identity; of != nil {
		return of(x)
	}
	return change.IdentityOf(x)
}
