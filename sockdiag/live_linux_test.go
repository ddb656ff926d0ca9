package sockdiag

import (
	"errors"
	"net/netip"
	"testing"

	"golang.org/x/sys/unix"

	"sockeye/sock"
	"sockeye/sock/socktest"
)

// everything asks for all that there is of some protocols.
func everything(protocols ...sock.Protocol) sock.Query {
	return sock.Query{
		Protocols: sock.Protocols(protocols...),
		Families:  sock.Families(sock.IPv4, sock.IPv6),
		States:    sock.AllStates,
		Want:      sock.AllFields,
	}
}

// collect reads a stream to its end; any error is the test's.
func collect(t testing.TB, q sock.Query) []*sock.Socket {
	t.Helper()
	var all []*sock.Socket
	for s, err := range socktest.Rows(t.Context(), New(), here, q) {
		if err != nil {
			t.Fatalf("Sockets: %v", err)
		}
		checkRecord(t, s)
		all = append(all, s.Clone())
	}
	return all
}

// withInode returns the one socket of a descriptor.
func withInode(t testing.TB, all []*sock.Socket, fd int) *sock.Socket {
	t.Helper()
	var found *sock.Socket
	inode := inodeOf(t, fd)
	for _, s := range all {
		if s.Knows(sock.FieldInode) && s.Inode == inode {
			if found != nil {
				t.Fatalf("inode %d is listed twice", inode)
			}
			found = s
		}
	}
	if found == nil {
		t.Fatalf("inode %d is not among the %d sockets listed", inode, len(all))
	}
	return found
}

func TestLiveTCP(t *testing.T) {
	ownNetns(t)
	for _, c := range []struct {
		name   string
		number int
		family sock.Family
		at     func(uint16) unix.Sockaddr
		host   netip.Addr
	}{
		{"IPv4", unix.AF_INET, sock.IPv4, loopback4, netip.MustParseAddr("127.0.0.1")},
		{"IPv6", unix.AF_INET6, sock.IPv6, loopback6, netip.IPv6Loopback()},
	} {
		listening := listener(t, c.number, c.at(0), 17)
		client, server := connection(t, c.number, listening, c.at)
		waiting := socket(t, c.number, unix.SOCK_STREAM, 0)
		defer unix.Close(waiting)
		must(t, "connect", unix.Connect(waiting, c.at(portOf(t, listening))))
		must(t, "write", unix.Sendto(client, []byte("hello"), 0, nil))
		all := collect(t, everything(sock.TCP))

		l := withInode(t, all, listening)
		want := netip.AddrPortFrom(c.host, portOf(t, listening))
		if l.State != sock.Listen || l.Family != c.family || l.Local != want || l.Knows(sock.FieldRemote) {
			t.Errorf("%s listener: %v %v %v remote %v", c.name, l.Family, l.State, l.Local, l.Remote)
		}
		if l.RecvQueue != 1 || l.Backlog != 17 || l.Knows(sock.FieldSendQueue) {
			t.Errorf("%s listener: queue %d of %d", c.name, l.RecvQueue, l.Backlog)
		}
		if l.UID != 0 || !l.Knows(sock.FieldUID|sock.FieldCookie|sock.FieldCongestion|sock.FieldMemory|sock.FieldShutdown) {
			t.Errorf("%s listener knows %b", c.name, l.Known)
		}
		if _, ok := l.TCPInfo.Get(sock.TCPInfoUnacked); ok {
			t.Errorf("%s listener: its accept queue is told as unacked segments", c.name)
		}
		cl, sv := withInode(t, all, client), withInode(t, all, server)
		if cl.State != sock.Established || cl.Remote != want || cl.Local != sv.Remote || sv.Local != want {
			t.Errorf("%s: client %v to %v, server %v to %v", c.name, cl.Local, cl.Remote, sv.Local, sv.Remote)
		}
		if sv.RecvQueue != 5 {
			t.Errorf("%s server: %d bytes wait, want 5", c.name, sv.RecvQueue)
		}
		if n, ok := cl.TCPInfo.Get(sock.TCPInfoBytesSent); !ok || n != 5 {
			t.Errorf("%s client: bytes_sent %d, %v, want 5", c.name, n, ok)
		}
		if got := countState(all, c.family, sock.Established); got != 4 {
			t.Errorf("%s: %d established, want 4 with the one in the accept queue", c.name, got)
		}
	}
}

