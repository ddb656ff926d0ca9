package bpfiter

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sockeye/procnet"
	"sockeye/sock"
)

// owner is a [sock.Owner] with the socket and the start time, in a form to
// compare.
type owner struct {
	Inode        uint64
	PID, FD, TID int
	Name         string
	Ticks        uint64
}

// lookup is what the index here and that of the search through /proc have in
// common.
type lookup interface {
	Owners(inode uint64, buf []sock.Owner) []sock.Owner
	StartTicks(pid int) (uint64, bool)
	Len() int
}

// ownersOf returns the owners of the sockets that the index knows, in its order.
func ownersOf(ix lookup, inodes []uint64) []owner {
	all := []owner{}
	for _, inode := range inodes {
		for _, o := range ix.Owners(inode, nil) {
			ticks, _ := ix.StartTicks(o.PID)
			all = append(all, owner{inode, o.PID, o.FD, o.TID, o.Name, ticks})
		}
	}
	return all
}

// inodes returns every socket in the index, each once.
func inodes(ix *Index) []uint64 {
	var all []uint64
	for _, e := range ix.Entries {
		all = append(all, e.Inode)
	}
	return slices.Compact(all)
}

// difference searches in both ways and returns how the answers differ, and how
// many descriptors there are.
func difference(f *Finder, q Query) (diff string, descriptors int, err error) {
	proc, err := procnet.At("/proc").Owners(context.Background(), procnet.OwnerQuery{Want: q.Want, Threads: true})
	if err != nil {
		return "", 0, err
	}
	ix, err := f.Find(context.Background(), q)
	if err != nil {
		return "", 0, err
	}
	found := inodes(ix)
	diff = cmp.Diff(ownersOf(proc, found), ownersOf(ix, found))
	if diff == "" && proc.Len() != ix.Len() {
		// Ours are all right, so these are sockets that were not found.
		diff = fmt.Sprintf("%d descriptors in /proc, %d found", proc.Len(), ix.Len())
	}
	if diff == "" {
		diff, err = leaders(ix)
	}
	return diff, ix.Len(), err
}

// leaders searches through /proc without asking for threads, and returns what is
// wrong with that: it may miss a second holder in a thread, but not the only one.
func leaders(ix *Index) (diff string, err error) {
	found := inodes(ix)
	proc, err := procnet.At("/proc").Owners(context.Background(), procnet.OwnerQuery{Want: found})
	if err != nil {
		return "", err
	}
	for _, inode := range found {
		all, some := ownersOf(ix, []uint64{inode}), ownersOf(proc, []uint64{inode})
		if len(some) == 0 || slices.ContainsFunc(some, func(o owner) bool { return !slices.Contains(all, o) }) {
			return fmt.Sprintf("without threads /proc has %v of %v", some, all), nil
		}
	}
	return "", nil
}

// open1 opens a Finder for a test.
func open1(t testing.TB) *Finder {
	t.Helper()
	f, err := Open("/proc")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

// same checks that both ways find the same owners of at least so many
// descriptors.
func same(t *testing.T, f *Finder, least int) {
	t.Helper()
	diff, n, err := difference(f, Query{})
	if err != nil {
		t.Fatal(err)
	}
	if diff != "" {
		t.Errorf("the search through /proc (-) and the kernel's (+) differ: %s", diff)
	}
	someSockets(t, f)
	if n < least {
		t.Errorf("%d descriptors, want %d", n, least)
	}
}

// ownedBy returns what a process holds.
func ownedBy(t *testing.T, f *Finder, pid int) []owner {
	t.Helper()
	ix, err := f.Find(t.Context(), Query{})
	if err != nil {
		t.Fatal(err)
	}
	return slices.DeleteFunc(ownersOf(ix, inodes(ix)), func(o owner) bool { return o.PID != pid })
}

// someSockets checks that the searches for the first, the middle and the last socket,
// for each of them and for all, find what the search for every socket does.
func someSockets(t *testing.T, f *Finder) {
	t.Helper()
	whole, err := f.Find(t.Context(), Query{})
	if err != nil {
		t.Fatal(err)
	}
	all := inodes(whole)
	if len(all) == 0 {
		return
	}
	some := []uint64{all[0], all[len(all)/2], all[len(all)-1]}
	restricted(t, f, whole, some[:1])
	restricted(t, f, whole, some[1:2])
	restricted(t, f, whole, some[2:])
	restricted(t, f, whole, some)
	if len(all) > filterSize {
		restricted(t, f, whole, all[len(all)/2:][:min(50, len(all)-len(all)/2)])
	}
}

// restricted compares a search for some sockets with the whole answer.
func restricted(t *testing.T, f *Finder, whole *Index, want []uint64) {
	t.Helper()
	want = slices.Compact(slices.Sorted(slices.Values(want)))
	ix, err := f.Find(t.Context(), Query{Want: want})
	if err != nil {
		t.Error(err)
		return
	}
	if d := cmp.Diff(ownersOf(whole, want), ownersOf(ix, inodes(ix))); d != "" || ix.Len() == 0 {
		t.Errorf("%d sockets: %s", len(want), d[:min(len(d), 1000)])
	}
}
