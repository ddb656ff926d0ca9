package sockdiag

import (
	"context"
	"errors"
	"os"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"sockeye/sock"
	"sockeye/sock/socktest"
)

func TestLiveConformance(t *testing.T) {
	ownNetns(t)
	listening := listener(t, unix.AF_INET6, &unix.SockaddrInet6{}, 5)
	connection(t, unix.AF_INET, listening, loopback4)
	connection(t, unix.AF_INET6, listening, loopback6)
	bound := socket(t, unix.AF_INET, unix.SOCK_STREAM, 0)
	defer unix.Close(bound)
	must(t, "bind", unix.Bind(bound, loopback4(0)))
	udp := socket(t, unix.AF_INET, unix.SOCK_DGRAM, 0)
	defer unix.Close(udp)
	must(t, "bind", unix.Bind(udp, loopback4(0)))
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	must(t, "socketpair", err)
	defer unix.Close(pair[0])
	defer unix.Close(pair[1])
	// The subtests run on threads of their own, so the source opens its socket
	// in this namespace whoever asks.
	source := New()
	source.open = openWireOf(t)
	sockets := 9
	if !source.bound() {
		sockets--
	}
	socktest.TestSource(t, source, here, everything(sock.TCP, sock.UDP, sock.Unix), sockets)
}

// openWireOf returns an opener that opens in the network namespace of the
// calling thread, from any thread.
func openWireOf(t *testing.T) func() (wire, error) {
	t.Helper()
	ns, err := unix.Open("/proc/thread-self/ns/net", unix.O_RDONLY|unix.O_CLOEXEC, 0)
	must(t, "open /proc/thread-self/ns/net", err)
	t.Cleanup(func() { unix.Close(ns) })
	return func() (w wire, err error) {
		opened := make(chan struct{})
		go func() {
			defer close(opened)
			// Locked for ever: the thread ends with this goroutine.
			lockThread()
			if err = unix.Setns(ns, unix.CLONE_NEWNET); err == nil {
				w, err = openWire()
			}
		}()
		<-opened
		return w, err
	}
}

// TestLiveRaw lists raw sockets, or finds that the kernel has no raw_diag and
// says so with the error that lets another source be asked.
func TestLiveRaw(t *testing.T) {
	ownNetns(t)
	raw := socket(t, unix.AF_INET, unix.SOCK_RAW, unix.IPPROTO_ICMP)
	defer unix.Close(raw)
	q := everything(sock.Raw).Only(sock.Table{Protocol: sock.Raw, Family: sock.IPv4})
	var all []*sock.Socket
	var failure error
	for s, err := range socktest.Rows(t.Context(), New(), here, q) {
		if failure != nil {
			t.Fatalf("the stream goes on after %v", failure)
		}
		if failure = err; err == nil {
			all = append(all, s.Clone())
		}
	}
	if failure == nil {
		if s := withInode(t, all, raw); s.State != sock.Unconnected || s.Local.Port() != unix.IPPROTO_ICMP {
			t.Errorf("raw socket %v %v", s.State, s.Local)
		}
		return
	}
	var failed *sock.TableError
	if !errors.As(failure, &failed) || !errors.Is(failure, sock.ErrUnavailable) || failed.Op != "dump" {
		t.Errorf("%v, want that the table is unavailable", failure)
	}
	if !errors.Is(failure, syscall.ENOENT) {
		t.Errorf("%v, want that no handler was found", failure)
	}
	// Of several tables the others are listed.
	listening := listener(t, unix.AF_INET, loopback4(0), 5)
	parts, rows := 0, 0
	for s, err := range socktest.Rows(t.Context(), New(), here, everything(sock.TCP, sock.Raw)) {
		if errors.As(err, &failed) && errors.Is(err, sock.ErrUnavailable) {
			parts++
		} else if err == nil && s.Inode == inodeOf(t, listening) {
			rows++
		}
	}
	if parts != 2 || rows != 1 {
		t.Errorf("%d tables failed and %d listeners, want raw/ipv4, raw/ipv6 and one", parts, rows)
	}
}

// TestLiveDescriptors: neither an early break nor an end leaves a descriptor.
func TestLiveDescriptors(t *testing.T) {
	ownNetns(t)
	for range 3 {
		listener(t, unix.AF_INET, loopback4(0), 5)
	}
	before := descriptors(t)
	for range 50 {
		for _, err := range socktest.Rows(t.Context(), New(), here, everything(sock.TCP)) {
			must(t, "Sockets", err)
			break
		}
		collect(t, everything(sock.TCP))
	}
	if after := descriptors(t); after > before {
		t.Errorf("%d sockets before, %d after", before, after)
	}
}

// descriptors counts the sockets among the descriptors of this process.
func descriptors(t *testing.T) (n int) {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	must(t, "readdir", err)
	for _, e := range entries {
		if target, err := os.Readlink("/proc/self/fd/" + e.Name()); err == nil && len(target) > 7 && target[:7] == "socket:" {
			n++
		}
	}
	return n
}

func TestLiveCanceled(t *testing.T) {
	ownNetns(t)
	for range 3 {
		listener(t, unix.AF_INET, loopback4(0), 5)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var last error
	for s, err := range socktest.Rows(ctx, New(), here, everything(sock.TCP)) {
		if s != nil {
			t.Error("a row after the context was canceled")
		}
		last = err
	}
	if last != context.Canceled {
		t.Errorf("%v, want the context's error", last)
	}
}

// TestLiveSilence: a receive without anything to receive ends by itself.
func TestLiveSilence(t *testing.T) {
	needSockDiag(t)
	w, err := openWire()
	must(t, "open", err)
	defer w.close()
	if b, truncated, err := w.receive(make([]byte, 64)); !errors.Is(err, syscall.EAGAIN) {
		t.Errorf("%d bytes, truncated %v, error %v, want EAGAIN", len(b), truncated, err)
	}
}

// TestLiveTruncation asks the kernel itself for more than a small buffer holds.
func TestLiveTruncation(t *testing.T) {
	ownNetns(t)
	for range 200 {
		listener(t, unix.AF_INET, loopback4(0), 5)
	}
	q := everything(sock.TCP)
	q.Want = 0
	r := New().session(here).planTable(q, tcp4Table)
	r.exchange.buf = make([]byte, 2048)
	seen, largest := map[uint64]int{}, 0
	for s, err := range r.Rows(t.Context()) {
		must(t, "Rows", err)
		seen[s.Cookie]++
		largest = len(r.exchange.buf)
	}
	for cookie, n := range seen {
		if n > 1 {
			t.Errorf("cookie %d came %d times", cookie, n)
		}
	}
	if len(seen) != 200 || largest <= 2048 {
		t.Errorf("%d of 200 listeners with a buffer of %d", len(seen), largest)
	}
}
