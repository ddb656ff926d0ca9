package cli

import (
	"os"
	"time"

	"golang.org/x/term"
)

// systemIO returns the streams of this process, and what puts the terminal back
// as it was.
func systemIO() (streams IO, restore func()) {
	streams = IO{
		In: os.Stdin, Out: os.Stdout, Err: os.Stderr, Getenv: os.Getenv, Now: time.Now,
		Asks: term.IsTerminal(int(os.Stdin.Fd())),
	}
	restore = func() {}
	if fd := int(os.Stdout.Fd()); term.IsTerminal(fd) {
		streams.Width = 80
		if width, _, err := term.GetSize(fd); err == nil && width > 0 {
			streams.Width = width
		}
		var understood bool
		understood, restore = escapeSequences(os.Stdout.Fd())
		streams.Plain = !understood
	}
	return streams, restore
}
