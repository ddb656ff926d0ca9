package change

import "sockeye/sock"

// Difference is what is between two listings of a machine.
type Difference struct {
	Opened, Closed []*sock.Socket
	Changed        []Pair
}

// Pair is one socket in two listings.
type Pair struct{ Before, After *sock.Socket }

// None reports whether there is no difference.
func (d *Difference) None() bool {
	return len(d.Opened) == 0 && len(d.Closed) == 0 && len(d.Changed) == 0
}

// Between compares two listings. What is the same in both by equal is left out; the
// order is that of the listings. If one of them has sockets without a cookie, as
// those of other sources than sock_diag, all are told apart by their ends.
func Between(before, after []*sock.Socket, equal func(before, after *sock.Socket) bool) Difference {
	identity := IdentityOf
	if !haveCookies(before) || !haveCookies(after) {
		identity = ByEnds
	}
	left := map[Identity][]*sock.Socket{}
	for _, s := range before {
		id := identity(s)
		left[id] = append(left[id], s)
	}
	var d Difference
	again := map[*sock.Socket]bool{}
	for _, s := range after {
		id := identity(s)
		list := left[id]
		if len(list) == 0 {
			d.Opened = append(d.Opened, s)
			continue
		}
		left[id] = list[1:]
		again[list[0]] = true
		if !equal(list[0], s) {
			d.Changed = append(d.Changed, Pair{list[0], s})
		}
	}
	for _, s := range before {
		if !again[s] {
			d.Closed = append(d.Closed, s)
		}
	}
	return d
}

// haveCookies reports whether every socket tells its cookie.
func haveCookies(list []*sock.Socket) bool {
	for _, s := range list {
		if !s.Knows(sock.FieldCookie) || s.Cookie == 0 {
			return false
		}
	}
	return true
}
