//go:build unix

package cli

import (
	"errors"
	"os/signal"
	"syscall"
)

// ignoreBrokenPipe makes a write to a closed pipe an error instead of a death.
func ignoreBrokenPipe() { signal.Ignore(syscall.SIGPIPE) }

func isClosedPipe(err error) bool { return errors.Is(err, syscall.EPIPE) }

// escapeSequences reports whether a terminal obeys escape sequences: all do, but
// those that $TERM calls dumb.
func escapeSequences(uintptr) (understood bool, restore func()) { return true, func() {} }
