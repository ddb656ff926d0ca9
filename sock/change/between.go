package change

import (
	"net/netip"
	"slices"

	"sockeye/sock"
)

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

// Common returns what tells the sockets of two listings apart: their cookies, or
// [ByEnds] if one of the listings has sockets without, as those of other sources than
// sock_diag. A fact that one of the listings never tells says nothing. Two listings
// may be of different boots, so that the same cookie says nothing of sockets of other
// protocols or ports.
func Common(before, after []*sock.Socket) func(*sock.Socket) Identity {
	told := toldBy(before) & toldBy(after)
	if !haveCookies(before) || !haveCookies(after) {
		told &^= sock.FieldCookie
	}
	return func(s *sock.Socket) Identity {
		known := *s
		known.Known &= told
		id := IdentityOf(&known)
		id.protocol = s.Protocol
		if s.Knows(sock.FieldLocal) && id.cookie != 0 {
			id.local = netip.AddrPortFrom(netip.Addr{}, s.Local.Port())
		}
		return id
	}
}

// toldBy returns the facts that a socket of a listing knows.
func toldBy(list []*sock.Socket) (told sock.Field) {
	for _, s := range list {
		told |= s.Known
	}
	return told
}

// Between compares two listings, whose sockets an identity tells apart. What is the
// same in both by equal is left out; the order is that of the listings. Of several
// sockets of one identity those are taken for the same that are equal.
func Between(before, after []*sock.Socket, identity func(*sock.Socket) Identity, equal func(before, after *sock.Socket) bool) Difference {
	left := map[Identity][]*sock.Socket{}
	for _, s := range before {
		id := identity(s)
		left[id] = append(left[id], s)
	}
	again := map[*sock.Socket]bool{} // of before, which are after too
	take := func(id Identity, i int) *sock.Socket {
		list := left[id]
		s := list[i]
		list[i] = list[0]
		left[id], again[s] = list[1:], true
		return s
	}
	var rest []*sock.Socket // of after, without an equal
	for _, s := range after {
		id := identity(s)
		list := left[id]
		same := func(b *sock.Socket) bool { return equal(b, s) }
		if i := slices.IndexFunc(list[:min(len(list), mostAlike)], same); i >= 0 {
			take(id, i)
			continue
		}
		rest = append(rest, s)
	}
	var d Difference
	for _, s := range rest {
		if id := identity(s); len(left[id]) > 0 {
			d.Changed = append(d.Changed, Pair{take(id, 0), s})
			continue
		}
		d.Opened = append(d.Opened, s)
	}
	for _, s := range before {
		if !again[s] {
			d.Closed = append(d.Closed, s)
		}
	}
	return d
}

// mostAlike bounds among how many sockets of one identity an equal one is looked for.
const mostAlike = 64

// haveCookies reports whether every socket tells its cookie.
func haveCookies(list []*sock.Socket) bool {
	for _, s := range list {
		if !s.Knows(sock.FieldCookie) || s.Cookie == 0 {
			return false
		}
	}
	return true
}
