package procnet

import (
	"sockeye/sock"
	"sockeye/sock/ownerindex"
)

// OwnerQuery says which holders of sockets are looked for.
type OwnerQuery struct {
	// Want holds the inodes of the sockets; nil means every socket.
	Want []uint64
	// Threads looks into every thread with a descriptor table of its own. Without,
	// that is done for the sockets of Want that no process has, and in processes
	// whose first thread has ended, which leaves the process no table: a second
	// holder in a thread may be missing then.
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

	// Rings are the descriptors of io_uring instances, in the tables that were
	// read. They have files of their own; see [FS.RingSockets].
	Rings []sock.Owner

	ownerindex.Index
}

// wanted is the set of inodes that a search records; nil is every inode.
type wanted map[uint64]struct{}

func newWanted(inodes []uint64) wanted {
	if inodes == nil {
		return nil
	}
	w := make(wanted, len(inodes))
	for _, inode := range inodes {
		w[inode] = struct{}{}
	}
	return w
}

// has reports whether the inode is wanted.
func (w wanted) has(inode uint64) bool {
	if w == nil {
		return true
	}
	_, ok := w[inode]
	return ok
}
