package platform

import (
	"context"
	"errors"
	"iter"
	"net/netip"
	"testing"

	"sockeye/sock"
	"sockeye/sockdiag"
)

// street makes a host of namespaces, each with its links: the names are their inodes in
// letters, a first.
func street(all map[string]neighbourhood) *Host {
	h := &Host{spaces: &spaces{}}
	by := map[*sock.Environment]neighbourhood{}
	for name, near := range all {
		env := &sock.Environment{Namespace: namespace(name[0])}
		by[env] = near
		h.spaces.open = append(h.spaces.open, &space{key: spaceKey{inode: uint64(name[0])}, chain: chain{env: env}})
	}
	h.neighbourhood = func(env *sock.Environment) (neighbourhood, error) {
		if by[env].links == nil {
			return neighbourhood{}, errors.New("not allowed")
		}
		return by[env], nil
	}
	return h
}

// house is a namespace with an address on a link, and the loopback.
func house(address string, hardware sockdiag.Hardware, neighbours ...sockdiag.Neighbour) neighbourhood {
	return neighbourhood{
		addresses: []sock.InterfaceAddress{
			{Interface: 1, Address: netip.MustParseAddr("127.0.0.1")}, {Interface: 2, Address: netip.MustParseAddr(address)},
		},
		links:      map[uint32]sockdiag.Link{1: {Up: true, Loopback: true}, 2: {Up: true, Hardware: hardware}, 3: {Hardware: "unused"}},
		neighbours: neighbours,
	}
}

// TestArrives: where the packets of a connection from 10.9.0.1 in a to 10.9.0.2 arrive.
func TestArrives(t *testing.T) {
	b := netip.MustParseAddr("10.9.0.2")
	toB := sockdiag.Neighbour{Interface: 2, Address: b, Hardware: "B"}
	twoLinks := house("10.9.0.2", "B")
	twoLinks.links[3] = sockdiag.Link{Up: true, Hardware: "C"}
	twoAddresses := house("10.9.0.1", "A")
	twoAddresses.addresses = append(twoAddresses.addresses, sock.InterfaceAddress{Interface: 2, Address: b})
	director := house("10.9.0.2", "B")
	director.distributes = true
	ownDirector := twoAddresses
	ownDirector.distributes = true
	routed := house("10.9.0.2", "B")
	routed.addresses[1].VRF = 7
	for name, test := range map[string]struct {
		all  map[string]neighbourhood
		want string
	}{
		"next door":                    {map[string]neighbourhood{"a": house("10.9.0.1", "A", toB), "b": house("10.9.0.2", "B")}, "b single"},
		"and it has two links":         {map[string]neighbourhood{"a": house("10.9.0.1", "A", toB), "b": twoLinks}, "b"},
		"its own":                      {map[string]neighbourhood{"a": twoAddresses, "b": house("10.9.0.2", "B")}, "a single"},
		"not a neighbour":              {map[string]neighbourhood{"a": house("10.9.0.1", "A"), "b": house("10.9.0.2", "B")}, ""},
		"another's link":               {map[string]neighbourhood{"a": house("10.9.0.1", "A", toB), "b": house("10.9.0.2", "X")}, ""},
		"another's address":            {map[string]neighbourhood{"a": house("10.9.0.1", "A", toB), "b": house("10.9.0.3", "B")}, ""},
		"of another interface":         {map[string]neighbourhood{"a": house("10.9.0.1", "A", sockdiag.Neighbour{Interface: 3, Address: b, Hardware: "B"}), "b": house("10.9.0.2", "B")}, ""},
		"two of them":                  {map[string]neighbourhood{"a": house("10.9.0.1", "A", toB), "b": house("10.9.0.2", "B"), "c": house("10.9.0.2", "B")}, ""},
		"the same address elsewhere":   {map[string]neighbourhood{"a": house("10.9.0.1", "A", toB), "b": house("10.9.0.2", "B"), "c": house("10.9.0.2", "C")}, "b single"},
		"one that cannot be read":      {map[string]neighbourhood{"a": house("10.9.0.1", "A", toB), "b": house("10.9.0.2", "B"), "c": {}}, ""},
		"which has virtual services":   {map[string]neighbourhood{"a": house("10.9.0.1", "A", toB), "b": director}, ""},
		"its own, of virtual services": {map[string]neighbourhood{"a": ownDirector}, ""},
		"in a VRF":                     {map[string]neighbourhood{"a": house("10.9.0.1", "A", toB), "b": routed}, ""},
	} {
		to, single, certain := street(test.all).Arrives()(&sock.Socket{
			Netns: sock.Netns{Inode: 'a'}, Local: netip.MustParseAddrPort("[::ffff:10.9.0.1]:4000"), Remote: netip.AddrPortFrom(b, 80),
		})
		got := ""
		if certain {
			got = string(rune(to.Inode))
			if single {
				got += " single"
			}
		}
		if got != test.want {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
	}
}

// TestWhole: a listing is whole if its tables and namespaces were, whoever holds the
// sockets and whatever else is told.
func TestWhole(t *testing.T) {
	for _, test := range []struct {
		part *sock.Partial
		want bool
	}{
		{nil, true}, {&sock.Partial{Code: sock.CodeFallback, Message: "told"}, true},
		{&sock.Partial{Code: sock.CodePermission, Message: "barred", Incomplete: true}, false},
	} {
		l := &Listing{ctx: t.Context(), snapshot: sock.Snapshot{Complete: true}}
		l.rows = func(context.Context, sock.Query) iter.Seq2[*sock.Socket, error] {
			return func(yield func(*sock.Socket, error) bool) {
				if test.part != nil {
					yield(nil, test.part)
				}
			}
		}
		for _, err := range l.Sockets {
			t.Error(err)
		}
		l.report(&sock.Partial{Code: sock.CodePermission, Message: "the owner of 1 socket is hidden", Incomplete: true})
		if l.Whole() != test.want || l.Snapshot().Complete {
			t.Errorf("%v: whole %v", test.part, l.Whole())
		}
	}
}
