package bpfiter

import (
	"cmp"
	"slices"
)

// wanted is the sorted inodes that a search records; nil is every inode.
type wanted []uint64

// newWanted makes the set; nil means every inode.
func newWanted(inodes []uint64) wanted {
	if inodes == nil {
		return nil
	}
	w := slices.DeleteFunc(slices.Clone(inodes), func(inode uint64) bool { return inode == 0 }) // no socket has it
	slices.Sort(w)
	return append(wanted{}, slices.Compact(w)...)
}

// has reports whether the inode is wanted.
func (w wanted) has(inode uint64) bool {
	if w == nil {
		return true
	}
	_, ok := slices.BinarySearch(w, inode)
	return ok
}

// spans returns at most filterSize spans that hold the wanted inodes, and few
// others. Sockets that were opened one after the other
// have inodes near each other, so the widest gaps are between them.
func (w wanted) spans() (spans []span) {
	if w == nil {
		return everything
	}
	var cuts []int // the indexes behind the widest gaps
	for i := 1; i < len(w); i++ {
		cuts = append(cuts, i)
	}
	slices.SortStableFunc(cuts, func(a, b int) int {
		return cmp.Compare(w[b]-w[b-1], w[a]-w[a-1])
	})
	cuts = cuts[:min(len(cuts), filterSize-1)]
	slices.Sort(cuts)
	begin := 0
	for _, end := range append(cuts, len(w)) {
		if end > begin {
			spans = append(spans, span{w[begin], w[end-1] - w[begin]})
		}
		begin = end
	}
	if len(spans) == 0 {
		spans = []span{{}} // no socket has the inode 0
	}
	return spans
}
