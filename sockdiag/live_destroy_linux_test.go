package sockdiag

import (
	"errors"
	"testing"

	"golang.org/x/sys/unix"

	"sockeye/sock"
)

// TestLiveDestroy closes real sockets of every kind that the kernel closes, and
// tries those that it does not.
func TestLiveDestroy(t *testing.T) {
	ownNetns(t)
	bound := func(family, kind int, at unix.Sockaddr) int {
		fd := socket(t, family, kind, 0)
		must(t, "SO_REUSEPORT", unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEPORT, 1))
		must(t, "bind", unix.Bind(fd, at))
		return fd
	}
	destroy := func(what string, p sock.Protocol, fd int, want error) {
		t.Helper()
		s := withInode(t, collect(t, everything(p)), fd)
		if err := New().Destroy(t.Context(), here, s); !errors.Is(err, want) || (err == nil) != (want == nil) {
			t.Errorf("%s: %v, want %v", what, err, want)
		}
	}
	aborted := func(what string, fd int) {
		t.Helper()
		if _, err := unix.Read(fd, make([]byte, 1)); !errors.Is(err, unix.ECONNABORTED) {
			t.Errorf("%s: the process reads %v", what, err)
		}
	}
	listening := bound(unix.AF_INET6, unix.SOCK_STREAM, &unix.SockaddrInet6{})
	must(t, "listen", unix.Listen(listening, 8))
	port := portOf(t, listening)
	for what, at := range map[string]unix.Sockaddr{"ipv4": loopback4(port), "ipv6": loopback6(port)} {
		family := unix.AF_INET
		if what == "ipv6" {
			family = unix.AF_INET6
		}
		client := socket(t, family, unix.SOCK_STREAM, 0)
		must(t, "connect", unix.Connect(client, at))
		server, _, err := unix.Accept4(listening, unix.SOCK_CLOEXEC)
		must(t, "accept", err)
		defer unix.Close(server)
		destroy(what+" client", sock.TCP, client, nil)
		aborted(what+" client", client)
		if _, err := unix.Read(server, make([]byte, 1)); !errors.Is(err, unix.ECONNRESET) {
			t.Errorf("%s: the peer reads %v", what, err)
		}
	}
	udp := bound(unix.AF_INET, unix.SOCK_DGRAM, loopback4(0))
	peer := socket(t, unix.AF_INET, unix.SOCK_DGRAM, 0)
	must(t, "connect", unix.Connect(peer, loopback4(portOf(t, udp))))
	destroy("connected udp", sock.UDP, peer, nil)
	aborted("connected udp", peer)
	destroy("udp", sock.UDP, udp, nil)
	if New().bound() {
		destroy("bound alone", sock.TCP, bound(unix.AF_INET, unix.SOCK_STREAM, loopback4(0)), sock.ErrNotDestroyable)
	}
	// Of listeners that share a port a look-up finds one, whichever is asked for.
	var group []int
	for range 8 {
		fd := bound(unix.AF_INET, unix.SOCK_STREAM, loopback4(7070))
		must(t, "listen", unix.Listen(fd, 8))
		group = append(group, fd)
	}
	results := map[error]int{}
	for _, fd := range group {
		s := withInode(t, collect(t, everything(sock.TCP)), fd)
		results[New().Destroy(t.Context(), here, s)]++
	}
	if results[nil] == 0 || results[nil]+results[sock.ErrNotFound] != len(group) {
		t.Errorf("of a group of listeners: %v", results)
	}
	destroy("listener", sock.TCP, listening, nil)
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	must(t, "socketpair", err)
	destroy("unix", sock.Unix, pair[0], sock.ErrNotDestroyable)
	if _, err := unix.Write(pair[0], []byte{1}); err != nil {
		t.Errorf("the unix socket was harmed: %v", err)
	}
}

// TestLiveDestroyOfASuccessor: a connection that has the ends of the one that was
// listed is left alone.
func TestLiveDestroyOfASuccessor(t *testing.T) {
	ownNetns(t)
	listening := socket(t, unix.AF_INET, unix.SOCK_STREAM, 0)
	must(t, "bind", unix.Bind(listening, loopback4(0)))
	must(t, "listen", unix.Listen(listening, 8))
	connect := func() int {
		fd := socket(t, unix.AF_INET, unix.SOCK_STREAM, 0)
		must(t, "SO_REUSEADDR", unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1))
		// A reset instead of TIME_WAIT when it is closed, so that the ends are free.
		must(t, "SO_LINGER", unix.SetsockoptLinger(fd, unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: 1}))
		must(t, "bind", unix.Bind(fd, loopback4(7171)))
		must(t, "connect", unix.Connect(fd, loopback4(portOf(t, listening))))
		return fd
	}
	first := connect()
	s := withInode(t, collect(t, everything(sock.TCP)), first)
	must(t, "close", unix.Close(first))
	if err := New().Destroy(t.Context(), here, s); !errors.Is(err, sock.ErrNotFound) {
		t.Errorf("a connection that has ended: %v", err)
	}
	second := connect()
	if err := New().Destroy(t.Context(), here, s); !errors.Is(err, sock.ErrNotFound) {
		t.Errorf("its successor: %v", err)
	}
	if _, err := unix.Write(second, []byte{1}); err != nil {
		t.Errorf("the successor was closed: %v", err)
	}
}
