package bpfiter

import (
	"context"
	"os"
	"os/exec"
	"slices"
	"sync"
	"testing"

	"sockeye/internal/population"
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
	fs := procnet.New()
	stable := func(ix lookup, inodes []uint64) map[owner]bool {
		m := map[owner]bool{}
		for _, o := range ownersOf(ix, inodes) {
			m[o] = true
		}
		return m
	}
	before, err := fs.Owners(t.Context(), procnet.OwnerQuery{})
	if err != nil {
		t.Fatal(err)
	}
	for run := range 90 {
		ix, err := f.Find(t.Context(), Query{})
		if err != nil {
			t.Fatal(err)
		}
		after, err := fs.Owners(t.Context(), procnet.OwnerQuery{})
		if err != nil {
			t.Fatal(err)
		}
		inodes := inodes(ix)
		first, last := stable(before, inodes), stable(after, inodes)
		few(t, f, first, last, inode)
		ours := stable(ix, inodes)
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

// few searches for some sockets under churn: with a stop as soon as every holder
// has been seen, what was there before and after is found.
func few(t *testing.T, f *Finder, first, last map[owner]bool, shared uint64) {
	t.Helper()
	want, hints := []uint64{shared}, []int{os.Getpid()}
	for o := range first {
		if last[o] && len(want) < filterSize {
			want, hints = append(want, o.Inode), append(hints, o.PID)
		}
	}
	for _, q := range []Query{{Want: want[1:]}, {Want: want}, {Want: want, First: hints}} {
		ix, err := f.Find(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		ours := map[owner]bool{}
		for _, o := range ownersOf(ix, q.Want) {
			ours[o] = true
		}
		for o := range first {
			if last[o] && slices.Contains(q.Want, o.Inode) && !ours[o] {
				t.Errorf("%+v was not found, hints %v", o, q.First)
			}
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
