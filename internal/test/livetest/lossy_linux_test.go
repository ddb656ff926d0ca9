package livetest

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// The two ends of the lossy link: this network namespace, and another one.
const (
	nearEnd = "10.66.0.1"
	farEnd  = "10.66.0.2"
)

// place is a network namespace with a thread of its own in it.
type place struct{ do chan func() }

// run runs a function there. It must not fail the test by itself.
func (p *place) run(what string, t *testing.T, f func() error) {
	t.Helper()
	done := make(chan error)
	p.do <- func() { done <- f() }
	if err := <-done; err != nil {
		t.Fatalf("%s: %v", what, err)
	}
}

// elsewhere makes a network namespace and returns it with the number of the thread
// that is in it. Both end with the test.
func elsewhere(t *testing.T) (*place, int) {
	t.Helper()
	p := &place{do: make(chan func())}
	ready, tid := make(chan error), 0
	go func() {
		runtime.LockOSThread() // for ever: the thread ends with this goroutine
		tid = unix.Gettid()
		ready <- unix.Unshare(unix.CLONE_NEWNET)
		for f := range p.do {
			f()
		}
	}()
	if err := <-ready; err != nil {
		t.Fatalf("a network namespace: %v", err)
	}
	t.Cleanup(func() { close(p.do) })
	return p, tid
}

// commands runs programs, one a line.
func commands(lines ...string) error {
	for _, line := range lines {
		words := strings.Fields(line)
		if out, err := exec.Command(words[0], words[1:]...).CombinedOutput(); err != nil {
			return fmt.Errorf("%s: %w: %s", line, err, out)
		}
	}
	return nil
}

// settings are those of TCP at both ends: ECN, and data in the SYN without a cookie.
func settings() error {
	for name, value := range map[string]string{"tcp_ecn": "1", "tcp_fastopen": "1543"} {
		if err := os.WriteFile("/proc/sys/net/ipv4/"+name, []byte(value), 0); err != nil {
			return err
		}
	}
	return nil
}

// slowLink joins this namespace with another by a narrow link.
func slowLink(t *testing.T) *place {
	t.Helper()
	far, tid := elsewhere(t)
	must := func(what string, err error) {
		t.Helper()
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
	}
	const slow = "tc qdisc replace dev %s root tbf rate 30mbit burst 10kb latency 10ms"
	must("near end", commands("ip link add near type veth peer name far",
		fmt.Sprintf("ip link set far netns %d", tid), "ip addr add "+nearEnd+"/24 dev near", "ip link set near up",
		fmt.Sprintf(slow, "near")))
	must("settings", settings())
	far.run("far end", t, func() error {
		err := commands("ip link set lo up", "ip addr add "+farEnd+"/24 dev far", "ip link set far up", fmt.Sprintf(slow, "far"))
		if err != nil {
			return err
		}
		return settings()
	})
	return far
}

// drop lets packets be lost at both ends of the link.
func drop(t *testing.T, far *place, which string) {
	t.Helper()
	rule := func() error {
		return commands("iptables -I INPUT -i near "+which+" -j DROP", "iptables -I INPUT -i far "+which+" -j DROP")
	}
	if err := rule(); err != nil {
		t.Fatal(err)
	}
	far.run("drop", t, rule)
}

// What is lost: one packet in twenty, or everything. Then only timers go on.
const (
	aTwentieth = "-m statistic --mode nth --every 20 --packet 0"
	everything = ""
)

// traffic is connections over the link, and what is done with each.
type traffic struct {
	t    *testing.T
	far  *place
	fds  []int
	send []int // they write as much as goes
	read []int // they read what arrives
}

func (w *traffic) must(what string, err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatalf("%s: %v", what, err)
	}
}

// socket makes a socket at this end, with options: level, name, value.
func (w *traffic) socket(kind int, options ...int) int {
	w.t.Helper()
	fd, err := unix.Socket(unix.AF_INET, kind|unix.SOCK_CLOEXEC, 0)
	w.must("socket", err)
	w.fds = append(w.fds, fd)
	for i := 0; i+2 < len(options); i += 3 {
		w.must("setsockopt", unix.SetsockoptInt(fd, options[i], options[i+1], options[i+2]))
	}
	return fd
}

// farListener makes a listener at the other end.
func (w *traffic) farListener(prepare func(fd int) error) (fd, port int) {
	w.t.Helper()
	w.far.run("listener", w.t, func() (err error) {
		if fd, err = unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0); err != nil {
			return err
		}
		if prepare != nil {
			if err = prepare(fd); err != nil {
				return err
			}
		}
		if err = unix.Bind(fd, &unix.SockaddrInet4{Addr: [4]byte{10, 66, 0, 2}}); err != nil {
			return err
		}
		if err = unix.Listen(fd, 64); err != nil {
			return err
		}
		at, err := unix.Getsockname(fd)
		if err == nil {
			port = at.(*unix.SockaddrInet4).Port
		}
		return err
	})
	w.fds = append(w.fds, fd)
	return fd, port
}

// connect connects a socket to a listener at the other end, and returns the end
// there. A lost SYN is sent again after a second.
func (w *traffic) connect(fd, listener, port int) (server int) {
	w.t.Helper()
	w.must("connect", unix.Connect(fd, &unix.SockaddrInet4{Addr: [4]byte{10, 66, 0, 2}, Port: port}))
	return w.accept(fd, listener)
}

func (w *traffic) accept(fd, listener int) (server int) {
	w.t.Helper()
	server, _, err := unix.Accept4(listener, unix.SOCK_CLOEXEC)
	w.must("accept", err)
	w.fds = append(w.fds, server)
	w.must("non-blocking", unix.SetNonblock(fd, true))
	w.must("non-blocking", unix.SetNonblock(server, true))
	return server
}

// flow lets the connections send and read for a time.
func (w *traffic) flow(d time.Duration) {
	w.t.Helper()
	chunk := make([]byte, 32<<10)
	for end := time.Now().Add(d); time.Now().Before(end); time.Sleep(time.Millisecond) {
		for _, fd := range w.send {
			if _, err := unix.Write(fd, chunk); err != nil && err != unix.EAGAIN {
				w.t.Fatalf("write: %v", err)
			}
		}
		for _, fd := range w.read {
			for {
				if n, err := unix.Read(fd, chunk); n <= 0 || err != nil {
					break
				}
			}
		}
	}
}

func (w *traffic) close() {
	for _, fd := range w.fds {
		unix.Close(fd)
	}
}
