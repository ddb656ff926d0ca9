package platform

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"sockeye/internal/test/population"
)

func TestParseProcesses(t *testing.T) {
	var many strings.Builder
	for i := range 1000 {
		fmt.Fprintln(&many, i+1)
	}
	for text, want := range map[string]int{"": 0, "12\n0\n7\n": 2, "12": 1, many.String(): maxHints + 1} {
		if got, err := parseProcesses(strings.NewReader(text)); len(got) != want || err != nil {
			t.Errorf("%.20q: %v, %v", text, got, err)
		}
	}
	if _, err := parseProcesses(strings.NewReader("12\nx\n")); err == nil {
		t.Error("no number is no error")
	}
}

func FuzzProcesses(f *testing.F) {
	f.Add("12\n0\n7\n")
	f.Add("-1\n99999999999\n")
	f.Fuzz(func(t *testing.T, text string) {
		pids, _ := parseProcesses(strings.NewReader(text))
		if len(pids) > maxHints+1 || slices.ContainsFunc(pids, func(pid int) bool { return pid <= 0 }) {
			t.Error(pids)
		}
	})
}

// cgroup makes a control group for a test, and returns its directory and number.
func cgroup(t *testing.T, name string) (dir string, id uint64) {
	t.Helper()
	mount, err := mountedCgroups()
	if err == nil {
		dir = filepath.Join(mount, fmt.Sprintf("sockeye-test-%s-%d", name, unix.Getpid()))
		err = os.Mkdir(dir, 0o755)
	}
	if err != nil {
		population.Skip(t, "needs a control group of version 2 that can be written: "+err.Error())
	}
	t.Cleanup(func() {
		if err := os.Remove(dir); err != nil {
			t.Error(err)
		}
	})
	id, err = CgroupID("/" + filepath.Base(dir))
	if err != nil {
		t.Fatal(err)
	}
	return dir, id
}

// enterGroup moves a process to a control group.
func enterGroup(t *testing.T, dir string, pid int) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, "cgroup.procs"), []byte(strconv.Itoa(pid)), 0); err != nil {
		t.Fatal(err)
	}
}

// resident starts a process in a control group that ends with the test.
func resident(t *testing.T, dir string, files ...*os.File) int {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	cmd := exec.Command("cat")
	cmd.Stdin, cmd.ExtraFiles = r, files
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.Close(); _ = cmd.Wait() })
	enterGroup(t, dir, cmd.Process.Pid)
	return cmd.Process.Pid
}

func TestTheProcessesOfAControlGroup(t *testing.T) {
	if !population.Alone(t, "cat", "true") {
		return
	}
	dir, id := cgroup(t, "a")
	_, empty := cgroup(t, "b")
	mount := filepath.Dir(dir)
	one, two := resident(t, dir), resident(t, dir)
	want := []int{one, two}
	slices.Sort(want)
	got := cgroupProcesses([]uint64{id, empty})
	slices.Sort(got)
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if path, err := findCgroup(mount, id); path != dir || err != nil {
		t.Errorf("going through the directories: %q, %v", path, err)
	}
	rootID, err := CgroupID("/")
	if err != nil {
		t.Fatal(err)
	}
	for name, groups := range map[string][]uint64{"the root": {rootID}, "the root too": {id, rootID}, "none": {1 << 60}, "one that is there, one not": {id, 1 << 60}} {
		if got := cgroupProcesses(groups); got != nil {
			t.Errorf("%s: %v", name, got)
		}
	}
	for range maxHints - 1 {
		resident(t, dir)
	}
	if got := cgroupProcesses([]uint64{id}); got != nil {
		t.Errorf("of %d processes: %v", maxHints+1, got)
	}
}

// A socket is found with its control group as a hint that is right, that is not
// the whole truth, and that is wrong, because the holder moved on.
func TestAHolderThatMovedToAnotherControlGroup(t *testing.T) {
	if !needsIterator(t) {
		return
	}
	dir, id := cgroup(t, "opened")
	other, _ := cgroup(t, "later")
	own, err := os.ReadFile("/proc/self/cgroup")
	if err != nil {
		t.Fatal(err)
	}
	_, home, _ := strings.Cut(string(own), "0::")
	home = filepath.Join(filepath.Dir(dir), strings.TrimSpace(home))
	enterGroup(t, dir, os.Getpid())
	t.Cleanup(func() { enterGroup(t, home, os.Getpid()) })
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	check := func(name string, hints, holders int) {
		t.Helper()
		if got := cgroupProcesses([]uint64{id}); len(got) != hints {
			t.Errorf("%s: hints %v, want %d", name, got, hints)
		}
		n := 0
		for _, a := range sameBothWays(t, false, 1) {
			n += len(a.Owners)
		}
		if n != holders {
			t.Errorf("%s: %d holders, want %d", name, n, holders)
		}
	}
	check("where it was opened", 1, 1)
	file, err := listener.(*net.TCPListener).File()
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	check("two descriptors", 1, 2)
	resident(t, other, file)
	check("another holder elsewhere", 1, 3)
	enterGroup(t, home, os.Getpid())
	check("an empty group", 0, 3)
	resident(t, dir)
	check("a group of others", 1, 3)
}
