package cli

import (
	"errors"
	"syscall"
)

func ignoreBrokenPipe() {}

// errNoData is ERROR_NO_DATA of winerror.h: the pipe is being closed.
const errNoData = syscall.Errno(232)

func isClosedPipe(err error) bool {
	return errors.Is(err, syscall.ERROR_BROKEN_PIPE) || errors.Is(err, errNoData)
}
