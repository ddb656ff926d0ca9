//go:build !linux

package bpfiter

import "context"

// Finder looks for the owners of sockets on Linux alone.
type Finder struct{}

// reasonNotLinux is what Open says on other systems.
const reasonNotLinux = "Linux only"

// Open returns an [*UnavailableError].
func Open(string) (*Finder, error) { return nil, &UnavailableError{Reason: reasonNotLinux} }

// Prepare returns an [*UnavailableError].
func Prepare(proc string) (*Finder, error) { return Open(proc) }

// Close does nothing.
func (*Finder) Close() error { return nil }

// Find returns an [*UnavailableError].
func (*Finder) Find(context.Context, Query) (*Index, error) {
	return nil, &UnavailableError{Reason: reasonNotLinux}
}
