package bpfiter

import (
	"os"
	"os/exec"
	"strconv"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"sockeye/internal/test/population"
)

// hold starts n processes that hold the sockets until the test ends.
func hold(t *testing.T, n int, sockets ...*os.File) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	t.Cleanup(func() { w.Close() })
	for range n {
		cmd := exec.Command("cat")
		cmd.Stdin, cmd.ExtraFiles = r, sockets
		if err := population.StartProgram(cmd); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			w.Close()
			if err := cmd.Wait(); err != nil {
				t.Error(err)
			}
		})
	}
}

// newListener returns a new socket, which is closed when the test ends, and its
// inode.
func newListener(t *testing.T) (*os.File, uint64) {
	t.Helper()
	fd, err := listener()
	var st unix.Stat_t
	if err == nil {
		err = unix.Fstat(fd, &st)
	}
	if err != nil {
		t.Fatal(err)
	}
	file := os.NewFile(uintptr(fd), "listener")
	t.Cleanup(func() { file.Close() })
	return file, st.Ino
}

func TestOneLargeProcess(t *testing.T) {
	if !isolated(t) {
		return
	}
	set, err := population.Mass(7600, false)
	if err != nil {
		t.Fatal(err)
	}
	defer set.Close()
	f := open1(t)
	same(t, f, 15200)
	ix, err := f.Find(t.Context(), Query{})
	if err != nil {
		t.Fatal(err)
	}
	if size := cap(ix.Entries) * 16; size > 24*ix.Len() {
		t.Errorf("%d bytes for %d descriptors", size, ix.Len())
	}
}

func TestManyProcesses(t *testing.T) {
	if !isolated(t) {
		return
	}
	processes := 200
	if testing.Short() { // on an emulated machine
		processes = 50
	}
	set, err := population.Crowd(processes, 100, 10)
	if err != nil {
		t.Fatal(err)
	}
	defer set.Close()
	same(t, open1(t), 10*processes)
}

// Every kind of socket, and processes with hostile names.
func TestEveryKindOfSocket(t *testing.T) {
	if !isolated(t) {
		return
	}
	set, err := population.Parity(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer set.Close()
	hostile, err := population.Hostile()
	if err != nil {
		t.Fatal(err)
	}
	defer hostile.Close()
	same(t, open1(t), len(hostile.Made)+20)
}

// A descriptor that was opened with O_PATH refers to a socket too, says /proc.
func TestPathDescriptor(t *testing.T) {
	if !isolated(t) {
		return
	}
	file, inode := newListener(t)
	fd, err := unix.Open("/proc/self/fd/"+strconv.Itoa(int(file.Fd())), unix.O_PATH|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	f := open1(t)
	same(t, f, 2)
	ix, err := f.Find(t.Context(), Query{Want: []uint64{inode}})
	if err != nil || len(ix.Owners(inode, nil)) != 2 {
		t.Errorf("owners %v, %v", ix.Owners(inode, nil), err)
	}
}

func TestSharedSocket(t *testing.T) {
	if !isolated(t) {
		return
	}
	file, inode := newListener(t)
	hold(t, 100, file)
	f := open1(t)
	same(t, f, 101)
	ix, err := f.Find(t.Context(), Query{Want: []uint64{inode}})
	if err != nil {
		t.Fatal(err)
	}
	if owners := ix.Owners(inode, nil); len(owners) != 101 || owners[0].PID != os.Getpid() {
		t.Errorf("owners %v", owners)
	}
}

// Threads with a table of their own, while the leader lives and when it has
// ended.
func TestThreadsWithTheirOwnTable(t *testing.T) {
	if !isolated(t) {
		return
	}
	f := open1(t)
	for _, name := range []string{"threads", "zombie"} {
		var nothing any
		pid := population.StartRole(t, name, nil, &nothing)
		if name == "zombie" {
			population.WaitForZombie(t, pid)
		}
		// Four sockets, and one more that each of three threads closed.
		same(t, f, 0)
		all := ownedBy(t, f, pid)
		flagged := 0
		for _, o := range all {
			if o.TID != 0 {
				flagged++
			}
			if o.PID != pid || o.TID == pid || o.Ticks == 0 {
				t.Errorf("%s: owner %+v", name, o)
			}
		}
		if name == "threads" && (len(all) < 13 || flagged < 6) || name == "zombie" && (len(all) < 13 || flagged != len(all)) {
			t.Errorf("%s: %d descriptors, %d of threads", name, len(all), flagged)
		}
	}
}

// In a nested PID namespace the numbers are those of that namespace, and from
// the outside those of the outer one.
func TestNestedPIDNamespace(t *testing.T) {
	if !isolated(t) {
		return
	}
	var inside found
	attr := &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWPID | unix.CLONE_NEWNS}
	pid := population.StartRole(t, "nested", attr, &inside)
	if inside.Cause != "" || inside.Difference != "" || inside.PID != 1 {
		t.Errorf("inside: %+v", inside)
	}
	if inside.Descriptors != 8 {
		t.Errorf("%d descriptors inside, want 5 and 3 of the child", inside.Descriptors)
	}
	f := open1(t)
	same(t, f, 8)
	if n := len(ownedBy(t, f, pid)); n != 5 {
		t.Errorf("%d descriptors of process %d", n, pid)
	}
}

// In a time namespace /proc shows start times with its offset.
func TestTimeNamespace(t *testing.T) {
	if !isolated(t) {
		return
	}
	if err := exec.Command("unshare", "--time", "--boottime", "1000", "true").Run(); err != nil {
		population.Skip(t, "needs unshare(1) with time namespaces: "+err.Error())
	}
	file, _ := newListener(t)
	hold(t, 1, file)
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	var inside found
	population.StartRoleBy(t, exec.Command("unshare", "--time", "--boottime", "100000", "--fork", program), "compare", &inside)
	if inside.Cause != "" || inside.Difference != "" || inside.Descriptors < 2 {
		t.Errorf("inside: %+v", inside)
	}
}
