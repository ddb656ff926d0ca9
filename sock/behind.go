package sock

import "net/netip"

// Behind is what stands behind a port that is published for a container: where the
// connections go that a proxy takes, or that the kernel forwards. A value is immutable
// once it was yielded.
type Behind struct {
	// Target is the end to which they go, in the network namespace of the container.
	// The address is invalid if it is not known, the port then 0.
	Target netip.AddrPort
	// PID and Process are the first process that listens there, 0 and empty if it is
	// not known.
	PID     int
	Process string
	// By is what hands the packets on where the kernel does, as in [Forward]; empty: a
	// proxy hands on the connections of its socket. Partly is as in Forward, and
	// LastPort the last of the ports that go the same way; 0: there is one.
	By       string
	Partly   bool
	LastPort uint16
	// Container is the one that the process, or the namespace, is of; without an ID it
	// is not known.
	Container Container
}

// Known reports whether anything is known.
func (b *Behind) Known() bool { return b != nil && *b != Behind{} }
