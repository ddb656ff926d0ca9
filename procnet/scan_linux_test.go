package procnet

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"sockeye/internal/test/population"
	"sockeye/sock"
)

// roles are what a process does that a test needs.
var roles = map[string]population.Role{"scan": func() (any, error) {
	ix, err := At("/proc").Owners(context.Background(), OwnerQuery{})
	if err == nil {
		err = ix.Err // an interface, which JSON cannot read back
	}
	return ix, err
}}

// scanAsNobody runs a search in a process without rights.
func scanAsNobody(t *testing.T, binary string) (ix OwnerIndex) {
	t.Helper()
	cmd := exec.Command(binary)
	cmd.Dir = "/"
	cmd.SysProcAttr = population.AsNobody()
	population.StartRoleBy(t, cmd, "scan", &ix)
	return ix
}

// Who may not see the processes of others is told so, whether their
// descriptors are closed to him or they are hidden altogether.
func TestScanWithoutRights(t *testing.T) {
	if os.Getuid() != 0 {
		population.Skip(t, "needs root to become another user")
	}
	if !population.Alone(t) {
		return
	}
	binary := population.ReadableCopy(t)
	ix := scanAsNobody(t, binary)
	if ix.Denied != 1 || ix.Hidden {
		t.Errorf("got %+v", ix)
	}
	if err := unix.Mount("proc", "/proc", "proc", 0, "hidepid=2,gid=4242"); err != nil {
		t.Fatal(err)
	}
	if ix := scanAsNobody(t, binary); ix.Denied != 0 || !ix.Hidden {
		t.Errorf("with hidepid: %+v", ix)
	}
	if ix, err := At("/proc").Owners(t.Context(), OwnerQuery{}); err != nil || ix.Hidden || ix.Denied != 0 {
		t.Errorf("with hidepid, as root: %+v, %v", ix, err)
	}
}

// The search finds what the processes of a population hold.
func TestScanPopulation(t *testing.T) {
	if !population.Alone(t) {
		return
	}
	const processes, sockets = 12, 5
	set, err := population.Crowd(processes, 20, sockets)
	if err != nil {
		t.Fatal(err)
	}
	defer set.Close()
	hostile, err := population.Hostile()
	if err != nil {
		t.Fatal(err)
	}
	defer hostile.Close()

	ix := search1(t, At("/proc"), OwnerQuery{})
	listeners, held := 0, map[int]int{}
	for _, s := range listAll(t, here, only(sock.TCP, sock.IPv4)) {
		if !strings.HasPrefix(s.Local.Addr().String(), "127.2.") {
			continue
		}
		listeners++
		owners := ownersOf(ix, s.Inode)
		if len(owners) != 1 || owners[0].Name != "cat" || owners[0].Ticks == 0 {
			t.Fatalf("owners of %v: %v", s.Local, owners)
		}
		held[owners[0].PID]++
	}
	if listeners != processes*sockets || len(held) != processes {
		t.Errorf("%d listeners of %d processes", listeners, len(held))
	}
	for _, m := range hostile.Made {
		if m.Protocol != population.TCP {
			continue
		}
		owners := ownersOf(ix, m.Inode)
		if len(owners) != 1 || owners[0].PID != m.PID || owners[0].FD != m.FD {
			t.Errorf("made %+v, got %v", m, owners)
		}
	}
	compareComms(t, ix, hostile.Made)
}

// compareComms checks that the hostile names come through as bytes.
func compareComms(t *testing.T, ix *OwnerIndex, made []population.Made) {
	var got []string
	last := 0
	for _, m := range made {
		if m.PID != last {
			got = append(got, ownersOf(ix, m.Inode)[0].Name)
		}
		last = m.PID
	}
	if d := cmp.Diff(population.HostileComms, got); d != "" {
		t.Error(d)
	}
}

// A process that has ended by the time it is identified owns nothing, and one
// that is given its PID owns only its own.
func TestScanOfReusedPID(t *testing.T) {
	if !population.Alone(t) {
		return
	}
	// One worker has read this process, whose PID is the lowest, before it reads the
	// holder: else it could see the listener here, while it is handed to the other.
	workers(t, 1)
	old := startHolder(t, 0)
	fs := At("/proc")
	var reused *holderProcess
	fs.afterFDs = func(pid int) {
		if pid == old.pid && reused == nil {
			old.stop(t)
			reused = startHolder(t, pid)
		}
	}
	ix := search1(t, fs, OwnerQuery{})
	if reused == nil || reused.pid != old.pid {
		t.Fatalf("the PID %d was not given again", old.pid)
	}
	defer reused.stop(t)
	if got := ownersOf(ix, old.inode); got != nil {
		t.Errorf("the socket of the process that ended: %v", got)
	}
	got := ownersOf(ix, reused.inode)
	if len(got) != 1 || got[0].PID != reused.pid {
		t.Errorf("the socket of the process that has the PID: %v", got)
	}
	ticks, _ := ix.StartTicks(reused.pid)
	if now, err := fs.StartTime(reused.pid); err != nil || now != ticks {
		t.Errorf("started at %d, %v; the search says %d", now, err, ticks)
	}
}

// holderProcess is a process that holds one socket.
type holderProcess struct {
	cmd   *exec.Cmd
	in    io.Closer
	pid   int
	inode uint64
}

// startHolder starts cat(1) with a listener; with a PID other than 0, the next
// process in this PID namespace is made to have it (proc_sys_kernel(5),
// ns_last_pid).
func startHolder(t *testing.T, pid int) *holderProcess {
	t.Helper()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	file, err := l.(*net.TCPListener).File()
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	l.Close()
	var st unix.Stat_t
	if err := unix.Fstat(int(file.Fd()), &st); err != nil {
		t.Fatal(err)
	}
	h := &holderProcess{cmd: exec.Command("cat"), inode: st.Ino}
	h.cmd.ExtraFiles = []*os.File{file}
	if h.in, err = h.cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	if pid != 0 {
		if err := os.WriteFile("/proc/sys/kernel/ns_last_pid", fmt.Append(nil, pid-1), 0); err != nil {
			t.Fatal(err)
		}
	}
	if err := h.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	h.pid = h.cmd.Process.Pid
	return h
}

func (h *holderProcess) stop(t *testing.T) {
	h.in.Close()
	if err := h.cmd.Wait(); err != nil {
		t.Error(err)
	}
}

// A thread with a descriptor table of its own holds what the process does not.
func TestScanThreads(t *testing.T) {
	inodes, release := make(chan uint64), make(chan struct{})
	onOtherThread(func() {
		if unix.Unshare(unix.CLONE_FILES) != nil {
			inodes <- 0
			return
		}
		fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
		var st unix.Stat_t
		if err == nil {
			err = unix.Fstat(fd, &st)
		}
		if err != nil {
			st.Ino = 0
		}
		inodes <- st.Ino
		<-release
	})
	inode := <-inodes
	defer close(release)
	if inode == 0 {
		population.Skip(t, "no descriptor table for a thread")
	}
	want := []uint64{inode}
	for _, count := range []int{1, 4} {
		workers(t, count)
		got := ownersOf(search1(t, At("/proc"), OwnerQuery{Want: want, Threads: count == 1}), inode)
		if len(got) != 1 || got[0].PID != os.Getpid() || got[0].TID == 0 || got[0].TID == got[0].PID || got[0].Name == "" {
			t.Errorf("got %v", got)
		}
	}
}
