package bpfiter

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// roleEnv makes the test binary a process that a test needs. It says that it is
// ready with a line of JSON, and ends when its standard input does.
const roleEnv = "SOCKEYE_BPFITER_ROLE"

// found is what the role "find" and "compare" say.
type found struct {
	Reason, Cause string  // of a refusal
	Owners        []owner `json:",omitempty"`
	Difference    string  // from the search through /proc
	Descriptors   int
	PID           int
}

// init keeps the main goroutine on the first thread: that is the one which ends
// in the role "zombie".
func init() {
	if os.Getenv(roleEnv) != "" {
		runtime.LockOSThread()
	}
}

func playRole(name string) {
	var answer any
	var err error
	switch name {
	case "find":
		answer = find(false)
	case "compare":
		answer = find(true)
	case "nested":
		answer, err = nested()
	case "seccomp EPERM":
		err = denyBPF(unix.EPERM)
		answer = find(false)
	case "seccomp ENOSYS":
		err = denyBPF(unix.ENOSYS)
		answer = find(false)
	case "memlock":
		err = unix.Setrlimit(unix.RLIMIT_MEMLOCK, &unix.Rlimit{})
		answer = find(false)
	case "threads", "zombie":
		err = threads()
	default:
		err = errors.New("no such role")
	}
	if err == nil {
		err = json.NewEncoder(os.Stdout).Encode(answer)
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "role %s: %v\n", name, err)
		os.Exit(1)
	}
	if name == "zombie" {
		go func() {
			_, _ = io.Copy(io.Discard, os.Stdin)
			os.Exit(0)
		}()
		// Not os.Exit: this thread alone ends.
		_, _, _ = unix.Syscall(unix.SYS_EXIT, 0, 0, 0)
	}
	_, _ = io.Copy(io.Discard, os.Stdin)
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
	if err := child.Start(); err != nil {
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

// role starts a process in a role and returns what it says. The process ends
// with the test. It is started by the command in wrap, if there is one.
func role(t *testing.T, name string, attr *syscall.SysProcAttr, answer any, wrap ...string) (pid int) {
	t.Helper()
	binary, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return roleOf(t, binary, name, attr, answer, wrap...)
}

// roleOf starts a process from a copy of the test binary.
func roleOf(t *testing.T, binary, name string, attr *syscall.SysProcAttr, answer any, wrap ...string) (pid int) {
	t.Helper()
	command := append(wrap, binary)
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Env = append(os.Environ(), roleEnv+"="+name)
	cmd.SysProcAttr = attr
	var stderr strings.Builder
	cmd.Stderr = &stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatalf("role %s: %v", name, err)
	}
	// A process that hangs must not hang the test.
	kill := time.AfterFunc(time.Minute, func() { _ = cmd.Process.Kill() })
	t.Cleanup(func() {
		defer kill.Stop()
		in.Close()
		if err := cmd.Wait(); err != nil {
			t.Errorf("role %s: %v", name, err)
		}
	})
	if err := json.NewDecoder(bufio.NewReader(out)).Decode(answer); err != nil {
		in.Close()
		_ = cmd.Wait()
		t.Fatalf("role %s: %v: %s", name, err, stderr.String())
	}
	return cmd.Process.Pid
}
