package procnet

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sockeye/sock"
)

// proc is a process of a made-up proc file system.
type proc struct {
	comm    string
	ticks   uint64
	fds     map[int]string         // targets of links
	threads map[int]map[int]string // tables of threads by TID
}

func socket(inode uint64) string { return fmt.Sprintf("socket:[%d]", inode) }

func writeLinks(t testing.TB, dir string, links map[int]string) {
	t.Helper()
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for fd, target := range links {
		if err := os.Symlink(target, filepath.Join(dir, strconv.Itoa(fd))); err != nil {
			t.Fatal(err)
		}
	}
}

func (p proc) write(t testing.TB, fs FS, pid int) {
	t.Helper()
	writeLinks(t, fs.pidFile(pid, "fd"), p.fds)
	if err := os.WriteFile(fs.pidFile(pid, "stat"), []byte(statLine(pid, p.comm, p.ticks)), 0o644); err != nil {
		t.Fatal(err)
	}
	for tid, links := range p.threads {
		writeLinks(t, fs.pidFile(pid, filepath.Join("task", strconv.Itoa(tid), "fd")), links)
	}
}

func procTree(t testing.TB, procs map[int]proc) FS {
	t.Helper()
	fs := At(t.TempDir())
	for pid, p := range procs {
		p.write(t, fs, pid)
	}
	return fs
}

// owner is a [sock.Owner] with a start time, in a form to compare.
type owner struct {
	PID, FD, TID int
	Name         string
	Ticks        uint64
}

func ownersOf(ix *OwnerIndex, inode uint64) (all []owner) {
	for _, o := range ix.Owners(inode, nil) {
		ticks, _ := ix.StartTicks(o.PID)
		all = append(all, owner{o.PID, o.FD, o.TID, o.Name, ticks})
	}
	return all
}

// workers sets how many processors there are to share a search, for the test.
func workers(t testing.TB, count int) {
	before := runtime.GOMAXPROCS(count)
	t.Cleanup(func() { runtime.GOMAXPROCS(before) })
}

func search1(t testing.TB, fs FS, q OwnerQuery) *OwnerIndex {
	t.Helper()
	ix, err := fs.Owners(context.Background(), q)
	if err != nil {
		t.Fatal(err)
	}
	return ix
}

func TestEveryHolderIsFound(t *testing.T) {
	fs := procTree(t, map[int]proc{
		9:  {comm: "nine", ticks: 90, fds: map[int]string{3: socket(100), 30: socket(100), 4: socket(200), 0: "/dev/null", 1: "pipe:[100]"}},
		10: {comm: "two\nlines) (", ticks: 100, fds: map[int]string{7: socket(100), 5: "anon_inode:[eventpoll]"}},
		11: {comm: "idle", ticks: 110, fds: nil},
	})
	for _, count := range []int{1, 2, 7} {
		workers(t, count)
		ix := search1(t, fs, OwnerQuery{})
		want := []owner{{9, 3, 0, "nine", 90}, {9, 30, 0, "nine", 90}, {10, 7, 0, "two\nlines) (", 100}}
		if d := cmp.Diff(want, ownersOf(ix, 100)); d != "" {
			t.Error(d)
		}
		if d := cmp.Diff([]owner{{9, 4, 0, "nine", 90}}, ownersOf(ix, 200)); d != "" {
			t.Error(d)
		}
		if ix.Denied != 0 || ix.Hidden || ix.Err != nil || ix.Len() != 4 {
			t.Errorf("%+v", ix)
		}
		if got := ownersOf(ix, 300); got != nil {
			t.Errorf("a socket of nobody: %v", got)
		}
		if _, ok := ix.StartTicks(11); ok {
			t.Error("a process without sockets has a start time")
		}
		owners := ix.Owners(100, nil)
		if owners[0].Process != owners[1].Process {
			t.Error("one process is held twice")
		}
	}
}

func TestOwnersAppends(t *testing.T) {
	ix := search1(t, procTree(t, map[int]proc{9: {comm: "a", fds: map[int]string{3: socket(100)}}}), OwnerQuery{})
	buf := make([]sock.Owner, 1, 8)
	if got := ix.Owners(100, buf); len(got) != 2 || got[0].Process != nil || got[1].PID != 9 {
		t.Errorf("got %v", got)
	}
}

