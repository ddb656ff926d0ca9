package cli

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"sync/atomic"
	"syscall"
	"time"
)

// signalError is why a context has ended: a signal asked the program to end.
type signalError struct{ signal os.Signal }

func (e signalError) Error() string { return e.signal.String() }

// statusOf returns the exit status of a program whose context has ended: 128 and
// the number of the signal, as a shell says, but 0 for a view that SIGINT has ended.
func statusOf(ctx context.Context) int {
	var ended signalError
	switch shown, _ := ctx.Value(viewKey{}).(*atomic.Bool); {
	case errors.As(context.Cause(ctx), &ended) && ended.signal == syscall.SIGTERM:
		return exitTerminated
	case shown != nil && shown.Load():
		return exitMatched
	}
	return exitInterrupted
}

// viewKey is the key of what a context tells of a view.
type viewKey struct{}

// withView returns a context that can be told that a view has begun.
func withView(ctx context.Context) context.Context {
	return context.WithValue(ctx, viewKey{}, new(atomic.Bool))
}

// viewBegun tells that a view that goes on by itself has shown something: SIGINT is
// then how it ends, and no failure.
func viewBegun(ctx context.Context) {
	if shown, ok := ctx.Value(viewKey{}).(*atomic.Bool); ok {
		shown.Store(true)
	}
}

// slowKey is the key of whether the end of a program may take longer.
type slowKey struct{}

// takesTime tells that the program has more to do when a signal ends it, such as to put
// the terminal back as it was.
func takesTime(ctx context.Context) {
	if slow, ok := ctx.Value(slowKey{}).(*atomic.Bool); ok {
		slow.Store(true)
	}
}

// longGraceTime is graceTime for such a program.
const longGraceTime = 10 * time.Second

// graceTime is how long the program may take to end by itself, and to remove what
// it has not finished, before a signal ends it wherever it waits: in a write to a
// pipe that nobody reads, in the opening of a FIFO, in a template.
const graceTime = 100 * time.Millisecond

// interruptible returns a context that ends with the first SIGINT or SIGTERM. The
// program ends a little later, or with another one if that takes long; restore is called
// then. Signals are taken until the program has ended: one that comes behind the last
// line, as the second that timeout(1) sends, does not change how it ends.
func interruptible(restore func()) context.Context {
	ignoreBrokenPipe()
	ctx, cancel := context.WithCancelCause(context.WithValue(withView(context.Background()), slowKey{}, new(atomic.Bool)))
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		cancel(signalError{<-signals})
		time.Sleep(graceTime)
		if slow, _ := ctx.Value(slowKey{}).(*atomic.Bool); slow.Load() {
			for len(signals) > 0 {
				<-signals // timeout(1) sends it twice
			}
			select {
			case <-signals:
			case <-time.After(longGraceTime - graceTime):
			}
		}
		restore()
		os.Exit(statusOf(ctx))
	}()
	return ctx
}
