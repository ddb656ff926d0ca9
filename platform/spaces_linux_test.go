package platform

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"sockeye/internal/test/population"
	"sockeye/platform/netns"
	"sockeye/sock"
)

// listenersOfSpace is how many listen in each namespace of a test.
const listenersOfSpace = 20

// inNewSpace runs f on a thread in a new network namespace, which has its file in
// /proc; the thread ends then, or with the test if it stays.
func inNewSpace(t *testing.T, stays bool, f func(file string) error) {
	t.Helper()
	var until <-chan struct{}
	if stays {
		until = t.Context().Done()
	}
	if err := population.InNewNamespace(until, f); err != nil {
		t.Fatal(err)
	}
}

// listen opens listeners on ports that the namespace's number begins.
func listen(t *testing.T, number int) error {
	for i := range listenersOfSpace {
		l, err := net.Listen("tcp4", fmt.Sprintf("0.0.0.0:%d", 1000+number*100+i))
		if err != nil {
			return err
		}
		t.Cleanup(func() { l.Close() })
	}
	return nil
}

// spaceKinds is how many kinds of namespaces there are.
const spaceKinds = 6

// manySpaces makes namespaces of each kind in turn and returns the name that each is
// to have, by its number.
func manySpaces(t *testing.T, count int) map[int]string {
	t.Helper()
	if err := population.EmptyRun(); err != nil {
		t.Fatal(err)
	}
	elsewhere := t.TempDir()
	names := map[int]string{}
	for n := range count {
		inNewSpace(t, n%spaceKinds == 5, func(file string) error {
			switch n % spaceKinds {
			case 0: // with a name
				names[n] = fmt.Sprint("blue", n)
				if err := population.BindNamespace(file, filepath.Join(netns.Names, names[n])); err != nil {
					return err
				}
			case 1: // a process is in it
				sleep := exec.Command("sleep", "1000")
				if err := sleep.Start(); err != nil {
					return err
				}
				t.Cleanup(func() { _ = sleep.Process.Kill() }) // else it ends with the PID namespace
				names[n] = fmt.Sprintf("sleep[%d]", sleep.Process.Pid)
			case 2: // bound to a file elsewhere
				names[n] = filepath.Join(elsewhere, fmt.Sprint("a file ", n))
				if err := population.BindNamespace(file, names[n]); err != nil {
					return err
				}
				t.Cleanup(func() { _ = unix.Unmount(names[n], unix.MNT_DETACH) })
			case 3: // nothing but a descriptor holds it
				held, err := os.Open(file)
				if err != nil {
					return err
				}
				t.Cleanup(func() { held.Close() })
				names[n] = fmt.Sprintf("%s[%d]", ownName(t), os.Getpid())
			case 4, 5: // nothing but its sockets, and nothing but a thread beside them
				names[n] = fmt.Sprintf("%s[%d]", ownName(t), os.Getpid())
			}
			return listen(t, n)
		})
	}
	return names
}

// ownName is the name of this process, as its first thread has it.
func ownName(t *testing.T) string {
	t.Helper()
	name, err := os.ReadFile("/proc/self/comm")
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(name))
}

// everySocket lists the TCP sockets of every namespace.
func everySocket(t *testing.T, o Options) (all []*sock.Socket, snap sock.Snapshot) {
	t.Helper()
	o.AllNamespaces = true
	h, err := Open(o)
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	q := inetQuery(sock.TCP)
	q.Want = sock.FieldNetns | sock.FieldNetnsName | sock.FieldOwners | sock.FieldInode | sock.FieldLocal
	l := h.List(t.Context(), Request{Query: q})
	for s, err := range l.Sockets {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, s.Clone())
	}
	return all, l.Snapshot()
}

// TestAllNamespaces: every listener of every namespace is listed once, with the name
// of its namespace and its owner, whatever holds the namespace.
func TestAllNamespaces(t *testing.T) {
	if !population.Alone(t, "sleep") {
		return
	}
	count := 2 * spaceKinds
	if population.Long() {
		count = 9 * spaceKinds
	}
	names := manySpaces(t, count)
	for _, owners := range []string{"auto", "proc"} {
		all, snap := everySocket(t, Options{Owners: owners})
		if !snap.Complete || len(snap.Warnings) > 0 {
			t.Errorf("%s: complete %v, %v", owners, snap.Complete, snap.Warnings)
		}
		seen := map[uint16]bool{}
		inodes := map[uint64]int{}
		for _, s := range all {
			port := s.Local.Port()
			number := int(port-1000) / 100
			if seen[port] {
				t.Errorf("%s: port %d is there twice", owners, port)
			}
			seen[port] = true
			inodes[s.Netns.Inode]++
			if want := names[number]; s.Netns.Name != want {
				t.Errorf("%s: port %d is in %q, want %q", owners, port, s.Netns.Name, want)
			}
			if len(s.Owners) != 1 || s.Owners[0].PID != os.Getpid() {
				t.Errorf("%s: port %d: owners %v, %v", owners, port, s.Owners, s.OwnerStatus)
			}
		}
		if len(seen) != count*listenersOfSpace || len(inodes) != count {
			t.Errorf("%s: %d listeners in %d namespaces, want %d in %d", owners, len(seen), len(inodes), count*listenersOfSpace, count)
		}
	}
}

