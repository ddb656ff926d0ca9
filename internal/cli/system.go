package cli

import (
	"os"
	"strconv"
	"time"

	"golang.org/x/term"
)

// systemIO returns the streams of this process, and what puts the terminal back
// as it was.
func systemIO() (streams IO, restore func()) {
	streams = IO{
		In: os.Stdin, Out: os.Stdout, Err: os.Stderr, Getenv: os.Getenv, Now: time.Now, After: time.After, Spent: spent,
		Asks: term.IsTerminal(int(os.Stdin.Fd())),
	}
	restore = func() {}
	streams.Width = columns(os.Getenv("COLUMNS"))
	if fd := int(os.Stdout.Fd()); term.IsTerminal(fd) {
		streams.Terminal = true
		if width, _, err := term.GetSize(fd); err == nil && width > 0 {
			streams.Width = width
		} else if streams.Width == 0 {
			streams.Width = 80
		}
		streams.Size = func() (width, height int) {
			if width, height, err := term.GetSize(fd); err == nil && width > 0 && height > 0 {
				return width, height
			}
			return 80, 24
		}
		var understood bool
		understood, restore = escapeSequences(os.Stdout.Fd())
		streams.Plain = !understood
	}
	return streams, restore
}

// columns reads the width that the environment says the output has, such as that of
// watch(1) in a pipe; 0 if it says none.
func columns(text string) int {
	width, err := strconv.Atoi(text)
	if err != nil || width < 0 {
		return 0
	}
	return width
}
