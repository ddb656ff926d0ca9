package cli

import (
	"errors"
	"io/fs"
	"time"

	"golang.org/x/sys/windows"
)

func ignoreBrokenPipe() {}

// spent is not known: GetProcessTimes counts in clock ticks of 16 ms.
var spent func() time.Duration

// isClosedPipe reports whether what reads the output has ended. Which of the
// three it is depends on whether that was closed, is being closed, or was
// disconnected by a server of named pipes. A read that fails so is another matter.
func isClosedPipe(err error) bool {
	failed, ok := errors.AsType[*fs.PathError](err)
	if !ok || failed.Op != "write" {
		return false
	}
	switch failed.Err {
	case windows.ERROR_BROKEN_PIPE, windows.ERROR_NO_DATA, windows.ERROR_PIPE_NOT_CONNECTED:
		return true
	}
	return false
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