// TestNamespacesWithoutRights: what may not be entered is read through the processes
// in it, and the rest is named.
func TestNamespacesWithoutRights(t *testing.T) {
	if !population.Alone(t, "sleep") {
		return
	}
	names := manySpaces(t, 4)
	becomeNobody(t)
	all, snap := everySocket(t, Options{})
	ports := 0
	for _, s := range all {
		if s.Netns.Name == names[1] && s.Local.Port()/100 == 11 {
			ports++
		}
	}
	if ports != listenersOfSpace {
		t.Errorf("%d listeners in %s, want %d", ports, names[1], listenersOfSpace)
	}
	said := ""
	for _, w := range snap.Warnings {
		said += w.Message + "\n"
	}
	if snap.Complete || !strings.Contains(said, names[0]) || !strings.Contains(said, "cannot be entered without CAP_SYS_ADMIN") {
		t.Errorf("complete %v: %s", snap.Complete, said)
	}
}

// becomeNobody takes the rights of this process away until the test ends.
func becomeNobody(t *testing.T) {
	t.Helper()
	back := os.Geteuid()
	t.Cleanup(func() { _ = syscall.Setresuid(back, back, back) })
	if err := syscall.Setresuid(65534, 65534, back); err != nil { // on all threads
		t.Fatal(err)
	}
}

// TestProcessWithoutRights: who may not enter the namespace of a process is shown its
// tables, and told so; nothing is asked of another namespace in its place.
func TestProcessWithoutRights(t *testing.T) {
	if !population.Alone(t, "sleep") {
		return
	}
	names := manySpaces(t, 2)
	pid, _, _ := strings.Cut(strings.TrimPrefix(names[1], "sleep["), "]")
	becomeNobody(t)
	env, err := OpenNamespace(pid)
	if err != nil {
		t.Fatal(err)
	}
	h, err := Open(Options{Environment: env})
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	q := inetQuery(sock.TCP)
	q.Want = sock.FieldMark // which the tables do not tell
	l := h.List(t.Context(), Request{Query: q})
	rows := 0
	for s, err := range l.Sockets {
		if err != nil {
			t.Fatal(err)
		}
		if rows++; s.Local.Port()/100 != 11 {
			t.Errorf("port %d is not of that namespace", s.Local.Port())
		}
		if err := h.destroy(t.Context(), s); err != errElsewhere {
			t.Errorf("closing it: %v", err)
		}
	}
	if err := h.translations(t.Context(), env, nil); !errors.Is(err, os.ErrPermission) {
		t.Errorf("its translations: %v", err)
	}
	snap := l.Snapshot()
	fell := func(w sock.Warning) bool { return w.Code == sock.CodeFallback }
	if rows != listenersOfSpace || snap.Source != "proc" || !slices.ContainsFunc(snap.Warnings, fell) {
		t.Errorf("%d listeners from %s, %v", rows, snap.Source, snap.Warnings)
	}
	if _, err := OpenNamespace(names[0]); !errors.Is(err, os.ErrPermission) {
		t.Errorf("one with a name and without a process: %v", err)
	}
}

// TestGoneNamespace: one that ends between being found and being opened is a warning,
// and the others are listed.
func TestGoneNamespace(t *testing.T) {
	f := &spaceFinder{env: atProc}
	namer := &spaceNamer{}
	found := netns.Found{Inode: 4711, Path: "/proc/4194305/ns/net", Name: "gone"}
	if sp, err := f.open(found, spaceKey{inode: 4711}, namer); err == nil || errors.Is(err, os.ErrPermission) {
		t.Errorf("opened %v, %v", sp, err)
	}
}

