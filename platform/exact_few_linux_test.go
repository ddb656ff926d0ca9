package platform

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sockeye/platform/bpfiter"
)

// sameForFew checks that the iterator finds the same owners as /proc did if it is
// asked for some sockets: for one with the most holders and for the first, the
// middle and the last socket.
func sameForFew(t *testing.T, proc map[uint64]answer) {
	t.Helper()
	finder, err := bpfiter.Open(atProc.Proc)
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
		index, err := finder.Find(context.Background(), bpfiter.Query{Want: want})
		if err != nil {
			t.Fatal(err)
		}
		for _, inode := range want {
			var owners []string
			for _, o := range index.Owners(inode, nil) {
				owners = append(owners, fmt.Sprintf("%d/%d/%d %s", o.PID, o.FD, o.TID, o.Name))
			}
			if d := cmp.Diff(proc[inode].Owners, owners); d != "" {
				t.Errorf("%d sockets: through /proc (-) and the iterator (+) differ: %s", len(want), d[:min(len(d), 1000)])
			}
		}
	}
}
