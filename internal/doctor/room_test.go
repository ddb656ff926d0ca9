package doctor

import (
	"net/netip"
	"slices"
	"testing"

	"sockeye/sock"
)

// TestRoom: what is limited beside the sockets, by made numbers.
func TestRoom(t *testing.T) {
	for _, test := range []struct {
		of   sock.Protocol
		name string
		rule *Rule
	}{
		{sock.ProtocolUnknown, "conntrack", conntrackFull}, {sock.ProtocolUnknown, "open_files", fileHandles}, {sock.UDP, "memory_bytes", memoryPressure},
	} {
		for _, n := range []struct {
			used, limit int64
			want        string
		}{{79, 100, ""}, {80, 100, "warning"}, {100, 100, "critical"}, {99, 0, ""}} {
			got := ""
			for _, f := range examine(usage(test.of, test.name, n.used, n.limit), nil) {
				if f.Rule != test.rule || f.Counters[0].Value != n.used || f.Limits[0].Value != n.limit {
					t.Errorf("%+v", f)
				}
				got += f.Severity.String()
			}
			if got != n.want {
				t.Errorf("%s: %d of %d is %q, want %q", test.rule.Name, n.used, n.limit, got, n.want)
			}
		}
	}
}

// TestDroppedBefore: packets that came to no socket.
func TestDroppedBefore(t *testing.T) {
	for counter, rule := range map[sock.Counter]*Rule{
		{Group: "nf_conntrack", Name: "drop", Value: 2}:       conntrackFull,
		{Group: "nf_conntrack", Name: "early_drop", Value: 2}: conntrackFull,
		{Group: "softnet_stat", Name: "dropped", Value: 2}:    softnetDrops,
	} {
		s := newSpace()
		s.Counted = true
		s.After.Counters = []sock.Counter{counter}
		found := examine(s, nil)
		if len(found) != 1 || found[0].Rule != rule || !slices.ContainsFunc(found[0].Counters, func(n Number) bool { return n.Name == counter.Name && n.Value == 2 }) {
			t.Errorf("%v: %+v", counter, found)
		}
		s.Before.Counters = s.After.Counters // it was so before
		if found := examine(s, nil); len(found) > 0 {
			t.Errorf("%v: %+v", counter, found)
		}
	}
}

// TestProcessFiles: a process that holds many sockets and nearly as many descriptors as
// it may.
func TestProcessFiles(t *testing.T) {
	held := func(pid, n int) (all []*sock.Socket) {
		p := &sock.Process{PID: pid, Name: "server"}
		for i := range n {
			c := in(sock.Established, i+1, 0, pid)
			c.Owners = []sock.Owner{{Process: p, FD: i}, {Process: p, FD: 1000 + i}}
			all = append(all, c)
		}
		return all
	}
	files := map[int][2]int64{1: {80, 100}, 2: {79, 100}, 3: {100, 100}, 4: {100, 100}}
	s := newSpace()
	s.Counted = true
	s.machine.OpenFiles = func(pid int) (int64, int64, bool) { f, ok := files[pid]; return f[0], f[1], ok }
	found := examine(s, nil, slices.Concat(held(1, 50), held(2, 50), held(3, 50), held(4, 49), held(5, 50))...)
	var got []string
	for _, f := range found {
		got = append(got, f.Severity.String()+": "+f.Title)
	}
	want := []string{
		"critical: server[3] has 100 of 100 descriptors open, and holds 50 sockets", "warning: server[1] has 80 of 100 descriptors open, and holds 50 sockets",
	}
	if !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
}

// TestAutomaticPorts: the range of ports without those that are reserved.
func TestAutomaticPorts(t *testing.T) {
	s := newSpace()
	s.AutoPorts, s.ReservedPorts = [2]uint16{1000, 1009}, [][2]uint16{{900, 1001}, {1005, 1005}, {1009, 2000}}
	if n := s.automaticPorts(); n != 6 || s.automatic(999) || s.automatic(1001) || !s.automatic(1002) || s.automatic(1010) {
		t.Errorf("%d ports", n)
	}
	if s := newSpace(); s.automaticPorts() != 0 {
		t.Errorf("%d ports of a range that is not known", s.automaticPorts())
	}
	s.Counted = true
	var last []*sock.Socket
	for i, port := range []uint16{1000, 1001, 1002, 1003, 1004} { // two of them are reserved
		c := connection(i+1, "198.51.100.1", sock.TimerOff, nil)
		c.Local = netip.AddrPortFrom(c.Local.Addr(), port)
		last = append(last, c)
	}
	if found := examine(s, nil, last...); len(found) != 0 {
		t.Errorf("%+v", found)
	}
	c := connection(9, "198.51.100.1", sock.TimerOff, nil)
	c.Local = netip.AddrPortFrom(c.Local.Addr(), 1006)
	last = append(last, c)
	c = connection(10, "198.51.100.1", sock.TimerOff, nil)
	c.Local = netip.AddrPortFrom(c.Local.Addr(), 1007)
	last = append(last, c)
	if found := examine(s, nil, last...); len(found) != 1 || found[0].Rule != portExhaustion || found[0].Limits[0].Value != 6 || found[0].Counters[0].Value != 5 {
		t.Errorf("%+v", found)
	}
}

// TestEphemeralListener: a port that the program chose, not one that the kernel gave.
func TestEphemeralListener(t *testing.T) {
	listener := func(number int, address string) *sock.Socket {
		l := in(sock.Listen, number, 0, 7)
		l.Local = netip.MustParseAddrPort(address)
		return l
	}
	for _, test := range []struct {
		addresses []string
		want      int
	}{
		{[]string{"0.0.0.0:32770"}, 1}, {[]string{"0.0.0.0:32771"}, 0}, {[]string{"0.0.0.0:32771", "[::]:32771"}, 1},
		{[]string{"0.0.0.0:32772"}, 0}, {[]string{"0.0.0.0:8080"}, 0}, {[]string{"0.0.0.0:61000"}, 0},
	} {
		s := newSpace()
		s.Counted, s.AutoPorts, s.ReservedPorts = true, [2]uint16{32768, 60999}, [][2]uint16{{32772, 32772}}
		var all []*sock.Socket
		for i, a := range test.addresses {
			all = append(all, listener(i+1, a))
		}
		found := titles(examine(s, nil, all...), ephemeralListener)
		if len(found) != test.want {
			t.Errorf("%v: %q", test.addresses, found)
		}
	}
}
