package population

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"golang.org/x/sys/unix"
)

// namespaceNames is the directory of `ip netns`.
const namespaceNames = "/run/netns"

// InNewNamespace runs f on a thread in a new network namespace, which file leads to
// there. The thread ends then, or when stays is closed if that is not nil. f starts no
// goroutines; what it opened stays in the namespace.
func InNewNamespace(stays <-chan struct{}, f func(file string) error) error {
	done := make(chan error)
	var run func()
	run = func() {
		runtime.LockOSThread() // and never unlocked: the thread ends with the goroutine
		if unix.Gettid() == unix.Getpid() {
			defer runtime.UnlockOSThread()
			go run() // the first thread is that of the process, and does not end
			time.Sleep(time.Millisecond)
			return
		}
		err := unix.Unshare(unix.CLONE_NEWNET)
		if err == nil {
			err = f("/proc/thread-self/ns/net")
		}
		done <- err
		if stays != nil {
			<-stays
		}
	}
	go run()
	return <-done
}

// BindNamespace binds the file of a namespace to another, as `ip netns` does.
func BindNamespace(file, to string) error {
	if err := os.WriteFile(to, nil, 0o600); err != nil {
		return err
	}
	return unix.Mount(file, to, "", unix.MS_BIND, "")
}

// EmptyRun gives this process a /run of its own, in the mount namespace of [Isolate],
// with a directory for the names of `ip netns`.
func EmptyRun() error {
	if err := unix.Mount("tmpfs", "/run", "tmpfs", 0, ""); err != nil {
		return err
	}
	return os.MkdirAll(namespaceNames, 0o755)
}

// Namespaces makes network namespaces with names of `ip netns`, each with listeners of
// this process. It covers /run: see [EmptyRun].
func Namespaces(count, listeners int) (*Set, error) {
	if err := EmptyRun(); err != nil {
		return nil, err
	}
	b := &builder{Set: &Set{}}
	for n := range count {
		name := filepath.Join(namespaceNames, fmt.Sprint("space", n))
		b.check(InNewNamespace(nil, func(file string) error {
			for i := range listeners {
				fd := b.socket(unix.AF_INET, unix.SOCK_STREAM, 0)
				b.bind(fd, &unix.SockaddrInet4{Port: 1000 + i})
				b.listen(fd, 16)
			}
			return BindNamespace(file, name)
		}), "namespace %d of %d", n, count)
		b.closers = append(b.closers, func() error { return unix.Unmount(name, unix.MNT_DETACH) })
	}
	if b.err != nil {
		return nil, errors.Join(b.err, b.Close())
	}
	return b.Set, nil
}
