package tracer

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"sockeye/sock"
)

// commands runs programs, one a line.
func commands(t *testing.T, lines ...string) {
	t.Helper()
	for _, line := range lines {
		words := strings.Fields(line)
		if out, err := exec.Command(words[0], words[1:]...).CombinedOutput(); err != nil {
			t.Fatalf("%s: %v: %s", line, err, out)
		}
	}
}

// listen listens in this process.
func listen(t *testing.T, address string) net.Listener {
	t.Helper()
	// A listener of MPTCP, as Go makes them, is no file's socket.
	var config net.ListenConfig
	config.SetMultipathTCP(false)
	l, err := config.Listen(t.Context(), "tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

// pair makes a connection in this process.
func pair(t *testing.T, l net.Listener) (client, server net.Conn) {
	t.Helper()
	client, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	if server, err = l.Accept(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close(); server.Close() })
	return client, server
}

// portOf returns the local port of a connection or listener.
func portOf(t *testing.T, addr net.Addr) uint16 {
	t.Helper()
	tcp, ok := addr.(*net.TCPAddr)
	if !ok {
		t.Fatalf("%v is no address of TCP", addr)
	}
	return uint16(tcp.Port)
}

// abandon begins a connection and closes the socket before anybody answers.
func abandon(t *testing.T, address [4]byte, port int) {
	t.Helper()
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	if err := unix.Connect(fd, &unix.SockaddrInet4{Addr: address, Port: port}); !errors.Is(err, unix.EINPROGRESS) {
		t.Fatalf("connect: %v", err)
	}
}

// wait connects and waits for the outcome, as programs without an event loop do.
func wait(address [4]byte, port int) error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	for {
		// A signal of Go's scheduler interrupts the call, which is then taken up again.
		err = unix.Connect(fd, &unix.SockaddrInet4{Addr: address, Port: port})
		if !errors.Is(err, unix.EINTR) && !errors.Is(err, unix.EALREADY) {
			return err
		}
	}
}

// A handshake that fails says how, with the process that wanted it.
func TestFailedHandshakes(t *testing.T) {
	if !alone(t, "iptables") {
		return
	}
	if err := os.WriteFile("/proc/sys/net/ipv4/tcp_syn_retries", []byte("1"), 0); err != nil {
		t.Fatal(err)
	}
	commands(t,
		"iptables -A INPUT -p tcp --dport 1001 -j DROP",
		"iptables -A INPUT -p tcp --dport 1002 -j REJECT --reject-with icmp-host-unreachable",
		"iptables -A INPUT -p tcp --dport 1003 -j REJECT --reject-with tcp-reset",
		"iptables -A INPUT -p tcp --dport 1004 -j DROP",
	)
	w := watch(t, Options{Kinds: KindsOf(StateChange), OldStates: 1 << sock.SynSent})
	abandon(t, [4]byte{127, 0, 0, 1}, 1004)
	var all sync.WaitGroup
	for port, want := range map[int]error{
		1000: unix.ECONNREFUSED, 1001: unix.ETIMEDOUT, 1002: unix.EHOSTUNREACH, 1003: unix.ECONNREFUSED,
	} {
		all.Go(func() {
			if err := wait([4]byte{127, 0, 0, 1}, port); !errors.Is(err, want) {
				t.Errorf("port %d: %v, want %v", port, err, want)
			}
		})
	}
	all.Wait()
	w.until("all failures", func(events []told) bool { return len(events) >= 5 })
	got := map[uint16]Failure{}
	for _, e := range w.end() {
		if e.Old != sock.SynSent || e.New != sock.Closed || e.PID != os.Getpid() || e.Origin != Connect || e.Local.Port() == 0 || !e.Timed {
			t.Errorf("%+v", e)
		}
		got[e.Remote.Port()] = e.Failure
	}
	for port, want := range map[uint16]Failure{1000: Refused, 1001: TimedOut, 1002: Unreachable, 1003: Refused, 1004: Abandoned} {
		if got[port] != want {
			t.Errorf("port %d: %v, want %v", port, got[port], want)
		}
	}
}

