//go:build !linux && !windows

package platform

import (
	"errors"
	"os"
	"syscall"
)

// Ended reports whether a process has ended and was waited for.
func Ended(p *os.Process) bool {
	return errors.Is(p.Signal(syscall.Signal(0)), os.ErrProcessDone)
}
