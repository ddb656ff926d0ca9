package netns

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"sync"

	"golang.org/x/sys/unix"
)

// Names is the directory in which `ip netns add` makes a file for each namespace.
const Names = "/run/netns"

// ErrOther is the error of a file that is something else.
var ErrOther = errors.New("it is no network namespace")

// Handle is an open network namespace, which exists as long as it is open. It may
// be used by several goroutines.
type Handle struct {
	id   identity
	own  string // the file of the calling thread's namespace
	name func() string

	mu sync.Mutex
	fd int // -1: it is closed
}

// identity names a namespace on this machine: device and inode of its nsfs file.
type identity struct{ device, inode uint64 }

// Open opens the namespace in a file, such as /run/netns/blue or /proc/812/ns/net;
// an empty path is that of the calling thread. proc is where the proc file system
// is mounted.
func Open(proc, path string) (*Handle, error) {
	if path == "" {
		path = ownFile(proc)
	}
	fd, err := open(path)
	if err != nil {
		return nil, err
	}
	return newHandle(proc, fd, path)
}

// ownFile is that of the calling thread's namespace.
func ownFile(proc string) string { return filepath.Join(proc, "thread-self", "ns", "net") }

// newHandle takes a descriptor of a namespace, which it closes if it is none. The path
// is for errors.
func newHandle(proc string, fd int, path string) (*Handle, error) {
	h := &Handle{fd: fd, own: ownFile(proc)}
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		unix.Close(fd)
		return nil, &os.PathError{Op: "stat", Path: path, Err: err}
	}
	if kind, err := unix.IoctlRetInt(fd, unix.NS_GET_NSTYPE); err != nil || kind != unix.CLONE_NEWNET {
		unix.Close(fd)
		return nil, &os.PathError{Op: "open", Path: path, Err: ErrOther}
	}
	h.id = identityOf(&st)
	h.name = sync.OnceValue(func() string { return nameIn(Names, h.id) })
	return h, nil
}

// open opens a file without what package os does for one that is waited for. A named
// pipe, which is no namespace, would be waited for without O_NONBLOCK.
func open(path string) (fd int, err error) {
	if fd, err = unix.Open(path, unix.O_RDONLY|unix.O_CLOEXEC|unix.O_NONBLOCK, 0); err != nil {
		return -1, &os.PathError{Op: "open", Path: path, Err: err}
	}
	return fd, nil
}

func identityOf(st *unix.Stat_t) identity { return identity{uint64(st.Dev), st.Ino} }

// Inode returns the number of the namespace, as in the link /proc/PID/ns/net.
func (h *Handle) Inode() uint64 { return h.id.inode }

// Name returns the name that `ip netns` gave to the namespace, empty if it has
// none. It is looked for once.
func (h *Handle) Name() string { return h.name() }

// nameIn returns the name of the file in a directory that is the namespace.
func nameIn(dir string, id identity) string {
	entries, _ := os.ReadDir(dir) // without the directory nothing has a name
	for _, entry := range entries {
		var st unix.Stat_t
		if unix.Stat(filepath.Join(dir, entry.Name()), &st) == nil && identityOf(&st) == id {
			return entry.Name()
		}
	}
	return ""
}

// Close closes the handle. Sockets and files that were opened in the namespace
// stay in it.
func (h *Handle) Close() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	fd := h.fd
	h.fd = -1
	return unix.Close(fd)
}

// set moves the calling thread into the namespace. Of a closed handle it does not: its
// descriptor may be that of another namespace by now.
func (h *Handle) set() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.fd < 0 {
		return &os.PathError{Op: "enter", Path: "a network namespace", Err: os.ErrClosed}
	}
	if err := unix.Setns(h.fd, unix.CLONE_NEWNET); err != nil {
		return &os.SyscallError{Syscall: "setns", Err: err}
	}
	return nil
}

// Do runs f on a thread that is in the namespace. f starts no goroutines. In a
// namespace that the calling thread is in already nothing is entered; another one
// needs CAP_SYS_ADMIN, there and here (setns(2)). The error of one that cannot be entered
// since the handle is closed wraps os.ErrClosed.
func (h *Handle) Do(f func() error) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var st unix.Stat_t
	if err := unix.Stat(h.own, &st); err == nil && identityOf(&st) == h.id {
		return f()
	}
	done := make(chan error, 1)
	go func() { done <- h.enter(f) }()
	return <-done
}

// enter runs f in the namespace, on the thread of a goroutine that ends then. If
// the thread cannot be put back where it was it ends too: a goroutine that ends
// while it is locked takes its thread along.
func (h *Handle) enter(f func() error) error {
	runtime.LockOSThread()
	before, err := open(h.own)
	if err != nil {
		runtime.UnlockOSThread()
		return err
	}
	defer unix.Close(before)
	if err := h.set(); err != nil {
		runtime.UnlockOSThread()
		return err
	}
	err = f()
	if back := unix.Setns(before, unix.CLONE_NEWNET); back == nil {
		runtime.UnlockOSThread()
	}
	return err
}
