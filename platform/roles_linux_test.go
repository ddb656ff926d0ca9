package platform

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"runtime"

	"golang.org/x/sys/unix"

	"sockeye/internal/test/population"
)

// roles are what a process does that a test needs.
var roles = map[string]population.Role{
	"threads": func() (any, error) { return nil, ownTables() },
	"nested":  func() (any, error) { return nested() },
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
	if err := population.StartProgram(child); err != nil {
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
