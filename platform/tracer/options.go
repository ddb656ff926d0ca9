package tracer

import (
	"net/netip"

	"sockeye/platform/bpfiter"
	"sockeye/sock"
)

// Options says what is to be told.
type Options struct {
	// Kinds are those that are wanted: programs for others are not loaded.
	Kinds Kinds
	// OldStates and NewStates are those of a StateChange that are wanted; 0 means all.
	OldStates, NewStates sock.StateSet
	// Namespaces are the inodes of the network namespaces whose sockets are meant; nil
	// means all.
	Namespaces []uint64
	// Rules are what the kernel decides of a filter: an event is told if one of them
	// matches, or if there are none. More than MaxRules are not decided in the kernel,
	// so the whole filter must be looked at again.
	Rules []Rule
	// Proc is where the proc file system is mounted.
	Proc string
	// Buffer is the room for events that have not been read yet, in bytes, made a
	// power of two; 0 means DefaultBuffer.
	Buffer int
}

// MaxRules is how many rules the kernel can be given.
const MaxRules = 16

// DefaultBuffer is enough for 100,000 events: a second in which the reader does not run.
const DefaultBuffer = 16 << 20

// Rule is a condition on both ends.
type Rule struct{ Local, Remote End }

// End is a condition on one end. The zero value matches any.
type End struct {
	// Prefix is the network that the address must be in; if it is not valid, any. A
	// v4-mapped address is IPv4.
	Prefix netip.Prefix
	// First and Last are the range that the port must be in; Last 0 means any. A port
	// that the kernel has not chosen yet is in every range.
	First, Last uint16
}

// UnavailableError says why the kernel does not tell events here. Another way to look
// is then the one to use.
type UnavailableError = bpfiter.UnavailableError

// Missing is a part that this kernel cannot do; the rest is told.
type Missing struct {
	// What is the name of a kind, or "read" or "write": owners that are learnt by that.
	What string
	Err  error
}
