package doctor

import (
	"errors"
	"net/netip"
	"slices"
	"testing"

	"sockeye/sock"
)

// TestHalfOpenBehindNAT: an end that calls the other one by an address which is changed on
// the way is not alone, and where that is not known nothing is certain.
func TestHalfOpenBehindNAT(t *testing.T) {
	local, remote := netip.MustParseAddrPort("127.0.0.1:40000"), netip.MustParseAddrPort("127.0.0.1:80")
	for _, test := range []struct {
		translations func(sock.Netns, func(*sock.Translation)) error
		want         int
	}{
		{nil, 1},
		{func(sock.Netns, func(*sock.Translation)) error { return nil }, 1},
		{func(sock.Netns, func(*sock.Translation)) error { return errors.New("not allowed") }, 0},
		{func(_ sock.Netns, visit func(*sock.Translation)) error {
			to := netip.MustParseAddrPort("127.0.0.1:8080")
			visit(&sock.Translation{Original: sock.Flow{Protocol: sock.TCP, From: local, To: remote}, Reply: sock.Flow{Protocol: sock.TCP, From: to, To: local}})
			return nil
		}, 0},
	} {
		s := newSpace()
		s.machine.Translations = test.translations
		c := in(sock.Established, 1, 0, 7)
		c.Local, c.Remote = local, remote
		if got := titles(examine(s, nil, movedFrom(s, c)), halfOpen); len(got) != test.want {
			t.Errorf("%q", got)
		}
	}
}

// TestHalfOpenWithinNamespace: on the loopback, at an own address, and from one to the
// other; a connection of a socket with itself has both ends.
func TestHalfOpenWithinNamespace(t *testing.T) {
	for _, test := range []struct {
		local, remote string
		other         bool // the other end is there
		want          int
	}{
		{"127.0.0.1:40000", "127.0.0.2:80", false, 1}, {"127.0.0.1:40000", "127.0.0.2:80", true, 0}, {"[::1]:40000", "[::1]:80", false, 1},
		{"127.0.0.1:40000", "127.0.0.1:40000", false, 0},
		{"192.0.2.1:40000", "192.0.2.2:80", false, 1}, {"192.0.2.1:40000", "192.0.2.2:80", true, 0},
		{"192.0.2.1:40000", "127.0.0.1:80", false, 1}, {"192.0.2.1:40000", "127.0.0.1:80", true, 0},
		{"198.51.100.9:40000", "127.0.0.1:80", true, 0}, // an address that was removed since
		{"192.0.2.1:40000", "198.51.100.1:80", false, 0}, {"[fe80::1]:40000", "[fe80::2]:80", false, 0},
	} {
		s := newSpace()
		for _, own := range []string{"192.0.2.1", "192.0.2.2", "fe80::2"} {
			s.Addresses = append(s.Addresses, netip.MustParseAddr(own))
		}
		s.machine.Arrives = func(c *sock.Socket) (sock.Netns, bool, bool) {
			return s.Netns, true, slices.Contains(s.Addresses, c.Remote.Addr())
		}
		c := in(sock.Established, 1, 0, 7)
		c.Local, c.Remote = netip.MustParseAddrPort(test.local), netip.MustParseAddrPort(test.remote)
		last := []*sock.Socket{movedFrom(s, c)}
		if test.other { // in whatever state
			d := in(sock.TimeWait, 2, 0, 0)
			d.Local, d.Remote = c.Remote, c.Local
			last = append(last, d)
		}
		if got := titles(examine(s, nil, last...), halfOpen); len(got) != test.want {
			t.Errorf("%+v: %q", test, got)
		}
	}
}

