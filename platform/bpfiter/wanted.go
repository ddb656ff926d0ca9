package bpfiter

import (
	"cmp"
	"math/bits"
	"slices"
)

// wanted is the set of inodes that a search records: a hash table with open
// addressing, because a listing wants a hundred thousand and each descriptor
// asks.
type wanted struct {
	all   bool
	slots []uint64 // 0 is empty: no socket has that inode
	shift uint
	size  int
}

// newWanted makes the set; nil means every inode.
func newWanted(inodes []uint64) *wanted {
	if inodes == nil {
		return &wanted{all: true}
	}
	// At most three quarters full.
	width := bits.Len(uint(len(inodes) + len(inodes)/3))
	w := &wanted{
		slots: make([]uint64, 1<<width),
		shift: 64 - uint(width),
	}
	for _, inode := range inodes {
		if inode == 0 {
			continue
		}
		i := w.slot(inode)
		if w.slots[i] == 0 {
			w.slots[i] = inode
			w.size++
		}
	}
	return w
}

// slot returns where the inode stands, or the empty slot where it would.
func (w *wanted) slot(inode uint64) int {
	const golden = 0x9E3779B97F4A7C15 // 2^64 divided by the golden ratio: Knuth 6.4
	mask := len(w.slots) - 1
	i := int(inode*golden>>w.shift) & mask
	for w.slots[i] != 0 && w.slots[i] != inode {
		i = (i + 1) & mask
	}
	return i
}

// find returns where the inode stands, and whether it is wanted at all. If every
// inode is, none stands anywhere.
func (w *wanted) find(inode uint64) (slot int, ok bool) {
	if w.all {
		return 0, true
	}
	slot = w.slot(inode)
	return slot, w.slots[slot] != 0
}

// spans returns at most filterSize spans that hold the wanted inodes, and few
// others. Sockets that were opened one after the other
// have inodes near each other, so the widest gaps are between them.
func (w *wanted) spans() (spans []span) {
	if w.all {
		return everything
	}
	inodes := slices.DeleteFunc(slices.Clone(w.slots), func(inode uint64) bool { return inode == 0 })
	slices.Sort(inodes)
	var cuts []int // the indexes behind the widest gaps
	for i := 1; i < len(inodes); i++ {
		cuts = append(cuts, i)
	}
	slices.SortStableFunc(cuts, func(a, b int) int {
		return cmp.Compare(inodes[b]-inodes[b-1], inodes[a]-inodes[a-1])
	})
	cuts = cuts[:min(len(cuts), filterSize-1)]
	slices.Sort(cuts)
	begin := 0
	for _, end := range append(cuts, len(inodes)) {
		if end > begin {
			spans = append(spans, span{inodes[begin], inodes[end-1] - inodes[begin]})
		}
		begin = end
	}
	if len(spans) == 0 {
		spans = []span{{}} // no socket has the inode 0
	}
	return spans
}
