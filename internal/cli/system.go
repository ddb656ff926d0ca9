package cli

import (
	"context"
	"os"
	"os/signal"
	"syscall"
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

// interruptible returns a context that ends with the first interrupt; the
// second kills.
func interruptible() (context.Context, context.CancelFunc) {
	ignoreBrokenPipe()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	return ctx, stop
}