// TestHalfOpenIsCertain: of a connection to another namespace everything must be known, and
// it must be there still when all namespaces are listed.
func TestHalfOpenIsCertain(t *testing.T) {
	red, blue, third := sock.Netns{Inode: 1, Name: "red"}, sock.Netns{Inode: 2, Name: "blue"}, sock.Netns{Inode: 3, Name: "third"}
	client, server := netip.MustParseAddrPort("10.9.0.1:40000"), netip.MustParseAddrPort("10.9.0.2:80")
	socket := func(in sock.Netns, state sock.State, local, remote netip.AddrPort) *sock.Socket {
		return &sock.Socket{
			Protocol: sock.TCP, Family: sock.IPv4, State: state, Local: local, Remote: remote, Cookie: uint64(in.Inode), Netns: in,
			Known: sock.FieldLocal | sock.FieldRemote | sock.FieldCookie | sock.FieldNetns,
		}
	}
	listener := socket(blue, sock.Listen, netip.MustParseAddrPort("0.0.0.0:80"), netip.AddrPort{})
	listener.Known &^= sock.FieldRemote
	sure := func(*sock.Socket) (sock.Netns, bool, bool) { return blue, false, true }
	for name, test := range map[string]struct {
		change func(m *Machine)
		more   []*sock.Socket
		want   int
	}{
		"gone, and a server listens": {func(*Machine) {}, []*sock.Socket{listener}, 1},
		"gone, and nothing is passed on": {func(m *Machine) {
			m.Arrives = func(*sock.Socket) (sock.Netns, bool, bool) { return blue, true, true }
		}, nil, 1},
		"may be passed on":     {func(*Machine) {}, nil, 0},
		"there":                {func(*Machine) {}, []*sock.Socket{listener, socket(blue, sock.Established, server, client)}, 0},
		"in TIME_WAIT":         {func(*Machine) {}, []*sock.Socket{listener, socket(blue, sock.TimeWait, server, client)}, 0},
		"in a third namespace": {func(*Machine) {}, []*sock.Socket{listener, socket(third, sock.Established, server, client)}, 0},
		"not everywhere":       {func(m *Machine) { m.Everywhere = false }, []*sock.Socket{listener}, 0},
		"not known where":      {func(m *Machine) { m.Arrives = nil }, []*sock.Socket{listener}, 0},
		"not certain where":    {func(m *Machine) { m.Arrives = func(*sock.Socket) (sock.Netns, bool, bool) { return blue, true, false } }, []*sock.Socket{listener}, 0},
		"closed meanwhile":     {func(m *Machine) { m.Exists = func(*sock.Socket) (bool, error) { return false, nil } }, []*sock.Socket{listener}, 0},
		"not known whether":    {func(m *Machine) { m.Exists = func(*sock.Socket) (bool, error) { return true, errors.New("no") } }, []*sock.Socket{listener}, 0},
		"passed over": {func(m *Machine) {
			m.Exists = func(s *sock.Socket) (bool, error) {
				return s.Cookie == 1 || s.Local == server && s.Remote == client && s.Netns == blue && s.Family == sock.IPv6, nil
			}
		}, []*sock.Socket{listener}, 0},
		"not known whether passed over": {func(m *Machine) {
			m.Exists = func(s *sock.Socket) (bool, error) {
				if s.Cookie == 1 {
					return true, nil
				}
				return false, errors.New("no")
			}
		}, []*sock.Socket{listener}, 0},
		"translated in a third": {func(m *Machine) {
			m.Translations = func(n sock.Netns, visit func(*sock.Translation)) error {
				if n.Inode == third.Inode {
					visit(&sock.Translation{Original: sock.Flow{Protocol: sock.TCP, From: client, To: server}})
				}
				return nil
			}
		}, []*sock.Socket{listener}, 0},
		"not known whether translated": {func(m *Machine) {
			m.Translations = func(n sock.Netns, _ func(*sock.Translation)) error {
				if n.Inode == third.Inode {
					return errors.New("not allowed")
				}
				return nil
			}
		}, []*sock.Socket{listener}, 0},
	} {
		m := &Machine{Everywhere: true, Arrives: sure, Exists: func(c *sock.Socket) (bool, error) { return c.Cookie == 1 && c.Netns == red, nil }}
		m.In(red).Addresses, m.In(blue).Addresses = []netip.Addr{client.Addr()}, []netip.Addr{server.Addr()}
		m.In(third)
		test.change(m)
		c := socket(red, sock.Established, client, server)
		m.Add(c)
		for _, s := range append(test.more, c) {
			m.See(s)
		}
		found := m.Findings()
		got := titles(found, halfOpen)
		if len(got) != test.want || len(found) != test.want {
			t.Errorf("%s: %q", name, got)
		}
		const title = "The network namespace blue has no other end of the connection of an unknown process from 10.9.0.1:40000 to 10.9.0.2:80"
		if test.want > 0 && (got[0] != title || found[0].Netns != red) {
			t.Errorf("%s: %+v", name, found)
		}
	}
}

// TestHalfOpenTogether: connections of one process to one end are one finding, and those
// of one end that it serves.
func TestHalfOpenTogether(t *testing.T) {
	s := newSpace()
	listener := in(sock.Listen, 80, 0, 8)
	listener.Local, listener.Known = netip.MustParseAddrPort("0.0.0.0:80"), listener.Known&^sock.FieldRemote
	last := []*sock.Socket{listener}
	for i, ends := range [][2]string{
		{"127.0.0.1:4003", "127.0.0.1:90"}, {"127.0.0.1:4001", "127.0.0.1:90"}, {"127.0.0.1:4002", "127.0.0.1:90"}, {"127.0.0.1:4004", "127.0.0.1:91"},
		{"127.0.0.1:80", "127.0.0.1:5002"}, {"127.0.0.1:80", "127.0.0.1:5001"},
	} {
		c := in(sock.Established, i+1, 0, 7)
		c.Local, c.Remote = netip.MustParseAddrPort(ends[0]), netip.MustParseAddrPort(ends[1])
		last = append(last, movedFrom(s, c))
	}
	var got []string
	for _, f := range examine(s, nil, last...) {
		if f.Rule == halfOpen {
			got = append(got, f.Title+": "+f.Try)
		}
	}
	want := []string{
		"2 connections of server[7] at 127.0.0.1:80 have no other end: sockeye -ta src 127.0.0.1 and sport 80",
		"3 connections of server[7] to 127.0.0.1:90 have no other end: sockeye -ta dst 127.0.0.1 and dport 90",
		"The connection of server[7] from 127.0.0.1:4004 to 127.0.0.1:91 has no other end: sockeye -ta sport 4004 or dport 4004",
	}
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}