// A connection that ends with RST says so at the end that gets it; both resets are
// events.
func TestResets(t *testing.T) {
	if !alone(t) {
		return
	}
	w := watch(t, Options{Kinds: KindsOf(StateChange, ResetSent, ResetReceived)})
	l := listen(t, "127.0.0.1:0")
	client, server := pair(t, l)
	port := portOf(t, client.LocalAddr())
	if err := server.(*net.TCPConn).SetLinger(0); err != nil {
		t.Fatal(err)
	}
	if err := server.Close(); err != nil {
		t.Fatal(err)
	}
	w.until("the client's end", func(events []told) bool {
		return count(events, func(e *told) bool { return e.Local.Port() == port && e.New == sock.Closed }) > 0
	})
	// A segment to a port where nobody listens is answered with RST too.
	if err := wait([4]byte{127, 0, 0, 1}, 1); !errors.Is(err, unix.ECONNREFUSED) {
		t.Fatalf("port 1: %v", err)
	}
	w.until("the refused one", func(events []told) bool {
		return count(events, func(e *told) bool { return e.Failure == Refused }) > 0
	})
	events := w.end()
	one := func(what string, is func(e *told) bool) {
		t.Helper()
		if n := count(events, is); n != 1 {
			t.Errorf("%s: told %d times: %+v", what, n, events)
		}
	}
	one("the client is reset", func(e *told) bool { return e.Failure == Reset && e.Old == sock.Established && e.Local.Port() == port })
	one("it received that", func(e *told) bool {
		return e.Kind == ResetReceived && e.Local.Port() == port && e.Old == sock.Established && e.PID == os.Getpid()
	})
	one("the server sent it", func(e *told) bool {
		return e.Kind == ResetSent && e.Remote.Port() == port && e.PID == os.Getpid() && e.Cookie != 0
	})
	one("the refused one received its own", func(e *told) bool {
		return e.Kind == ResetReceived && e.Remote.Port() == 1 && e.Old == sock.SynSent
	})
}

// What the administrator closes has not been closed by its process, which stays the
// owner.
func TestDestroyed(t *testing.T) {
	if !alone(t, "ss") {
		return
	}
	l := listen(t, "127.0.0.1:0")
	w := watch(t, Options{Kinds: KindsOf(StateChange)})
	client, _ := pair(t, l)
	port := portOf(t, client.LocalAddr())
	out, err := exec.Command("ss", "-tHK", fmt.Sprintf("sport = :%d", port)).CombinedOutput()
	if err != nil || len(out) == 0 {
		t.Skipf("this kernel closes no sockets (SOCK_DESTROY): %v %s", err, out)
	}
	is := func(e *told) bool { return e.Local.Port() == port && e.New == sock.Closed }
	w.until("the end", func(events []told) bool { return count(events, is) > 0 })
	for _, e := range w.end() {
		if is(&e) && (e.Failure != Aborted || e.PID != os.Getpid()) {
			t.Errorf("%+v", e)
		}
	}
}

// What was there before the trace has the owner that holds it, and is at least as old
// as the trace.
func TestSeeded(t *testing.T) {
	if !alone(t) {
		return
	}
	l := listen(t, "[::1]:0")
	client, server := pair(t, l)
	w := watch(t, Options{Kinds: KindsOf(StateChange)})
	client.Close()
	server.Close()
	later, _ := pair(t, l)
	later.Close()
	port := portOf(t, l.Addr())
	w.until("the ends", func(events []told) bool {
		return count(events, func(e *told) bool { return e.New == sock.Closed && e.Remote.IsValid() }) >= 2 &&
			count(events, func(e *told) bool { return e.Old == sock.SynReceived }) == 1
	})
	seeded, inherited := 0, 0
	for _, e := range w.end() {
		if e.PID != os.Getpid() || e.Family != sock.IPv6 || e.Name == "" {
			t.Errorf("%+v", e)
		}
		switch {
		case e.AtLeast != [2]bool{}: // both: the first change that is seen of a socket
			if e.Old != sock.Established {
				continue // the first is exact from then on, the age is not
			}
			seeded++
			if !e.Timed || e.AtLeast != [2]bool{true, true} || e.Origin != Seeded && e.Origin != Close {
				t.Errorf("not at least: %+v", e)
			}
		case e.Origin == Inherited && e.Local.Port() == port && e.Old == sock.SynReceived:
			inherited++ // from a listener that was seeded
			if !e.Timed || e.AtLeast != [2]bool{} {
				t.Errorf("a new connection is as old as it is: %+v", e)
			}
		}
	}
	if seeded != 2 || inherited != 1 {
		t.Errorf("%d seeded, %d inherited", seeded, inherited)
	}
}

