package tracer

import "net/netip"

// Options says what is to be told.
type Options struct {
	// Kinds are those that are wanted: programs for others are not loaded.
	Kinds Kinds
	// Namespaces are the inodes of the network namespaces whose sockets are meant; nil
	// means all.
	Namespaces []uint64
	// Rules are what the kernel decides of a filter: an event is told if one of them
	// matches, or if there are none. More than MaxRules are not decided in the kernel,
	// so the whole filter must be looked at again.
	Rules []Rule
	// Proc is where the proc file system is mounted.
	Proc string
	// BTF is the file with the type information of the kernel; empty means
	// /sys/kernel/btf/vmlinux.
	BTF string
	// Buffer is the room for events that have not been read yet, in bytes, made a
	// power of two; 0 means DefaultBuffer.
	Buffer int
}

// MaxRules is how many rules the kernel can be given.
const MaxRules = 16

// DefaultBuffer is enough for 20,000 events.
const DefaultBuffer = 4 << 20

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

// UnavailableError says why events cannot be told by the kernel. Another way to look
// is then the one to use.
type UnavailableError struct {
	Reason string // for people, without a full stop: "needs CAP_BPF and CAP_PERFMON, or CAP_SYS_ADMIN"
	Err    error  // what the system said, if it was asked
}

func (e *UnavailableError) Error() string {
	if e.Err == nil {
		return "tracing: " + e.Reason
	}
	return "tracing: " + e.Reason + ": " + e.Err.Error()
}

func (e *UnavailableError) Unwrap() error { return e.Err }

// Missing is a part that this kernel cannot do; the rest is told.
type Missing struct {
	What string // "retransmit", another kind, or "write" for owners learnt by writing
	Err  error
}
