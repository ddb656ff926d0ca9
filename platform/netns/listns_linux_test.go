package netns

import (
	"errors"
	"os"
	"slices"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"sockeye/internal/test/population"
)

// heldBy makes a namespace that nothing but a descriptor holds, which is made in it.
func heldBy(t *testing.T, hold func() (fd int, err error)) (held Descriptor) {
	t.Helper()
	switch err := population.InNewNamespace(nil, func(string) (err error) {
		held.Inode = inode(t)
		held.FD, err = hold()
		return err
	}); {
	case errors.Is(err, unix.EPERM):
		population.Skip(t, "needs CAP_SYS_ADMIN to make namespaces")
	case err != nil:
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(held.FD) })
	held.PID = os.Getpid()
	return held
}

// TestListOfTheKernel: where the kernel lists namespaces, one that nothing leads to but
// a descriptor, through which nobody searches, is found and opened. It lists all of them
// for root in the first PID namespace alone (may_see_all_namespaces of fs/nsfs.c).
func TestListOfTheKernel(t *testing.T) {
	_, err := listns()
	if err != nil && !errors.Is(err, syscall.ENOSYS) {
		t.Fatal(err)
	}
	const first = 0xeffffffc // PID_NS_INIT_INO of linux/nsfs.h
	var st unix.Stat_t
	lists := err == nil && unix.Stat("/proc/self/ns/pid", &st) == nil && st.Ino == first
	held := heldBy(t, func() (int, error) { return open("/proc/thread-self/ns/net") })
	all, err := List("/proc", nil)
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(all, func(f Found) bool { return f.Inode == held.Inode })
	if (i >= 0) != lists {
		t.Fatalf("found: %v, the kernel lists: %v", i >= 0, lists)
	}
	if lists {
		opens(t, all[i], held.Inode)
	}
}

// opens opens what was found, which is to be a namespace.
func opens(t *testing.T, f Found, inode uint64) {
	t.Helper()
	h, err := f.Open("/proc")
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	if h.Inode() != inode {
		t.Errorf("opened %d, want %d", h.Inode(), inode)
	}
}

// TestHeldBySocket: a namespace that nothing but a socket holds is found by that, and
// opened.
func TestHeldBySocket(t *testing.T) {
	if !population.Alone(t) {
		return
	}
	held := heldBy(t, func() (int, error) { return unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0) })
	is := func(f Found) bool { return f.Inode == held.Inode }
	for name, d := range map[string]Descriptor{"inode known": held, "inode to be asked for": {PID: held.PID, FD: held.FD}} {
		all, err := List("/proc", func() []Descriptor { return []Descriptor{d, d} })
		i := slices.IndexFunc(all, is)
		if err != nil || i < 0 || all[i].Holder != os.Getpid() || slices.ContainsFunc(all[i+1:], is) {
			t.Errorf("%s: %+v, %v", name, all, err)
			continue
		}
		opens(t, all[i], held.Inode)
	}
	// What was found may be another one, or gone, when it is opened.
	for what, f := range map[string]Found{
		"another number": {Inode: held.Inode + 1, socket: held},
		"no descriptor":  {Inode: held.Inode, socket: Descriptor{PID: os.Getpid(), FD: 1 << 20}},
		"no process":     {Inode: held.Inode, socket: Descriptor{PID: 1 << 22, FD: 3}},
	} {
		if h, err := f.Open("/proc"); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s: %v, %v", what, h, err)
		}
	}
	if h, err := (&Found{Inode: 1}).Open("/proc"); !errors.Is(err, os.ErrPermission) {
		t.Errorf("nothing that leads to it: %v, %v", h, err)
	}
}
