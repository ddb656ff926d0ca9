package cli

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// signalError is why a context has ended: a signal asked the program to end.
type signalError struct{ signal os.Signal }

func (e signalError) Error() string { return e.signal.String() }

// statusOf returns the exit status of a program that was ended for this reason:
// 128 and the number of the signal, as a shell says.
func statusOf(cause error) int {
	var ended signalError
	if errors.As(cause, &ended) && ended.signal == syscall.SIGTERM {
		return exitTerminated
	}
	return exitInterrupted
}

// graceTime is how long the program may take to end by itself, and to remove what
// it has not finished, before a signal ends it wherever it waits: in a write to a
// pipe that nobody reads, in the opening of a FIFO, in a template.
const graceTime = 100 * time.Millisecond

// interruptible returns a context that ends with the first SIGINT or SIGTERM. The
// program ends with the second one, or a little later; restore is called then.
func interruptible(restore func()) (ctx context.Context, stop func()) {
	ignoreBrokenPipe()
	ctx, cancel := context.WithCancelCause(context.Background())
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		cause := signalError{<-signals}
		cancel(cause)
		select {
		case <-signals:
		case <-time.After(graceTime):
		}
		restore()
		os.Exit(statusOf(cause))
	}()
	return ctx, func() { signal.Stop(signals) }
}