func TestWantedOnly(t *testing.T) {
	fs := procTree(t, map[int]proc{
		9:  {comm: "a", ticks: 1, fds: map[int]string{3: socket(100), 4: socket(200)}},
		10: {comm: "b", ticks: 2, fds: map[int]string{3: socket(100), 4: socket(300)}},
	})
	ix := search1(t, fs, OwnerQuery{Want: []uint64{100, 300, 100, 999}})
	if ix.Len() != 3 || len(ix.Owners(100, nil)) != 2 || len(ix.Owners(300, nil)) != 1 || len(ix.Owners(200, nil)) != 0 {
		t.Errorf("got %d entries", ix.Len())
	}
	if ix := search1(t, fs, OwnerQuery{Want: []uint64{}}); ix.Len() != 0 {
		t.Errorf("nothing wanted: %+v", ix)
	}
}

// A large table is shared out between workers; each descriptor is read once.
func TestLargeProcess(t *testing.T) {
	const count = 6 * chunkSize
	fds := map[int]string{}
	for fd := range count {
		fds[fd] = socket(uint64(fd%1000 + 1))
	}
	fs := procTree(t, map[int]proc{9: {comm: "large", ticks: 5, fds: fds}})
	workers(t, 1)
	want := search1(t, fs, OwnerQuery{})
	workers(t, 4)
	for range 5 {
		got := search1(t, fs, OwnerQuery{})
		if got.Len() != count || want.Len() != count {
			t.Fatalf("%d and %d descriptors, want %d", got.Len(), want.Len(), count)
		}
		for inode := uint64(1); inode <= 1000; inode += 37 {
			if d := cmp.Diff(ownersOf(want, inode), ownersOf(got, inode)); d != "" {
				t.Fatal(d)
			}
		}
	}
}

func TestThreads(t *testing.T) {
	shared := map[int]string{3: socket(100), 4: socket(200)}
	fs := procTree(t, map[int]proc{
		9: {comm: "main", ticks: 90, fds: shared, threads: map[int]map[int]string{
			9:  shared,
			12: shared, // shares the table, or has a copy
			13: {3: socket(300), 4: socket(200), 8: socket(100)},
		}},
		10: {comm: "dead leader", ticks: 100, threads: map[int]map[int]string{10: nil, 14: {3: socket(400)}}},
	})
	// Without asking for threads: of a dead leader all the same.
	if ix := search1(t, fs, OwnerQuery{}); ix.Len() != 3 || len(ix.Owners(400, nil)) != 1 {
		t.Errorf("without threads: %d entries", ix.Len())
	}
	// And of others, for what no process has.
	few := search1(t, fs, OwnerQuery{Want: []uint64{100, 300, 999}})
	for inode, owners := range map[uint64][]owner{
		100: {{9, 3, 0, "main", 90}}, 300: {{9, 3, 13, "main", 90}}, 200: nil, 999: nil,
	} {
		if d := cmp.Diff(owners, ownersOf(few, inode)); d != "" {
			t.Errorf("socket %d, without threads: %s", inode, d)
		}
	}
	ix := search1(t, fs, OwnerQuery{Threads: true})
	want := map[uint64][]owner{
		100: {{9, 3, 0, "main", 90}, {9, 8, 13, "main", 90}},
		200: {{9, 4, 0, "main", 90}},
		300: {{9, 3, 13, "main", 90}},
		400: {{10, 3, 14, "dead leader", 100}},
	}
	for inode, owners := range want {
		if d := cmp.Diff(owners, ownersOf(ix, inode)); d != "" {
			t.Errorf("socket %d: %s", inode, d)
		}
	}
}

