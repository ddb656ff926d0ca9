package ownerindex

import (
	"math/rand/v2"
	"slices"
	"testing"

	"sockeye/sock"
)

// Sockets stand close together, as those of one process, or far apart, as what was left
// of long ago; each is found, and nothing where there is none.
func TestOwnersWhereverInodesStand(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	process := &sock.Process{PID: 7}
	for _, gaps := range [][]uint64{{1}, {2}, {1, 2, 40}, {1, 1 << 20}, {1, 1, 1, 1, 1 << 31}, {1 << 60}} {
		for count := range 50 {
			ix := Index{Holders: []Holder{{Process: process}}}
			held := map[uint64][]int{}
			inode := gaps[0]
			for fd := range count {
				ix.Entries = append(ix.Entries, Entry{Inode: inode, FD: int32(fd)})
				held[inode] = append(held[inode], fd)
				if random.IntN(4) > 0 && inode < 1<<63 { // else it has two descriptors
					inode += gaps[random.IntN(len(gaps))]
				}
			}
			random.Shuffle(count, func(i, j int) { ix.Entries[i], ix.Entries[j] = ix.Entries[j], ix.Entries[i] })
			ix.Order()
			for _, e := range ix.Entries {
				for _, inode := range []uint64{e.Inode - 1, e.Inode, e.Inode + 1} {
					var got []int
					for _, o := range ix.Owners(inode, nil) {
						got = append(got, o.FD)
					}
					if !slices.Equal(got, held[inode]) {
						t.Fatalf("gaps %d: socket %d of %d is held by %d, want %d", gaps, inode, count, got, held[inode])
					}
				}
			}
			if got := ix.Owners(0, nil); len(got) != 0 {
				t.Fatalf("no socket is held by %v", got)
			}
		}
	}
	if got := (&Index{}).Owners(1, nil); len(got) != 0 {
		t.Errorf("nobody is %v", got)
	}
}
