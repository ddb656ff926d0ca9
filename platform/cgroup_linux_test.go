package platform

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"sockeye/internal/test/population"
	"sockeye/sock"
)

func TestMountedCgroups(t *testing.T) {
	const (
		v1     = "31 23 0:28 / /sys/fs/cgroup rw - tmpfs tmpfs rw,mode=755\n41 31 0:37 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,name=systemd\n"
		hybrid = "20 41 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw\n"
		alone  = "36 35 0:26 / /sys/fs/cgroup rw,nosuid shared:9 master:1 - cgroup2 cgroup2 rw,nsdelegate\n"
		part   = "50 35 0:26 /a.slice /run/part rw - cgroup2 none rw\n"
	)
	for name, c := range map[string]struct {
		mountinfo, want string
		err             error
	}{
		"version 1 only":        {v1, "", errNoCgroups},
		"hybrid":                {v1 + hybrid, "/sys/fs/cgroup/unified", nil},
		"alone":                 {alone + v1, "/sys/fs/cgroup", nil},
		"the first of two":      {alone + hybrid, "/sys/fs/cgroup", nil},
		"a part comes first":    {part + alone, "/sys/fs/cgroup", nil},
		"a part, in a chroot":   {part, "/run/part", nil},
		"nothing":               {"", "", errNoCgroups},
		"a source of that name": {"1 2 0:3 / /tmp rw - tmpfs cgroup2 rw\n", "", errNoCgroups},
		"a long line behind it": {alone + strings.Repeat("x", 2<<20), "/sys/fs/cgroup", nil},
		"a long line":           {strings.Repeat("x", 2<<20), "", bufio.ErrTooLong},
	} {
		root := t.TempDir()
		if err := os.Mkdir(filepath.Join(root, "self"), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(root, "self", "mountinfo"), []byte(c.mountinfo), 0o644); err != nil {
			t.Fatal(err)
		}
		if got, err := mountedCgroups(&sock.Environment{Proc: root}); got != c.want || !errors.Is(err, c.err) {
			t.Errorf("%s: %q, %v; want %q", name, got, err, c.want)
		}
	}
}

// cgroup makes a control group for a test, and returns its directory and path.
func cgroup(t *testing.T, name string) (dir, path string) {
	t.Helper()
	mount, err := mountedCgroups(atProc)
	if err == nil {
		dir = filepath.Join(mount, fmt.Sprintf("sockeye test-%s-%d", name, unix.Getpid()))
		err = os.Mkdir(dir, 0o755)
	}
	if err != nil {
		population.Skip(t, "needs a control group of version 2 that can be written: "+err.Error())
	}
	t.Cleanup(func() { _ = os.Remove(dir) })
	return dir, "/" + filepath.Base(dir)
}

// enterGroup moves this process to a control group.
func enterGroup(t *testing.T, dir string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, "cgroup.procs"), []byte(strconv.Itoa(unix.Getpid())), 0); err != nil {
		t.Fatal(err)
	}
}

// TestPathsOfControlGroups: a socket has the path of the group that it was opened
// in, found by the number or by going through all, and none once the group is gone.
func TestPathsOfControlGroups(t *testing.T) {
	if !population.Alone(t) {
		return
	}
	dir, path := cgroup(t, "a")
	inner := filepath.Join(dir, "b")
	if err := os.Mkdir(inner, 0o755); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.Remove(inner) })
	before, err := mountedCgroups(atProc)
	if err != nil {
		t.Fatal(err)
	}
	enterGroup(t, inner)
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	enterGroup(t, before)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	want := path + "/b"
	h := thisHost(t)
	listed := func() *sock.Socket {
		q := inetQuery(sock.TCP)
		q.Want = sock.FieldCgroup
		for s, err := range h.List(t.Context(), Request{Query: q}).Sockets {
			if err != nil {
				t.Fatal(err)
			}
			if s.Local.Port() == uint16(l.Addr().(*net.TCPAddr).Port) {
				return s.Clone()
			}
		}
		t.Fatal("the listener is not listed")
		return nil
	}
	s := listed()
	if !s.Knows(sock.FieldCgroup|sock.FieldCgroupID) || s.Cgroup != want {
		t.Errorf("the group %d is %q, want %q", s.CgroupID, s.Cgroup, want)
	}
	if id, err := h.CgroupID(want); id != s.CgroupID || err != nil {
		t.Errorf("the number of %s is %d, %v; want %d", want, id, err, s.CgroupID)
	}
	// Who may not open a group by its number goes through all of them.
	all := newCgroupNames(atProc)
	all.known, all.mount = map[uint64]string{}, before
	all.walk()
	if all.path(s.CgroupID) != want || all.path(1<<60) != "" {
		t.Errorf("by going through all: %q, and %q of a number that there is not", all.path(s.CgroupID), all.path(1<<60))
	}
	root, err := h.CgroupID("/")
	if err != nil || all.path(root) != "/" || newCgroupNames(atProc).path(root) != "/" {
		t.Errorf("the root is %q and %q, %v", all.path(root), newCgroupNames(atProc).path(root), err)
	}
	if err := os.Remove(inner); err != nil {
		t.Fatal(err)
	}
	if s := listed(); s.Knows(sock.FieldCgroup) || s.CgroupID == 0 {
		t.Errorf("a group that is gone: %d, %q", s.CgroupID, s.Cgroup)
	}
	nowhere := newCgroupNames(&sock.Environment{Proc: t.TempDir()})
	if got := nowhere.path(root); got != "" {
		t.Errorf("without a proc file system: %q", got)
	}
}
