package bpfiter

import "sockeye/sock"

// Query says which holders of sockets are looked for.
type Query struct {
	// Want holds the inodes of the sockets; nil means every socket.
	Want []uint64
	// Threads finds the sockets in threads with a descriptor table of their own
	// too.
	Threads bool
}

// UnavailableError says why the kernel does not look for owners here. It wraps
// [sock.ErrUnavailable] and the cause.
type UnavailableError struct {
	// Reason is for people, and complete without the cause.
	Reason string
	// Err is the cause; nil if there is nothing to add.
	Err error
}

// Error returns the reason and the cause.
func (e *UnavailableError) Error() string {
	if e.Err == nil {
		return e.Reason
	}
	return e.Reason + ": " + e.Err.Error()
}

// Unwrap returns [sock.ErrUnavailable] and the cause.
func (e *UnavailableError) Unwrap() []error {
	if e.Err == nil {
		return []error{sock.ErrUnavailable}
	}
	return []error{sock.ErrUnavailable, e.Err}
}