func countState(all []*sock.Socket, f sock.Family, state sock.State) (n int) {
	for _, s := range all {
		if s.Family == f && s.State == state {
			n++
		}
	}
	return n
}

func TestLiveV4MappedAndV6Only(t *testing.T) {
	ownNetns(t)
	dual := listener(t, unix.AF_INET6, &unix.SockaddrInet6{}, 5)
	client, server := connection(t, unix.AF_INET, dual, loopback4)
	_ = client
	only := socket(t, unix.AF_INET6, unix.SOCK_STREAM, 0)
	defer unix.Close(only)
	must(t, "IPV6_V6ONLY", unix.SetsockoptInt(only, unix.IPPROTO_IPV6, unix.IPV6_V6ONLY, 1))
	must(t, "SO_BINDTODEVICE", unix.BindToDevice(only, "lo"))
	must(t, "SO_MARK", unix.SetsockoptInt(only, unix.SOL_SOCKET, unix.SO_MARK, 0x2a))
	must(t, "bind", unix.Bind(only, &unix.SockaddrInet6{}))
	must(t, "listen", unix.Listen(only, 5))
	all := collect(t, everything(sock.TCP))

	s := withInode(t, all, server)
	if s.Family != sock.IPv6 || s.Local.Addr() != netip.MustParseAddr("127.0.0.1") {
		t.Errorf("mapped: family %v, local %v", s.Family, s.Local)
	}
	d, o := withInode(t, all, dual), withInode(t, all, only)
	if !d.Knows(sock.FieldV6Only) || d.V6Only || !o.Knows(sock.FieldV6Only) || !o.V6Only {
		t.Errorf("v6only: dual %v, only %v", d.V6Only, o.V6Only)
	}
	if !d.Knows(sock.FieldInterface) || d.IfIndex != 0 || o.IfIndex != 1 {
		t.Errorf("device: dual %d, bound %d, want 0 and 1", d.IfIndex, o.IfIndex)
	}
	if o.Mark != 0x2a || !o.Knows(sock.FieldMark) {
		t.Errorf("mark %#x, want 0x2a", o.Mark)
	}
}

func TestLiveListenersAlone(t *testing.T) {
	ownNetns(t)
	listening := listener(t, unix.AF_INET, loopback4(0), 5)
	connection(t, unix.AF_INET, listening, loopback4)
	q := everything(sock.TCP)
	q.States = sock.ListeningStates
	all := collect(t, q)
	if len(all) != 1 || withInode(t, all, listening).State != sock.Listen {
		t.Errorf("%d rows, want the listener alone", len(all))
	}
}

// What is said of the kernel is what it does when it is asked in any case; if it
// does not tell bound sockets, it is not asked.
func TestLiveBoundInactive(t *testing.T) {
	ownNetns(t)
	bound := socket(t, unix.AF_INET, unix.SOCK_STREAM, 0)
	defer unix.Close(bound)
	must(t, "bind", unix.Bind(bound, loopback4(0)))
	q := everything(sock.TCP)
	q.States = sock.States(sock.Bound)
	asked := New()
	asked.bound = func() bool { return true }
	rows := 0
	for _, err := range socktest.Rows(t.Context(), asked, here, q) {
		must(t, "Rows", err)
		rows++
	}
	source := New()
	if told := rows == 1; source.bound() != told || source.States(sock.TCP).Has(sock.Bound) != told {
		t.Fatalf("the kernel lists %d bound sockets of 1, and is taken to tell them: %v", rows, source.bound())
	}
	all := collect(t, q)
	if !source.bound() {
		for _, r := range source.session(here).Plan(q) {
			if request := r.(*reading).request; request != nil || len(all) != 0 {
				t.Errorf("%d rows, request %x", len(all), request)
			}
		}
		return
	}
	b := withInode(t, all, bound)
	if b.State != sock.Bound || b.Local.Port() != portOf(t, bound) || b.Knows(sock.FieldRemote) {
		t.Errorf("%v %v remote %v", b.State, b.Local, b.Remote)
	}
	six := socket(t, unix.AF_INET6, unix.SOCK_STREAM, 0)
	defer unix.Close(six)
	must(t, "bind", unix.Bind(six, &unix.SockaddrInet6{Addr: [16]byte{15: 1}}))
	all = collect(t, q)
	if len(all) != 2 || withInode(t, all, bound).Family != sock.IPv4 || withInode(t, all, six).Family != sock.IPv6 {
		t.Errorf("%d bound sockets of both families, want 2", len(all))
	}
}