// A trace that ends tells first what it has been told.
func TestNothingIsLeftAtTheEnd(t *testing.T) {
	if !alone(t) {
		return
	}
	l := listen(t, "127.0.0.1:0")
	w := watch(t, Options{Kinds: KindsOf(StateChange)})
	const n = 50
	for range n {
		client, server := pair(t, l)
		client.Close()
		server.Close()
	}
	// Not waited for: all changes were made before the calls returned.
	events := w.end()
	if got := count(events, func(e *told) bool { return e.New == sock.SynSent }); got != n {
		t.Errorf("%d connections of %d are told", got, n)
	}
}

// What does not fit is counted.
func TestLost(t *testing.T) {
	if !alone(t) {
		return
	}
	tracer, err := Open(t.Context(), Options{
		Kinds: KindsOf(StateChange), Namespaces: []uint64{ownSpace(t)}, Proc: "/proc", Buffer: 1,
	})
	if err != nil {
		t.Fatal(err)
	}
	defer tracer.Close()
	l := listen(t, "127.0.0.1:0")
	const n = 100
	for range n { // nobody reads meanwhile
		client, server := pair(t, l)
		client.Close()
		server.Close()
	}
	tracer.stop() // the context's end, before its time
	tracer.programs.detach()
	if err := tracer.reader.Flush(); err != nil {
		t.Fatal(err)
	}
	read := 0
	for e, err := range tracer.Events() {
		if err != nil {
			t.Fatal(err)
		}
		if e != nil {
			read++
		}
	}
	if lost := tracer.Lost(); lost == 0 || read == 0 || uint64(read)+lost != 10*n+1 {
		t.Errorf("%d were read and %d lost of %d", read, lost, 10*n+1)
	}
}

// A rule on ports and namespaces is decided in the kernel: what it leaves out is not
// in the buffer.
func TestKernelDecides(t *testing.T) {
	if !alone(t) {
		return
	}
	wanted, other := listen(t, "127.0.0.1:0"), listen(t, "127.0.0.1:0")
	port := portOf(t, wanted.Addr())
	ends := End{First: port, Last: port}
	w := watch(t, Options{Kinds: KindsOf(StateChange), Rules: []Rule{{Remote: ends}}}, Options{}) // only the kernel looks at them
	elsewhere := start(t, "serve", &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWNET})
	if elsewhere.Port == 0 {
		t.Fatal("the listener in another namespace has no port")
	}
	pair(t, other)
	pair(t, wanted)
	w.until("the connection", func(events []told) bool {
		return count(events, func(e *told) bool { return e.New == sock.Established }) > 0
	})
	for _, e := range w.end() {
		if e.Remote.Port() != port || e.Netns != ownSpace(t) {
			t.Errorf("%+v", e)
		}
	}
}

// Without namespaces, all are meant.
func TestEveryNamespace(t *testing.T) {
	if !alone(t) {
		return
	}
	o := Options{Kinds: KindsOf(StateChange), Namespaces: []uint64{}, NewStates: 1 << sock.Listen}
	w := watch(t, o, Options{Kinds: o.Kinds, NewStates: o.NewStates})
	elsewhere := start(t, "serve", &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWNET})
	w.until("the listener", func(events []told) bool {
		return count(events, func(e *told) bool { return e.PID == elsewhere.PID }) > 0
	})
	for _, e := range w.end() {
		if e.PID == elsewhere.PID && (e.Netns == ownSpace(t) || e.Netns == 0 || e.Origin != Listen) {
			t.Errorf("%+v", e)
		}
	}
}
