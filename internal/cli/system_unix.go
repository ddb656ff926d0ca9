//go:build unix

package cli

import (
	"errors"
	"os/signal"
	"syscall"
	"time"
)

// ignoreBrokenPipe makes a write to a closed pipe an error instead of a death.
func ignoreBrokenPipe() { signal.Ignore(syscall.SIGPIPE) }

func isClosedPipe(err error) bool { return errors.Is(err, syscall.EPIPE) }

// escapeSequences reports whether a terminal obeys escape sequences: all do, but
// those that $TERM calls dumb.
func escapeSequences(uintptr) (understood bool, restore func()) { return true, func() {} }

// spent is the time of processors that this process has taken (getrusage(2)); there is
// no such call that could fail.
var spent = func() time.Duration {
	var usage syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &usage)
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
