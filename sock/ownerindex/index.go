// Package ownerindex holds what a search for the owners of sockets found, so
// that the ways to search differ in how they look and not in what they answer.
package ownerindex

import (
	"cmp"
	"slices"

	"sockeye/sock"
)

// Index answers which processes hold a socket. It holds at most 20 bytes for each
// descriptor that refers to one. The zero Index is empty. A search fills it and calls
// [Index.Order]; whoever asks then changes nothing.
type Index struct {
	Entries   []Entry // sorted by inode, then as owners are
	Holders   []Holder
	Processes []Started // sorted by PID
	// Left are the inodes, sorted, of sockets that a process had which has ended
	// since. It is filled by [Index.Order].
	Left []uint64

	// ranges says where the entries of each range of 1<<shift inodes begin, the first
	// of which begins at the lowest inode, and behind the last where they end. There
	// are no more ranges than entries, and few entries in each.
	ranges []int32
	shift  uint8
}

// Entry is a descriptor that refers to a socket.
type Entry struct {
	Inode  uint64
	Holder int32 // index of Index.Holders
	FD     int32
}

// Holder is a descriptor table: that of a process, or a thread's own. The
// process is nil if it went away during the search.
type Holder struct {
	Process *sock.Process
	TID     int32 // 0: the process's
}

// Started is a process and when it started, in clock ticks (1/100 s) since boot.
type Started struct {
	Process *sock.Process
	Ticks   uint64
}

// Owners appends every holder of the socket to buf, sorted by PID, descriptor
// and thread, and returns it. A descriptor that is the same in the process and in
// a thread's own table is given once, as the process's. The processes have PID
// and Name, and are shared.
func (ix *Index) Owners(inode uint64, buf []sock.Owner) []sock.Owner {
	i := ix.find(inode)
	for ; i < len(ix.Entries) && ix.Entries[i].Inode == inode; i++ {
		e := ix.Entries[i]
		h := ix.Holders[e.Holder]
		buf = append(buf, sock.Owner{Process: h.Process, FD: int(e.FD), TID: int(h.TID)})
	}
	return buf
}

// find returns the index of the first entry of a socket, if it has one.
func (ix *Index) find(inode uint64) int {
	if len(ix.Entries) == 0 || inode < ix.Entries[0].Inode || inode > ix.Entries[len(ix.Entries)-1].Inode {
		return 0
	}
	at := (inode - ix.Entries[0].Inode) >> ix.shift
	low, high := int(ix.ranges[at]), int(ix.ranges[at+1])
	for low < high {
		if middle := (low + high) / 2; ix.Entries[middle].Inode < inode {
			low = middle + 1
		} else {
			high = middle
		}
	}
	return low
}

// All calls yield for every descriptor in the index, in the order of the entries.
func (ix *Index) All(yield func(sock.Owner) bool) {
	for _, e := range ix.Entries {
		h := ix.Holders[e.Holder]
		if !yield(sock.Owner{Process: h.Process, FD: int(e.FD), TID: int(h.TID)}) {
			return
		}
	}
}

// WasLeft reports whether the socket was in a process that has ended since.
func (ix *Index) WasLeft(inode uint64) bool {
	_, left := slices.BinarySearch(ix.Left, inode)
	return left
}

// Len returns the number of descriptors in the index.
func (ix *Index) Len() int { return len(ix.Entries) }

// StartTicks returns when a process that holds a socket started, in clock ticks
// (1/100 s) since boot: what field 22 of /proc/PID/stat said during the search.
// If that differs later, the PID belongs to another process by then.
func (ix *Index) StartTicks(pid int) (uint64, bool) {
	i, ok := slices.BinarySearchFunc(ix.Processes, pid, func(p Started, pid int) int {
		return cmp.Compare(p.Process.PID, pid)
	})
	if !ok {
		return 0, false
	}
	return ix.Processes[i].Ticks, true
}

// Order sorts the entries and drops those that say nothing new: a holder that
// went away, or a thread's copy of a descriptor.
func (ix *Index) Order() {
	ix.Entries = slices.DeleteFunc(ix.Entries, func(e Entry) bool {
		gone := ix.Holders[e.Holder].Process == nil
		if gone {
			ix.Left = append(ix.Left, e.Inode)
		}
		return gone
	})
	slices.Sort(ix.Left)
	slices.SortFunc(ix.Entries, ix.Compare)
	ix.Entries = slices.CompactFunc(ix.Entries, func(a, b Entry) bool {
		return a.Inode == b.Inode && a.FD == b.FD && ix.Holders[a.Holder].Process == ix.Holders[b.Holder].Process
	})
	slices.SortFunc(ix.Processes, func(a, b Started) int { return cmp.Compare(a.Process.PID, b.Process.PID) })
	ix.divide()
}

// divide makes the ranges of the entries, which are sorted.
func (ix *Index) divide() {
	if len(ix.Entries) == 0 {
		return
	}
	first := ix.Entries[0].Inode
	span := ix.Entries[len(ix.Entries)-1].Inode - first
	for ix.shift = 0; span>>ix.shift >= uint64(len(ix.Entries)); {
		ix.shift++
	}
	ix.ranges = make([]int32, span>>ix.shift+2)
	for i, e := range ix.Entries {
		ix.ranges[(e.Inode-first)>>ix.shift+1] = int32(i + 1)
	}
	for i := 1; i < len(ix.ranges); i++ { // where a range is empty
		ix.ranges[i] = max(ix.ranges[i], ix.ranges[i-1])
	}
}

// Compare orders entries by inode, then PID, descriptor and thread.
func (ix *Index) Compare(a, b Entry) int {
	if a.Inode != b.Inode {
		return cmp.Compare(a.Inode, b.Inode)
	}
	p, q := ix.Holders[a.Holder], ix.Holders[b.Holder]
	return cmp.Or(cmp.Compare(p.Process.PID, q.Process.PID), cmp.Compare(a.FD, b.FD), cmp.Compare(p.TID, q.TID))
}
