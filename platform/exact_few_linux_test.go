package platform

import (
	"context"
	"fmt"
	"maps"
	"os"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sockeye/platform/bpfiter"
)

// sameForFew checks that the iterator finds the same owners as /proc did if it is
// asked for some sockets and stops when it has seen every holder: for one with the
// most holders and for the first, the middle and the last socket; with hints that
// are right, wrong and half right.
func sameForFew(t *testing.T, threads bool, proc map[uint64]answer) {
	t.Helper()
	finder, err := bpfiter.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer finder.Close()
	all := slices.Sorted(maps.Keys(proc))
	all = slices.DeleteFunc(all, func(inode uint64) bool { return len(proc[inode].Owners) == 0 })
	if len(all) == 0 {
		return
	}
	shared := slices.MaxFunc(all, func(a, b uint64) int { return len(proc[a].Owners) - len(proc[b].Owners) })
	samples := [][]uint64{{shared}, {all[0]}, {all[len(all)/2]}, {all[len(all)-1]}, {shared, all[0], all[len(all)-1]}, all[:min(len(all), 100)]}
	for _, want := range samples {
		var holders []int
		for _, inode := range want {
			for _, o := range proc[inode].Owners {
				var pid int
				if _, err := fmt.Sscan(o[:slices.Index([]byte(o), '/')], &pid); err != nil {
					t.Fatal(err)
				}
				holders = append(holders, pid)
			}
		}
		for name, first := range map[string][]int{
			"no hints": nil, "right hints": holders, "one holder": holders[:1], "no holder": {os.Getppid(), 1 << 22},
		} {
			index, err := finder.Find(context.Background(), bpfiter.Query{Want: want, First: first, Threads: threads})
			if err != nil {
				t.Fatal(err)
			}
			for _, inode := range want {
				var owners []string
				for _, o := range index.Owners(inode, nil) {
					owners = append(owners, fmt.Sprintf("%d/%d/%d %s", o.PID, o.FD, o.TID, o.Name))
				}
				if d := cmp.Diff(proc[inode].Owners, owners); d != "" {
					t.Errorf("threads %v, %d sockets, %s: through /proc (-) and the iterator (+) differ: %s", threads, len(want), name, d[:min(len(d), 1000)])
				}
			}
		}
	}
}
