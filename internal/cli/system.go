package cli

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	"time"

	"golang.org/x/term"
)

// systemIO returns the streams of this process.
func systemIO() IO {
	streams := IO{In: os.Stdin, Out: os.Stdout, Err: os.Stderr, Getenv: os.Getenv, Now: time.Now}
	if fd := int(os.Stdout.Fd()); term.IsTerminal(fd) {
		streams.Width = 80
		if width, _, err := term.GetSize(fd); err == nil && width > 0 {
			streams.Width = width
		}
	}
	return streams
}

// interruptible returns a context that ends with the first interrupt; the
// second kills.
func interruptible() (context.Context, context.CancelFunc) {
	ignoreBrokenPipe()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	return ctx, stop
}
