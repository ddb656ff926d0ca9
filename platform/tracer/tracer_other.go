//go:build !linux

package tracer

import (
	"context"
	"iter"
)

// Tracer tells of events on Linux alone.
type Tracer struct{}

// May returns an [*UnavailableError].
func May(string) error { return &UnavailableError{Reason: "Linux only"} }

// Open returns an [*UnavailableError].
func Open(context.Context, Options) (*Tracer, error) {
	return nil, &UnavailableError{Reason: "Linux only"}
}

// Missing returns nothing.
func (*Tracer) Missing() []Missing { return nil }

// Events yields nothing.
func (*Tracer) Events() iter.Seq2[*Event, error] {
	return func(func(*Event, error) bool) {}
}

// Lost returns 0.
func (*Tracer) Lost() uint64 { return 0 }

// Close does nothing.
func (*Tracer) Close() error { return nil }