// TestNamespaceGoesDuringListing: what another listing of the same host finds to be gone,
// and lets go, is a warning in this one; nothing is read in a namespace that was opened
// in its place.
func TestNamespaceGoesDuringListing(t *testing.T) {
	if !population.Alone(t) {
		return
	}
	if err := population.EmptyRun(); err != nil {
		t.Fatal(err)
	}
	// In the order of the listing: the second is begun while the first is read.
	const first, second, gone, other = 0, 1, 2, 3
	named := func(number int) {
		inNewSpace(t, false, func(file string) error {
			return errors.Join(population.BindNamespace(file, filepath.Join(netns.Names, fmt.Sprint("blue", number))), listen(t, number))
		})
	}
	for number := range other {
		named(number)
	}
	h, err := Open(Options{AllNamespaces: true, Owners: "none"})
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	q := inetQuery(sock.TCP)
	q.Want = sock.FieldNetns | sock.FieldNetnsName | sock.FieldLocal
	l := h.List(t.Context(), Request{Query: q})
	listed := map[int]int{}
	for s, err := range l.Sockets {
		if err != nil {
			t.Fatal(err)
		}
		if len(listed) == 0 {
			file := filepath.Join(netns.Names, fmt.Sprint("blue", gone))
			if err := errors.Join(unix.Unmount(file, unix.MNT_DETACH), os.Remove(file)); err != nil {
				t.Fatal(err)
			}
			h.spaces.refresh(t.Context())
			named(other)
			h.spaces.refresh(t.Context())
		}
		listed[int(s.Local.Port()-1000)/100]++
	}
	if listed[first] != listenersOfSpace || listed[second] != listenersOfSpace || len(listed) != 2 {
		t.Errorf("listeners by namespace: %v", listed)
	}
	snap := l.Snapshot()
	if snap.Complete || len(snap.Warnings) == 0 || !strings.Contains(snap.Warnings[0].Message, os.ErrClosed.Error()) {
		t.Errorf("complete %v, %v", snap.Complete, snap.Warnings)
	}
}

// TestOpenNamespace takes what people call a namespace, in its order.
func TestOpenNamespace(t *testing.T) {
	if !population.Alone(t, "sleep") {
		return
	}
	names := manySpaces(t, 4)
	pid, _, _ := strings.Cut(strings.TrimPrefix(names[1], "sleep["), "]")
	inode := func(word string) uint64 {
		t.Helper()
		env, err := OpenNamespace(word)
		if err != nil {
			t.Errorf("%s: %v", word, err)
			return 0
		}
		defer env.Close()
		return env.Namespace.Inode()
	}
	named, process := inode(names[0]), inode(pid)
	if named == process || named == 0 || process == 0 {
		t.Errorf("inodes %d and %d", named, process)
	}
	for word, want := range map[string]uint64{
		"name:" + names[0]: named, netns.Names + "/" + names[0]: named,
		"pid:" + pid: process, "/proc/" + pid + "/ns/net": process,
	} {
		if got := inode(word); got != want {
			t.Errorf("%s is %d, want %d", word, got, want)
		}
	}
	// A name of digits is one of `ip netns` before it is a PID.
	inNewSpace(t, false, func(file string) error { return population.BindNamespace(file, filepath.Join(netns.Names, pid)) })
	if digits := inode(pid); digits == process || digits != inode("name:"+pid) || inode("pid:"+pid) != process {
		t.Errorf("%s is %d", pid, digits)
	}
	back, err := enterContainer(t)
	if err != nil {
		population.Skip(t, "needs a control group of version 2 that can be written: "+err.Error())
	}
	id := testContainer()
	if got := inode("container:" + id[:12]); got != inode("/proc/self/ns/net") || got != inode(id) {
		t.Errorf("the container is %d", got)
	}
	back()
	for _, word := range []string{"nosuch", "name:" + pid + "x", "pid:4194305", "container:" + id, "name:", "name:../netns/" + names[0], "pid:x", "/etc/hostname", ""} {
		if env, err := OpenNamespace(word); err == nil {
			t.Errorf("%q is %v", word, env.Namespace)
		}
	}
}

// TestContainerAmongHidden: where processes are hidden it is not known that there is no
// container of a name.
func TestContainerAmongHidden(t *testing.T) {
	if !population.Alone(t) {
		return
	}
	if _, err := OpenNamespace("container:nosuch"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("among all processes: %v", err)
	}
	if err := unix.Mount("proc", "/proc", "proc", 0, "hidepid=2,gid=27"); err != nil {
		t.Fatal(err)
	}
	becomeNobody(t)
	for _, word := range []string{"container:nosuch", "nosuch"} {
		if _, err := OpenNamespace(word); !errors.Is(err, os.ErrPermission) {
			t.Errorf("%s: %v", word, err)
		}
	}
}