// The PID goes to another process after its descriptors were read.
func TestPIDReuse(t *testing.T) {
	fs := procTree(t, map[int]proc{9: {comm: "old", ticks: 90, fds: map[int]string{3: socket(100), 4: socket(200)}}})
	times := 0
	fs.afterFDs = func(int) {
		if times++; times == 1 {
			if err := os.Rename(fs.pidFile(9, ""), filepath.Join(fs.root, "dead")); err != nil {
				t.Error(err)
			}
			proc{comm: "new", ticks: 95, fds: map[int]string{3: socket(300), 5: socket(200)}}.write(t, fs, 9)
		}
	}
	ix := search1(t, fs, OwnerQuery{})
	if got := ownersOf(ix, 100); got != nil {
		t.Errorf("a socket of the old process: %v", got)
	}
	if d := cmp.Diff([]owner{{9, 5, 0, "new", 95}}, ownersOf(ix, 200)); d != "" {
		t.Error(d)
	}
	if ticks, ok := ix.StartTicks(9); !ok || ticks != 95 {
		t.Errorf("start %d %v", ticks, ok)
	}
	if ix.Len() != 2 {
		t.Errorf("%d entries", ix.Len())
	}
}

// A process that begins during the search, and one that begins during the
// search for that, hold what the first one let go.
func TestProcessThatBegins(t *testing.T) {
	fs := procTree(t, map[int]proc{9: {comm: "parent", ticks: 90, fds: map[int]string{4: socket(100)}}})
	fs.afterFDs = func(pid int) {
		if pid < 11 {
			proc{comm: "child", ticks: 95, fds: map[int]string{3: socket(100)}}.write(t, fs, pid+1)
		}
	}
	ix := search1(t, fs, OwnerQuery{Want: []uint64{100}})
	if d := cmp.Diff([]owner{{9, 4, 0, "parent", 90}, {10, 3, 0, "child", 95}, {11, 3, 0, "child", 95}}, ownersOf(ix, 100)); d != "" {
		t.Error(d)
	}
}

// A PID that never stays with one process is given up.
func TestPIDReuseForEver(t *testing.T) {
	fs := procTree(t, map[int]proc{9: {comm: "old", ticks: 90, fds: map[int]string{3: socket(100)}}})
	times := 0
	fs.afterFDs = func(int) {
		times++
		_ = os.Rename(fs.pidFile(9, ""), filepath.Join(fs.root, fmt.Sprint("dead", times)))
		proc{comm: "new", ticks: uint64(90 + times), fds: map[int]string{3: socket(100)}}.write(t, fs, 9)
	}
	if ix := search1(t, fs, OwnerQuery{}); ix.Len() != 0 || times != maxTries {
		t.Errorf("%d entries after %d readings", ix.Len(), times)
	}
}

func TestProcessThatVanishes(t *testing.T) {
	fs := procTree(t, map[int]proc{
		9:  {comm: "gone", fds: map[int]string{3: socket(100)}},
		10: {comm: "no stat", fds: map[int]string{3: socket(100)}},
		11: {comm: "stays", fds: map[int]string{3: socket(100)}},
	})
	fs.afterFDs = func(pid int) {
		switch pid {
		case 9:
			_ = os.Rename(fs.pidFile(9, ""), filepath.Join(fs.root, "dead"))
		case 10:
			_ = os.Remove(fs.pidFile(10, "stat"))
		}
	}
	ix := search1(t, fs, OwnerQuery{})
	if got := ownersOf(ix, 100); len(got) != 1 || got[0].Name != "stays" || ix.Err != nil || ix.Denied != 0 {
		t.Errorf("got %v, %+v", got, ix)
	}
}

func TestOwnersErrors(t *testing.T) {
	fs := At(filepath.Join(t.TempDir(), "none"))
	if _, err := fs.Owners(t.Context(), OwnerQuery{}); !errors.Is(err, sock.ErrUnavailable) || !errors.Is(err, os.ErrNotExist) {
		t.Errorf("nowhere: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	fs = procTree(t, map[int]proc{9: {comm: "a", fds: map[int]string{3: socket(100)}}})
	if ix, err := fs.Owners(ctx, OwnerQuery{}); ix != nil || !errors.Is(err, context.Canceled) {
		t.Errorf("canceled: %v, %v", ix, err)
	}
	// A table that is no directory is a failure that is told.
	if err := os.MkdirAll(fs.pidFile(10, ""), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(fs.pidFile(10, "fd"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	ix := search1(t, fs, OwnerQuery{})
	if ix.Err == nil || ix.Len() != 1 {
		t.Errorf("failed %v, %d entries", ix.Err, ix.Len())
	}
}
