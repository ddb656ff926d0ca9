package tracer

import (
	"context"
	"iter"
)

// Tracer tells of events. It is used by one goroutine.
type Tracer struct{}

// Open begins to tell of events, until the context ends. What keeps it from that is an
// [*UnavailableError].
func Open(context.Context, Options) (*Tracer, error) {
	return nil, &UnavailableError{Reason: "not built yet"}
}

// Missing returns what this kernel cannot do of what was asked for.
func (t *Tracer) Missing() []Missing { return nil }

// Events streams the events over one reused record, in the order of the kernel's
// buffer, until the context ends; then it yields what has been told already. It yields
// nil whenever there is none at hand, so that the consumer can show what it has. An
// error ends it.
func (t *Tracer) Events() iter.Seq2[*Event, error] {
	return func(func(*Event, error) bool) {}
}

// Lost returns how many events did not fit into the buffer.
func (t *Tracer) Lost() uint64 { return 0 }

// Close detaches the programs and frees what they hold.
func (t *Tracer) Close() error { return nil }
