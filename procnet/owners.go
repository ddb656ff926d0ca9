package procnet

import (
	"slices"

	"sockeye/sock/ownerindex"
)

// OwnerQuery says which holders of sockets are looked for.
type OwnerQuery struct {
	// Want holds the inodes of the sockets; nil means every socket.
	Want []uint64
	// Threads looks into threads with a descriptor table of their own too.
	Threads bool
	// Workers is the number of goroutines; 0 means one for each processor.
	Workers int
	// StopEarly ends the search when each socket of Want has a holder. Other
	// holders may then be missing.
	StopEarly bool
}

// OwnerIndex answers which processes hold a socket. It holds 16 bytes for each
// descriptor that refers to one.
type OwnerIndex struct {
	// Scanned is the number of processes whose descriptors were read.
	Scanned int
	// Denied is the number of processes whose descriptors may not be read, the
	// kernel's own threads among them.
	Denied int
	// DeniedUIDs holds the owners of those processes' directories, sorted and
	// each once: the effective user, or root for a process that may not be
	// dumped.
	DeniedUIDs []uint32
	// Hidden reports that there may be processes that the file system does not
	// show at all (its mount option hidepid).
	Hidden bool
	// Failed is the number of processes whose descriptors could not be read for
	// another reason, and Err the first of the reasons.
	Failed int
	Err    error

	ownerindex.Index
}

// order puts what was found into the order in which it is asked for.
func (ix *OwnerIndex) order() {
	ix.Order()
	slices.Sort(ix.DeniedUIDs)
	ix.DeniedUIDs = slices.Compact(ix.DeniedUIDs)
}
