package bpfiter

import (
	"os"
	"slices"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sockeye/internal/population"
)

// Every restriction gives a part of the whole answer, whether the kernel or the
// Finder applies it, and to several callers at a time.
func TestRestrictions(t *testing.T) {
	if !isolated(t) {
		return
	}
	set, err := population.Crowd(40, 20, 10)
	if err != nil {
		t.Fatal(err)
	}
	defer set.Close()
	file, shared := newListener(t)
	hold(t, 3, file)
	f := open1(t)
	whole, err := f.Find(t.Context(), Query{})
	if err != nil {
		t.Fatal(err)
	}
	all := inodes(whole)
	if len(all) < 401 {
		t.Fatalf("%d sockets", len(all))
	}
	var running sync.WaitGroup
	for _, size := range []int{1, filterSize, filterSize + 1, 100, len(all)} {
		running.Go(func() {
			restricted(t, f, whole, slices.Clone(all[len(all)-size:]))
			restricted(t, f, whole, append([]uint64{shared}, all[:size-1]...))
		})
	}
	running.Wait()

	// As a kernel before 6.1, which takes no hints.
	f.unrestricted.Store(true)
	restricted(t, f, whole, []uint64{shared, all[0]})
	f.unrestricted.Store(false)
}

// restricted compares a search for some sockets with the whole answer, with hints
// that are right, wrong, and only half of what is right.
func restricted(t *testing.T, f *Finder, whole *Index, want []uint64) {
	slices.Sort(want)
	want = slices.Compact(want)
	expected := ownersOf(whole, want)
	var holders []int
	for _, o := range expected {
		if len(holders) == 0 || holders[len(holders)-1] != o.PID {
			holders = append(holders, o.PID)
		}
	}
	for name, first := range map[string][]int{
		"no hints": nil, "every holder": holders, "one holder": holders[:1], "all but one": holders[1:],
		"twice the same":  {holders[0], holders[0], holders[0]},
		"no holder":       {1, os.Getppid()},
		"no such process": {1 << 22, -1, 0},
		"many":            append(slices.Repeat([]int{1 << 22}, maxFirst), holders...),
	} {
		ix, err := f.Find(t.Context(), Query{Want: want, First: first})
		if err != nil {
			t.Error(err)
			return
		}
		if d := cmp.Diff(expected, ownersOf(ix, inodes(ix))); d != "" {
			t.Errorf("%d sockets, %s: %s", len(want), name, d)
		}
	}
}
