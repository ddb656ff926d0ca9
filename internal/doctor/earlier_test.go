package doctor

import (
	"net/netip"
	"testing"

	"sockeye/sock"
)

// TestEarlier: a socket is found again whatever the order of the second listing, and
// however many were closed and opened between.
func TestEarlier(t *testing.T) {
	const many = 3*keptBlock + 7
	one := func(i int, cookie bool) *sock.Socket {
		s := &sock.Socket{
			Protocol: sock.TCP, Family: sock.IPv4, State: sock.Established, RecvQueue: uint32(i), Known: sock.FieldLocal | sock.FieldRemote,
			Local: netip.MustParseAddrPort("10.0.0.1:80"), Remote: netip.AddrPortFrom(netip.MustParseAddr("10.0.0.2"), uint16(i)),
		}
		if cookie {
			s.Cookie, s.Known = uint64(i)*3+1, s.Known|sock.FieldCookie
		}
		return s
	}
	for name, order := range map[string]func(i int) int{
		"the same": func(i int) int { return i }, "backwards": func(i int) int { return many - 1 - i },
		"every second one": func(i int) int { return 2 * i }, "twice": func(i int) int { return i / 2 },
	} {
		s := newSpace()
		for i := range many {
			s.add(one(i, i%5 != 0))
		}
		for i := range many {
			n := order(i)
			was := s.was(one(n, n%5 != 0))
			if there := n < many; there != (was != nil) || there && was.recvQueue != uint32(n) {
				t.Fatalf("%s: socket %d was %+v", name, n, was)
			}
		}
	}
}

// TestEnds: an end in little room is the same end.
func TestEnds(t *testing.T) {
	var m Machine
	for _, text := range []string{"127.0.0.1:80", "127.255.1.2:65535", "[::1]:80", "[::1]:0", "127.0.0.1:0", "192.0.2.1:80"} {
		a := netip.MustParseAddrPort(text)
		if got := m.addrPort(m.endOf(a)); got != a {
			t.Errorf("%v became %v", a, got)
		}
	}
	if m.endOf(netip.MustParseAddrPort("[::ffff:127.0.0.1]:80")) != m.endOf(netip.MustParseAddrPort("127.0.0.1:80")) {
		t.Error("a mapped address is another end")
	}
}
