package bpfiter

import (
	"slices"
	"sync"
	"testing"

	"sockeye/internal/test/population"
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
}
