package procnet

import (
	"cmp"
	"slices"

	"sockeye/sock"
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

	entries   []entry // sorted by inode, then as owners are
	holders   []holder
	processes []started // sorted by PID
}

// entry is a descriptor that refers to a socket.
type entry struct {
	inode  uint64
	holder int32 // index of OwnerIndex.holders
	fd     int32
}

// holder is a descriptor table: that of a process, or a thread's own.
type holder struct {
	process *sock.Process
	tid     int32 // 0: the process's
}

// started is a process and when it started, in clock ticks since boot.
type started struct {
	process *sock.Process
	ticks   uint64
}

// Owners appends every holder of the socket to buf, sorted by PID, descriptor
// and thread, and returns it. A descriptor that is the same in the process and in
// a thread's own table is given once, as the process's.
func (ix *OwnerIndex) Owners(inode uint64, buf []sock.Owner) []sock.Owner {
	i, _ := slices.BinarySearchFunc(ix.entries, inode, func(e entry, inode uint64) int {
		return cmp.Compare(e.inode, inode)
	})
	for ; i < len(ix.entries) && ix.entries[i].inode == inode; i++ {
		e := ix.entries[i]
		h := ix.holders[e.holder]
		buf = append(buf, sock.Owner{Process: h.process, FD: int(e.fd), TID: int(h.tid)})
	}
	return buf
}

// Len returns the number of descriptors in the index.
func (ix *OwnerIndex) Len() int { return len(ix.entries) }

// StartTicks returns when a process that holds a socket started, in clock ticks
// (1/100 s) since boot, as read during the search. Compare it with
// [FS.StartTime]: if they differ, the PID belongs to another process now.
func (ix *OwnerIndex) StartTicks(pid int) (uint64, bool) {
	i, ok := slices.BinarySearchFunc(ix.processes, pid, func(p started, pid int) int {
		return cmp.Compare(p.process.PID, pid)
	})
	if !ok {
		return 0, false
	}
	return ix.processes[i].ticks, true
}

// order sorts the entries and drops those that say nothing new: a holder that
// went away, or a thread's copy of a descriptor.
func (ix *OwnerIndex) order() {
	ix.entries = slices.DeleteFunc(ix.entries, func(e entry) bool {
		return ix.holders[e.holder].process == nil
	})
	slices.SortFunc(ix.entries, func(a, b entry) int {
		if a.inode != b.inode {
			return cmp.Compare(a.inode, b.inode)
		}
		p, q := ix.holders[a.holder], ix.holders[b.holder]
		return cmp.Or(cmp.Compare(p.process.PID, q.process.PID), cmp.Compare(a.fd, b.fd), cmp.Compare(p.tid, q.tid))
	})
	ix.entries = slices.CompactFunc(ix.entries, func(a, b entry) bool {
		return a.inode == b.inode && a.fd == b.fd && ix.holders[a.holder].process == ix.holders[b.holder].process
	})
	slices.SortFunc(ix.processes, func(a, b started) int { return cmp.Compare(a.process.PID, b.process.PID) })
	slices.Sort(ix.DeniedUIDs)
	ix.DeniedUIDs = slices.Compact(ix.DeniedUIDs)
}
