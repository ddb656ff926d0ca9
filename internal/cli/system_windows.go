package cli

import (
	"errors"
	"syscall"

	"golang.org/x/sys/windows"
)

func ignoreBrokenPipe() {}

// errNoData is ERROR_NO_DATA of winerror.h: the pipe is being closed.
const errNoData = syscall.Errno(232)

func isClosedPipe(err error) bool {
	return errors.Is(err, syscall.ERROR_BROKEN_PIPE) || errors.Is(err, errNoData)
}

// consoleMode is GetConsoleMode and SetConsoleMode but in tests.
type consoleMode struct {
	get func(windows.Handle, *uint32) error
	set func(windows.Handle, uint32) error
}

// escapeSequences makes a console obey escape sequences, and reports whether it
// does: those before Windows 10 cannot. The mode is that of the console and not
// of this process, so that it is put back. Text needs no mode or code page: what
// is written to a console goes there as UTF-16 (os.File, WriteConsoleW).
func escapeSequences(fd uintptr) (understood bool, restore func()) {
	return consoleMode{windows.GetConsoleMode, windows.SetConsoleMode}.escapeSequences(windows.Handle(fd))
}

func (m consoleMode) escapeSequences(console windows.Handle) (understood bool, restore func()) {
	restore = func() {}
	const wanted = windows.ENABLE_PROCESSED_OUTPUT | windows.ENABLE_VIRTUAL_TERMINAL_PROCESSING
	var before uint32
	if err := m.get(console, &before); err != nil {
		return false, restore
	}
	if before&wanted == wanted {
		return true, restore
	}
	if err := m.set(console, before|wanted); err != nil {
		return false, restore
	}
	return true, func() { _ = m.set(console, before) } // there is nobody left to tell
}
