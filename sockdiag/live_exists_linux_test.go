package sockdiag

import (
	"runtime"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"sockeye/sock"
)

func lockThread() { runtime.LockOSThread() }

// checkExists lists a descriptor, asks for it, closes it, and asks again.
func checkExists(t *testing.T, what string, p sock.Protocol, fd int) {
	t.Helper()
	s := withInode(t, collect(t, everything(p)), fd)
	for _, without := range []sock.Field{0, sock.FieldCookie} {
		s := s.Clone()
		s.Known &^= without
		if found, err := New().Exists(t.Context(), here, s); !found || err != nil {
			t.Errorf("%s is open (without %b): %v, %v", what, without, found, err)
		}
	}
	must(t, "close", unix.Close(fd))
	for wait := time.Millisecond; ; wait *= 2 {
		found, err := New().Exists(t.Context(), here, s)
		switch {
		case found && err == nil && wait < 4*time.Second:
			time.Sleep(wait) // the peer's last acknowledgement is on its way
			continue
		case found || err != nil:
			t.Errorf("%s is closed: %v, %v", what, found, err)
			for _, row := range collect(t, everything(p)) {
				t.Logf("listed: %v %v to %v, inode %d, cookie %x (wanted %x), %v", row.State, row.Local, row.Remote, row.Inode, row.Cookie, s.Cookie, row.Timer)
			}
		}
		return
	}
}

func TestLiveExists(t *testing.T) {
	ownNetns(t)
	open := func(family, kind int, at unix.Sockaddr) int {
		fd := socket(t, family, kind, 0)
		must(t, "SO_REUSEPORT", unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEPORT, 1))
		must(t, "bind", unix.Bind(fd, at))
		return fd
	}
	listening := open(unix.AF_INET6, unix.SOCK_STREAM, &unix.SockaddrInet6{})
	must(t, "listen", unix.Listen(listening, 5))
	for name, at := range map[string]struct {
		family int
		at     func(uint16) unix.Sockaddr
	}{"ipv4": {unix.AF_INET, loopback4}, "ipv6": {unix.AF_INET6, loopback6}} {
		client := socket(t, at.family, unix.SOCK_STREAM, 0)
		must(t, "connect", unix.Connect(client, at.at(portOf(t, listening))))
		server, _, err := unix.Accept4(listening, unix.SOCK_CLOEXEC)
		must(t, "accept", err)
		// The client goes first: a socket that closes first lives on as FIN_WAIT_2.
		must(t, "close", unix.Close(client))
		checkExists(t, name+" server, mapped for ipv4", sock.TCP, server)
		udp := open(at.family, unix.SOCK_DGRAM, at.at(0))
		peer := socket(t, at.family, unix.SOCK_DGRAM, 0)
		must(t, "connect", unix.Connect(peer, at.at(portOf(t, udp))))
		checkExists(t, name+" connected udp", sock.UDP, peer)
		checkExists(t, name+" udp", sock.UDP, udp)
		if New().bound() {
			checkExists(t, name+" bound", sock.TCP, open(at.family, unix.SOCK_STREAM, at.at(0)))
		}
	}
	// Each of a group that shares one port, whichever a packet would reach.
	for n := range 5 {
		fd := open(unix.AF_INET6, unix.SOCK_STREAM, &unix.SockaddrInet6{Port: int(portOf(t, listening))})
		must(t, "listen", unix.Listen(fd, 5))
		defer unix.Close(open(unix.AF_INET, unix.SOCK_DGRAM, loopback4(7777)))
		checkExists(t, "udp of a group", sock.UDP, open(unix.AF_INET, unix.SOCK_DGRAM, loopback4(7777)))
		if n%2 == 0 {
			checkExists(t, "listener of a group", sock.TCP, fd)
		} else {
			defer unix.Close(fd)
		}
	}
	checkExists(t, "dual-stack listener", sock.TCP, listening)
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	must(t, "socketpair", err)
	defer unix.Close(pair[1])
	checkExists(t, "unix", sock.Unix, pair[0])
}

// TestLiveLookUpFindsWithoutAWalk pins the byte order of the ends, which UDP
// swaps: if they were wrong, every answer would need the whole table.
func TestLiveLookUpFindsWithoutAWalk(t *testing.T) {
	ownNetns(t)
	listening := listener(t, unix.AF_INET, loopback4(0), 5)
	client, _ := connection(t, unix.AF_INET, listening, loopback4)
	udp := socket(t, unix.AF_INET, unix.SOCK_DGRAM, 0)
	defer unix.Close(udp)
	must(t, "bind", unix.Bind(udp, loopback4(0)))
	peer := socket(t, unix.AF_INET, unix.SOCK_DGRAM, 0)
	defer unix.Close(peer)
	must(t, "connect", unix.Connect(peer, loopback4(portOf(t, udp))))
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	must(t, "socketpair", err)
	defer unix.Close(pair[0])
	defer unix.Close(pair[1])
	for _, c := range []struct {
		what string
		p    sock.Protocol
		fd   int
	}{
		{"listener", sock.TCP, listening}, {"client", sock.TCP, client},
		{"udp", sock.UDP, udp}, {"connected udp", sock.UDP, peer}, {"unix", sock.Unix, pair[0]},
	} {
		q := question{socket: withInode(t, collect(t, everything(c.p)), c.fd), handler: handlerOf(c.p), exchange: exchange{open: openWire}}
		request, err := q.request(nlmFRequest, 0)
		must(t, "request", err)
		if found, err := q.lookUp(t.Context(), request); !found || err != nil {
			t.Errorf("%s: %v, %v", c.what, found, err)
		}
		q.exchange.close()
	}
}
