package bpfiter

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"unsafe"

	"golang.org/x/sys/unix"

	"sockeye/internal/test/population"
)

// found is what the role "find" and "compare" say.
type found struct {
	Reason, Cause string  // of a refusal
	Owners        []owner `json:",omitempty"`
	Difference    string  // from the search through /proc
	Descriptors   int
	PID           int
}

// roles are what a process does that a test needs.
var roles = map[string]population.Role{
	"find":           func() (any, error) { return find(false), nil },
	"compare":        func() (any, error) { return find(true), nil },
	"nested":         func() (any, error) { return nested() },
	"seccomp EPERM":  func() (any, error) { return findDenied(unix.EPERM) },
	"seccomp ENOSYS": func() (any, error) { return findDenied(unix.ENOSYS) },
	"memlock": func() (any, error) {
		err := unix.Setrlimit(unix.RLIMIT_MEMLOCK, &unix.Rlimit{})
		return find(false), err
	},
	"threads": func() (any, error) { return nil, threads() },
	"zombie":  func() (any, error) { return population.Zombie{}, threads() },
}

// find searches in this process.
func find(compare bool) (result found) {
	result.PID = os.Getpid()
	f, err := Open("/proc")
	if err != nil {
		var refusal *UnavailableError
		if errors.As(err, &refusal) {
			result.Reason = refusal.Reason
		}
		result.Cause = err.Error()
		return result
	}
	defer f.Close()
	if compare {
		if result.Difference, result.Descriptors, err = difference(f, Query{}); err != nil {
			result.Cause = err.Error()
		}
		return result
	}
	ix, err := f.Find(context.Background(), Query{})
	if err != nil {
		result.Cause = err.Error()
		return result
	}
	result.Owners = ownersOf(ix, inodes(ix))
	return result
}

// nested compares in a PID namespace of its own, whose first process this is,
// with a child there too.
func nested() (found, error) {
	if err := unix.Mount("proc", "/proc", "proc", 0, ""); err != nil {
		return found{}, err
	}
	var sockets []*os.File
	for range 5 {
		fd, err := listener()
		if err != nil {
			return found{}, err
		}
		sockets = append(sockets, os.NewFile(uintptr(fd), "listener"))
	}
	child := exec.Command("cat")
	child.Stdin = os.Stdin // it ends as this process does
	child.ExtraFiles = sockets[:3]
	if err := population.StartProgram(child); err != nil {
		return found{}, err
	}
	result := find(true)
	runtime.KeepAlive(sockets)
	return result, nil
}

// threads makes threads with descriptor tables of their own: with sockets of
// their own, and without some of the process's.
func threads() error {
	for range 4 {
		if _, err := listener(); err != nil {
			return err
		}
	}
	errs := make(chan error)
	for range 3 {
		go func() {
			runtime.LockOSThread()
			errs <- ownTable()
			select {}
		}()
	}
	// These share the table of the process, and are not told.
	for range 3 {
		go func() {
			runtime.LockOSThread()
			errs <- nil
			select {}
		}()
	}
	var all []error
	for range 6 {
		all = append(all, <-errs)
	}
	return errors.Join(all...)
}

// ownTable gives this thread a table of its own with two more sockets than the
// process's, and one less.
func ownTable() error {
	first, err := listener() // the process keeps it
	if err != nil {
		return err
	}
	if err := unix.Unshare(unix.CLONE_FILES); err != nil {
		return fmt.Errorf("a table of its own: %w", err)
	}
	for range 2 {
		if _, err := listener(); err != nil {
			return err
		}
	}
	return unix.Close(first)
}

// listener returns the descriptor of a new socket.
func listener() (int, error) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err == nil {
		err = unix.Listen(fd, 8)
	}
	return fd, err
}

// findDenied searches in this process where bpf(2) fails.
func findDenied(with unix.Errno) (found, error) {
	if err := denyBPF(with); err != nil {
		return found{}, err
	}
	return find(false), nil
}

// denyBPF makes bpf(2) fail in this process: seccomp(2).
func denyBPF(with unix.Errno) error {
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return err
	}
	filter := []unix.SockFilter{
		{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS}, // nr of struct seccomp_data
		{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, Jf: 1, K: unix.SYS_BPF},
		{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ERRNO | uint32(with)},
		{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ALLOW},
	}
	program := unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
	_, _, errno := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER,
		unix.SECCOMP_FILTER_FLAG_TSYNC, uintptr(unsafe.Pointer(&program)))
	if errno != 0 {
		return errno
	}
	return nil
}
