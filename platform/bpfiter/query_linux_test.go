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

	for _, pid := range []int{os.Getpid(), whole.Owners(all[0], nil)[0].PID, 1 << 22} {
		onlyOne(t, f, whole, pid)
		f.unrestricted.Store(true) // as a kernel before 6.1
		onlyOne(t, f, whole, pid)
		f.unrestricted.Store(false)
	}
}

// restricted compares a search for some sockets with the whole answer.
func restricted(t *testing.T, f *Finder, whole *Index, want []uint64) {
	ix, err := f.Find(t.Context(), Query{Want: want})
	if err != nil {
		t.Error(err)
		return
	}
	slices.Sort(want)
	want = slices.Compact(want)
	if d := cmp.Diff(ownersOf(whole, want), ownersOf(ix, inodes(ix))); d != "" {
		t.Errorf("%d sockets: %s", len(want), d)
	}
	if ix, err = f.Find(t.Context(), Query{Want: want, StopEarly: true}); err != nil {
		t.Error(err)
		return
	}
	for _, inode := range want {
		if len(whole.Owners(inode, nil)) > 0 && len(ix.Owners(inode, nil)) == 0 {
			t.Errorf("%d sockets: the search stopped before it found %d", len(want), inode)
		}
	}
}

// onlyOne compares a search in one process with the whole answer.
func onlyOne(t *testing.T, f *Finder, whole *Index, pid int) {
	ix, err := f.Find(t.Context(), Query{PID: pid})
	if err != nil {
		t.Error(err)
		return
	}
	its := slices.DeleteFunc(ownersOf(whole, inodes(whole)), func(o owner) bool { return o.PID != pid })
	if d := cmp.Diff(its, ownersOf(ix, inodes(ix))); d != "" {
		t.Errorf("process %d: %s", pid, d)
	}
}
