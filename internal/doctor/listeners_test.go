package doctor

import (
	"net/netip"
	"slices"
	"testing"

	"sockeye/sock"
)

// TestV6Only: listeners on [::], beside those that take IPv4.
func TestV6Only(t *testing.T) {
	listener := func(address string, v6only bool, pid int) *sock.Socket {
		l := in(sock.Listen, pid, 0, pid)
		l.Local = netip.MustParseAddrPort(address)
		if l.Local.Addr().Is6() {
			l.Family, l.V6Only, l.Known = sock.IPv6, v6only, l.Known|sock.FieldV6Only
		}
		return l
	}
	const alone, split = "server[7] takes no IPv4 on port 80, and nobody else does", "Port 80 is server[7] by IPv6 and server[8] by IPv4"
	for _, test := range []struct {
		all  []*sock.Socket
		want []string
	}{
		{[]*sock.Socket{listener("[::]:80", true, 7)}, []string{alone}},
		{[]*sock.Socket{listener("[::]:80", false, 7)}, nil},
		{[]*sock.Socket{listener("[::1]:80", true, 7)}, nil},
		{[]*sock.Socket{listener("[::]:80", true, 7), listener("0.0.0.0:80", false, 7)}, nil},
		{[]*sock.Socket{listener("[::]:80", true, 7), listener("127.0.0.1:80", false, 7)}, nil},
		{[]*sock.Socket{listener("[::]:80", true, 7), listener("0.0.0.0:81", false, 7)}, []string{alone}},
		{[]*sock.Socket{listener("[::]:80", true, 7), listener("0.0.0.0:80", false, 8)}, []string{split}},
		{[]*sock.Socket{listener("[::]:80", true, 7), listener("0.0.0.0:80", false, 0)}, nil}, // whose it is is not known
	} {
		found := examine(newSpace(), nil, test.all...)
		if got := titles(found, v6Only); !slices.Equal(got, test.want) {
			t.Errorf("%q, want %q", got, test.want)
		}
		for _, f := range found {
			if f.Rule == v6Only && f.Evidence.Total != len(test.all) && f.Title == split {
				t.Errorf("%+v", f.Evidence)
			}
		}
	}
}

// TestIdle: what is idle without keepalive for longer than a middlebox remembers it.
func TestIdle(t *testing.T) {
	for _, test := range []struct {
		sent, received uint64 // milliseconds ago
		timer          sock.TimerKind
		to, want       string
	}{
		{240_000, 240_000, sock.TimerOff, "198.51.100.1", "1 connection of server[7] without keepalive is idle for at least 4m 0s, longer than Azure Load Balancer remembers (4m 0s)"},
		{9e6, 400_000, sock.TimerOff, "198.51.100.1", "1 connection of server[7] without keepalive is idle for at least 6m 40s, longer than AWS Network Load Balancer remembers (5m 50s)"},
		{240_000, 239_999, sock.TimerOff, "198.51.100.1", ""},
		{240_000, 240_000, sock.TimerKeepalive, "198.51.100.1", ""},
		{240_000, 240_000, sock.TimerOff, "127.0.0.1", ""},
	} {
		c := connection(1, test.to, test.timer, numbers{sock.TCPInfoLastDataSent: test.sent, sock.TCPInfoLastDataRecv: test.received})
		c.Owners, c.Known = []sock.Owner{{Process: &sock.Process{PID: 7, Name: "server"}}}, c.Known|sock.FieldOwners
		s := newSpace()
		var want []string
		if test.want != "" {
			want = []string{test.want}
		}
		if got := titles(examine(s, nil, movedFrom(s, c)), idleWithoutKeepalive); !slices.Equal(got, want) {
			t.Errorf("%+v: %q", test, got)
		}
	}
	for i, m := range middleboxes {
		if m.name == "" || m.source == "" || m.after <= 0 || i > 0 && m.after < middleboxes[i-1].after {
			t.Errorf("%+v", m)
		}
	}
}

// TestReceiveBuffer: a buffer that is full both times, and what was dropped elsewhere.
func TestReceiveBuffer(t *testing.T) {
	for _, test := range []struct {
		before, now, taken uint32
		want               int
	}{{500, 500, 900, 1}, {500, 500, 899, 0}, {500, 400, 900, 0}, {0, 500, 900, 0}} {
		s := newSpace()
		c := in(sock.Established, 1, 0, 7)
		c.Known |= sock.FieldMemory
		c.RecvQueue, c.Memory = test.before, sock.Memory{RmemAlloc: test.taken, Rcvbuf: 1000}
		s.add(c)
		c.RecvQueue = test.now
		if got := titles(examine(s, nil, c), receiveBuffer); len(got) != test.want {
			t.Errorf("%+v: %q", test, got)
		}
	}
	s := newSpace()
	s.Counted = true
	s.After.Counters = []sock.Counter{{Group: "TcpExt", Name: "RcvPruned", Value: 6}, {Group: "TcpExt", Name: "TCPRcvQDrop", Value: 4}, {Group: "TcpExt", Name: "PruneCalled", Value: 99}}
	if got := titles(examine(s, nil), receiveBuffer); !slices.Equal(got, []string{"10 segments dropped: receive buffers were full"}) {
		t.Errorf("%q", got)
	}
	s.After.Counters[0].Value = 5
	if got := titles(examine(s, nil), receiveBuffer); len(got) != 0 {
		t.Errorf("%q", got)
	}
}
