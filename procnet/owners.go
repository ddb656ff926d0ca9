package procnet

import "sockeye/sock/ownerindex"

// OwnerQuery says which holders of sockets are looked for.
type OwnerQuery struct {
	// Want holds the inodes of the sockets; nil means every socket.
	Want []uint64
	// Threads looks into threads with a descriptor table of their own too.
	Threads bool
}

// OwnerIndex answers which processes hold a socket. It holds 16 bytes for each
// descriptor that refers to one.
type OwnerIndex struct {
	// Denied is the number of processes whose descriptors may not be read, the
	// kernel's own threads among them.
	Denied int
	// Hidden reports that there may be processes that the file system does not
	// show at all (its mount option hidepid).
	Hidden bool
	// Err is the first failure that left a process out, or a part of its
	// descriptors, and is neither a missing right nor the end of the process.
	// What the index holds is right all the same.
	Err error

	ownerindex.Index
}
