package bpfiter

import (
	"context"
	"os"
	"os/exec"
	"slices"
	"sync"
	"testing"

	"sockeye/internal/test/population"
	"sockeye/procnet"
)

// Under churn only the descriptors that were changing differ.
func TestChurn(t *testing.T) {
	if !isolated(t) {
		return
	}
	set, err := population.Crowd(30, 20, 10)
	if err != nil {
		t.Fatal(err)
	}
	defer set.Close()
	churn, err := population.Churn(2)
	if err != nil {
		t.Fatal(err)
	}
	defer churn.Stop()
	shared, inode := newListener(t)
	defer forks(t, shared)()

	f := open1(t)
	fs := procnet.At("/proc")
	before, err := fs.Owners(t.Context(), procnet.OwnerQuery{})
	if err != nil {
		t.Fatal(err)
	}
	runs := 90
	if !population.Long() {
		runs = 9
	}
	for run := range runs {
		ix, err := f.Find(t.Context(), Query{})
		if err != nil {
			t.Fatal(err)
		}
		few := someOf(t, f, ownerSet(before, inodes(ix)), inode)
		after, err := fs.Owners(t.Context(), procnet.OwnerQuery{})
		if err != nil {
			t.Fatal(err)
		}
		inodes := inodes(ix)
		first, last := ownerSet(before, inodes), ownerSet(after, inodes)
		for _, found := range few {
			found.check(t, first, last)
		}
		ours := ownerSet(ix, inodes)
		unchanged := 0
		for o := range first {
			if last[o] {
				unchanged++
				if !ours[o] {
					t.Errorf("run %d: %+v was not found", run, o)
				}
			}
		}
		for o := range ours {
			if o.Name == "cat" && !(first[o] && last[o]) {
				t.Errorf("run %d: %+v is not in /proc", run, o)
			}
		}
		if unchanged < 300 {
			t.Errorf("run %d: %d descriptors that did not change, want 300", run, unchanged)
		}
		if owners := ix.Owners(inode, nil); len(owners) == 0 || owners[0].PID != os.Getpid() {
			t.Errorf("run %d: shared listener %v", run, owners)
		}
		before = after
	}
}

func ownerSet(ix lookup, inodes []uint64) map[owner]bool {
	m := map[owner]bool{}
	for _, o := range ownersOf(ix, inodes) {
		m[o] = true
	}
	return m
}

// foundFew is a search for some sockets.
type foundFew struct {
	want []uint64
	ours map[owner]bool
}

// someOf searches for some of the sockets that were there before, without and with
// the shared one.
func someOf(t *testing.T, f *Finder, before map[owner]bool, shared uint64) (all []foundFew) {
	t.Helper()
	want := []uint64{shared}
	for o := range before {
		if len(want) < filterSize {
			want = append(want, o.Inode)
		}
	}
	for _, want := range [][]uint64{want[1:], want} {
		ix, err := f.Find(t.Context(), Query{Want: want})
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, foundFew{want, ownerSet(ix, want)})
	}
	return all
}

// check checks that what was there before and after was found.
func (found foundFew) check(t *testing.T, first, last map[owner]bool) {
	t.Helper()
	for o := range first {
		if last[o] && slices.Contains(found.want, o.Inode) && !found.ours[o] {
			t.Errorf("%+v was not found", o)
		}
	}
}

// forks starts and ends processes that share a socket, until it is told to stop.
func forks(t *testing.T, shared *os.File) (stop func()) {
	done := make(chan struct{})
	var running sync.WaitGroup
	running.Go(func() {
		for {
			select {
			case <-done:
				return
			default:
			}
			cmd := exec.CommandContext(context.Background(), "true")
			cmd.ExtraFiles = []*os.File{shared}
			if err := cmd.Run(); err != nil {
				t.Error(err)
				return
			}
		}
	})
	return func() {
		close(done)
		running.Wait()
	}
}
