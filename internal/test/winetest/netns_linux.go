package winetest

import (
	"fmt"
	"runtime"
	"testing"

	"golang.org/x/sys/unix"
)

// namespace is a network namespace: a thread that lives in it and does what it
// is told.
type namespace struct{ work chan func() }

// newNamespace makes a network namespace with nothing in it but lo, which is up.
// It ends with the test and with what runs in it.
func newNamespace(t testing.TB) *namespace {
	t.Helper()
	n := &namespace{work: make(chan func())}
	ready := make(chan error)
	go func() {
		// Never unlocked: the thread ends with the goroutine, and the
		// namespace with the thread.
		runtime.LockOSThread()
		err := unix.Unshare(unix.CLONE_NEWNET)
		if err == nil {
			err = loopbackUp()
		}
		ready <- err
		for f := range n.work {
			f()
		}
	}()
	if err := <-ready; err != nil {
		close(n.work)
		Skip(t, "a network namespace needs root: %v", err)
	}
	t.Cleanup(func() { close(n.work) })
	return n
}

// do runs f on the thread of the namespace: a socket that it opens and a
// process that it starts are in there.
func (n *namespace) do(f func() error) error {
	done := make(chan error)
	n.work <- func() { done <- f() }
	return <-done
}

// loopbackUp sets IFF_UP: netdevice(7), SIOCSIFFLAGS.
func loopbackUp() error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	request, err := unix.NewIfreq("lo")
	if err != nil {
		return err
	}
	request.SetUint16(unix.IFF_UP | unix.IFF_RUNNING)
	if err := unix.IoctlIfreq(fd, unix.SIOCSIFFLAGS, request); err != nil {
		return fmt.Errorf("bring up lo: %w", err)
	}
	return nil
}