func TestLiveTimeWait(t *testing.T) {
	ownNetns(t)
	listening := listener(t, unix.AF_INET, loopback4(0), 5)
	client, server := connection(t, unix.AF_INET, listening, loopback4)
	port := portOf(t, client)
	must(t, "close", unix.Close(client))
	must(t, "close", unix.Close(server))
	for _, s := range collect(t, everything(sock.TCP)) {
		if s.Local.Port() != port {
			continue
		}
		if s.State != sock.TimeWait || s.Timer.Kind != sock.TimerTimeWait || s.Timer.Expires <= 0 {
			t.Errorf("%v with timer %+v, want TIME_WAIT with its timer", s.State, s.Timer)
		}
		if s.Knows(sock.FieldInode) || s.Knows(sock.FieldUID) || !s.Knows(sock.FieldRemote) {
			t.Errorf("TIME_WAIT knows %b: it has no inode", s.Known)
		}
		return
	}
	t.Error("the closed connection is not listed")
}

func TestLiveUDP(t *testing.T) {
	ownNetns(t)
	for _, protocol := range []struct {
		protocol sock.Protocol
		number   int
	}{{sock.UDP, unix.IPPROTO_UDP}, {sock.UDPLite, unix.IPPROTO_UDPLITE}} {
		t.Run(protocol.protocol.String(), func(t *testing.T) {
			ownNetns(t)
			fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, protocol.number)
			if errors.Is(err, unix.EPROTONOSUPPORT) && protocol.protocol == sock.UDPLite {
				// Being removed upstream; nothing to list then.
				t.Skip("the kernel has no UDP-Lite")
			}
			must(t, "socket", err)
			defer unix.Close(fd)
			must(t, "bind", unix.Bind(fd, loopback4(0)))
			peer := socket(t, unix.AF_INET, unix.SOCK_DGRAM, protocol.number)
			defer unix.Close(peer)
			must(t, "connect", unix.Connect(peer, loopback4(portOf(t, fd))))
			var all []*sock.Socket
			for s, err := range socktest.Rows(t.Context(), New(), here, everything(protocol.protocol).Only(sock.Table{Protocol: protocol.protocol, Family: sock.IPv4})) {
				if errors.Is(err, sock.ErrUnavailable) && protocol.protocol == sock.UDPLite {
					t.Skipf("the kernel does not list UDP-Lite: %v", err)
				}
				must(t, "Sockets", err)
				checkRecord(t, s)
				all = append(all, s.Clone())
			}
			u, c := withInode(t, all, fd), withInode(t, all, peer)
			if u.State != sock.Unconnected || u.Knows(sock.FieldRemote) || u.Local.Port() != portOf(t, fd) {
				t.Errorf("unconnected: %v %v remote %v", u.State, u.Local, u.Remote)
			}
			if c.State != sock.Established || c.Remote != u.Local {
				t.Errorf("connected: %v to %v, want %v", c.State, c.Remote, u.Local)
			}
			if len(all) != 2 || u.Knows(sock.FieldTimer) || u.Protocol != protocol.protocol {
				t.Errorf("%d rows of %v", len(all), u.Protocol)
			}
		})
	}
}
