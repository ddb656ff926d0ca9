package netns

import (
	"os"
	"testing"

	"golang.org/x/sys/unix"

	"sockeye/internal/test/population"
)

// entries counts what is in a directory.
func entries(t *testing.T, dir string) int {
	t.Helper()
	all, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	return len(all)
}

// TestEnteringLeaksNothing: after 10,000 visits there are as many descriptors and
// threads as after a few, and every thread is where it was.
func TestEnteringLeaksNothing(t *testing.T) {
	if !population.Alone(t, "ip") {
		return
	}
	emptyRun(t)
	add(t, "green")
	green := opened(t, Names+"/green")
	visits := func(n int) {
		for range n {
			if err := green.Do(func() error { return nil }); err != nil {
				t.Fatal(err)
			}
		}
	}
	visits(100)
	home, files, threads := inode(t), entries(t, "/proc/self/fd"), entries(t, "/proc/self/task")
	visits(10_000)
	if now := entries(t, "/proc/self/fd"); now != files {
		t.Errorf("%d descriptors, before %d", now, files)
	}
	// The runtime starts some, the more the busier the machine is, but not one for
	// every hundred visits, and not on and on.
	if now := entries(t, "/proc/self/task"); now > threads+100 {
		t.Errorf("%d threads, before %d", now, threads)
	}
	for round := 0; ; round++ {
		before := entries(t, "/proc/self/task")
		visits(500)
		if now := entries(t, "/proc/self/task"); now <= before {
			break
		} else if round == 20 {
			t.Fatalf("still more threads after each visit: %d", now)
		}
	}
	tasks, err := os.ReadDir("/proc/self/task")
	if err != nil {
		t.Fatal(err)
	}
	for _, task := range tasks {
		var st unix.Stat_t
		if err := unix.Stat("/proc/self/task/"+task.Name()+"/ns/net", &st); err == nil && st.Ino != home {
			t.Errorf("thread %s is in %d, not in %d", task.Name(), st.Ino, home)
		}
	}
}
