package bpfiter

import (
	"cmp"
	"slices"

	"sockeye/sock"
)

// Index answers which processes hold a socket. It holds 16 bytes for each
// descriptor that refers to one, with what the growth of a slice leaves unused
// at most 24. The zero Index is empty.
type Index struct {
	entries   []entry // sorted by inode, then as owners are
	holders   []holder
	processes []started // sorted by PID
}

// entry is a descriptor that refers to a socket.
type entry struct {
	inode  uint64
	holder int32 // index of Index.holders
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
// a thread's own table is given once, as the process's. The processes have PID
// and Name, and are shared.
func (ix *Index) Owners(inode uint64, buf []sock.Owner) []sock.Owner {
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
func (ix *Index) Len() int { return len(ix.entries) }

// StartTicks returns when a process that holds a socket started, in clock ticks
// (1/100 s) since boot: what field 22 of /proc/PID/stat says. If that differs
// later, the PID belongs to another process by then.
func (ix *Index) StartTicks(pid int) (uint64, bool) {
	i, ok := slices.BinarySearchFunc(ix.processes, pid, func(p started, pid int) int {
		return cmp.Compare(p.process.PID, pid)
	})
	if !ok {
		return 0, false
	}
	return ix.processes[i].ticks, true
}
