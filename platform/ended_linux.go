package platform

import (
	"errors"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// Ended reports whether a process has ended, also if nobody has waited for it: its
// pidfd is then readable (pidfd_open(2)).
func Ended(p *os.Process) bool {
	ended := false
	err := p.WithHandle(func(pidfd uintptr) {
		fds := []unix.PollFd{{Fd: int32(pidfd), Events: unix.POLLIN}}
		n, err := unix.Poll(fds, 0)
		ended = err == nil && n == 1
	})
	if err != nil { // there is no pidfd before Linux 5.4, or of a process that has ended
		ended = errors.Is(p.Signal(syscall.Signal(0)), os.ErrProcessDone)
	}
	return ended
}
