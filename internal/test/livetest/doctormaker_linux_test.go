package livetest

import (
	"fmt"
	"net"
	"os"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// maker makes sockets that end with a test.
type maker struct{ *testing.T }

func (m *maker) must(err error) {
	m.Helper()
	if err != nil {
		m.Fatal(err)
	}
}

// listen makes a listener whose accept queue has a length.
func (m *maker) listen(address string, backlog int) (fd, port int) {
	m.Helper()
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	m.must(err)
	m.Cleanup(func() { unix.Close(fd) })
	m.must(unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1))
	addr, err := net.ResolveTCPAddr("tcp4", address)
	m.must(err)
	m.must(unix.Bind(fd, &unix.SockaddrInet4{Port: addr.Port, Addr: [4]byte(addr.IP.To4())}))
	m.must(unix.Listen(fd, backlog))
	return fd, boundPort(m.T, fd)
}

func boundPort(t *testing.T, fd int) int {
	t.Helper()
	name, err := unix.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	return name.(*unix.SockaddrInet4).Port
}

// connect begins to connect, from an address, and does not wait.
func (m *maker) connect(from, to string) (fd int) {
	m.Helper()
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	m.must(err)
	m.Cleanup(func() { unix.Close(fd) })
	src, err := net.ResolveTCPAddr("tcp4", from+":0")
	m.must(err)
	dst, err := net.ResolveTCPAddr("tcp4", to)
	m.must(err)
	m.must(unix.Bind(fd, &unix.SockaddrInet4{Addr: [4]byte(src.IP.To4())}))
	if err := unix.Connect(fd, &unix.SockaddrInet4{Port: dst.Port, Addr: [4]byte(dst.IP.To4())}); err != nil && err != unix.EINPROGRESS {
		m.Fatal(err)
	}
	return fd
}

// pair makes a connection between two addresses.
func (m *maker) pair(from, to string) (client, server int) {
	m.Helper()
	return m.pairWith(from, to, func(int) {})
}

// pairWith lets the listener be set before the connection is made.
func (m *maker) pairWith(from, to string, set func(listener int)) (client, server int) {
	m.Helper()
	at := to
	if to == reflectThere {
		at = reflectHere
	}
	listener, port := m.listen(at+":0", 8)
	set(listener)
	client = m.connect(from, fmt.Sprintf("%s:%d", to, port))
	m.readable(listener)
	server, _, err := unix.Accept4(listener, unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK)
	m.must(err)
	m.Cleanup(func() { unix.Close(server) })
	unix.Close(listener)
	return client, server
}

// readable waits until there is something to read or accept.
func (m *maker) readable(fd int) {
	m.Helper()
	if n, err := unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, 60_000); n != 1 {
		m.Fatalf("nothing arrives: %v", err)
	}
}

// goOn does something again and again until the test ends.
func (m *maker) goOn(what func()) {
	done, stop := make(chan bool), make(chan bool)
	go func() {
		defer close(done)
		for {
			select {
			case <-stop:
				return
			default:
				what()
			}
		}
	}()
	m.Cleanup(func() { close(stop); <-done })
}

// wait waits until a socket is there.
func (m *maker) wait(condition ...string) {
	m.Helper()
	if got := run(m.T, sockeye(m.T, append([]string{"wait", "-ta", "--timeout", "60"}, condition...)...)); got.status != 0 {
		m.Fatalf("%v: %s", condition, got.stderr)
	}
}

// filter adds a rule of iptables for the test.
func (m *maker) filter(rule ...string) {
	m.Helper()
	must(m.T, append([]string{"iptables", "-w", "-A"}, rule...)...)
	m.Cleanup(func() { must(m.T, append([]string{"iptables", "-w", "-D"}, rule...)...) })
}

// sysctl sets a setting of the kernel for the test.
func (m *maker) sysctl(name, value string) {
	m.Helper()
	was, err := os.ReadFile(sysctlFile(name))
	m.must(err)
	m.must(os.WriteFile(sysctlFile(name), []byte(value), 0))
	m.Cleanup(func() { os.WriteFile(sysctlFile(name), was, 0) })
}

func sysctlFile(name string) string { return "/proc/sys/" + strings.ReplaceAll(name, ".", "/") }

// fill writes until there is no more room, here and at the other end.
func (m *maker) fill(fd int) {
	for {
		if _, err := unix.Write(fd, make([]byte, 1<<16)); err != nil {
			return
		}
	}
}

// datagrams makes a socket of UDP that nobody reads.
func (m *maker) datagrams() (fd int) {
	m.Helper()
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	m.must(err)
	m.Cleanup(func() { unix.Close(fd) })
	m.must(unix.Bind(fd, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}))
	return fd
}
