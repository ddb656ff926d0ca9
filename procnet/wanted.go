package procnet

import "sync/atomic"

// wanted is the set of inodes that a search records, shared by its workers.
type wanted struct {
	all   bool
	index map[uint64]int
	found []atomic.Bool // by index; nil if nobody counts
	left  atomic.Int64
}

func newWanted(inodes []uint64, count bool) *wanted {
	if inodes == nil {
		return &wanted{all: true}
	}
	w := &wanted{index: make(map[uint64]int, len(inodes))}
	for _, inode := range inodes {
		if _, ok := w.index[inode]; !ok {
			w.index[inode] = len(w.index)
		}
	}
	if count {
		w.found = make([]atomic.Bool, len(w.index))
		w.left.Store(int64(len(w.index)))
	}
	return w
}

// has reports whether the inode is wanted.
func (w *wanted) has(inode uint64) bool {
	if w.all {
		return true
	}
	_, ok := w.index[inode]
	return ok
}

// mark notes that the inode has a holder.
func (w *wanted) mark(inode uint64) {
	if w.found != nil && !w.found[w.index[inode]].Swap(true) {
		w.left.Add(-1)
	}
}

// complete reports whether each wanted inode has a holder, if that is counted.
func (w *wanted) complete() bool { return w.found != nil && w.left.Load() == 0 }
