package platform

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"runtime"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// roleEnv makes the test binary a process that a test needs. It says that it is
// ready with a line of JSON, and ends when its standard input does.
const roleEnv = "SOCKEYE_PLATFORM_ROLE"

func playRole(name string) {
	var answer string
	var err error
	switch name {
	case "threads":
		err = ownTables()
	case "nested":
		answer, err = nested()
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
	_, _ = io.Copy(io.Discard, os.Stdin)
}

// ownTables makes threads with descriptor tables of their own, and a socket in
// each that the process does not have.
func ownTables() error {
	if _, err := net.Listen("tcp4", "127.0.0.1:0"); err != nil {
		return err
	}
	errs := make(chan error)
	for range 3 {
		go func() {
			runtime.LockOSThread()
			err := unix.Unshare(unix.CLONE_FILES)
			if err == nil {
				var fd int
				if fd, err = unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0); err == nil {
					err = unix.Listen(fd, 8)
				}
			}
			errs <- err
			select {}
		}()
	}
	return errors.Join(<-errs, <-errs, <-errs)
}

// nested compares in a PID namespace whose first process this is, with a child
// there that shares a socket. It returns how the two ways differ.
func nested() (string, error) {
	if err := unix.Mount("proc", "/proc", "proc", 0, ""); err != nil {
		return "", err
	}
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer listener.Close()
	file, err := listener.(*net.TCPListener).File()
	if err != nil {
		return "", err
	}
	defer file.Close()
	child := exec.Command("cat")
	child.Stdin, child.ExtraFiles = os.Stdin, []*os.File{file} // it ends as this process does
	if err := child.Start(); err != nil {
		return "", err
	}
	through, err := everyWay()
	if err != nil {
		return "", err
	}
	own := fmt.Sprintf("1/%d/0", file.Fd())
	found := false
	for _, s := range through[0] {
		for _, o := range s.Owners {
			found = found || o[:len(own)] == own
		}
	}
	if !found {
		return "process 1 is no owner", nil
	}
	return difference(through), nil
}

// role starts a process in a role and returns what it says. The process ends
// with the test.
func role(t *testing.T, name string, attr *syscall.SysProcAttr) (answer string) {
	t.Helper()
	cmd := exec.Command("/proc/self/exe")
	cmd.Env = append(os.Environ(), roleEnv+"="+name)
	cmd.SysProcAttr, cmd.Stderr = attr, os.Stderr
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
	if err := json.NewDecoder(bufio.NewReader(out)).Decode(&answer); err != nil {
		t.Fatalf("role %s: %v", name, err)
	}
	return answer
}
