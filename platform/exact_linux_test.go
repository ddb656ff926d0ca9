package platform

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"sockeye/internal/test/population"
	"sockeye/sock"
)

// answer is what a listing says of the owners of a socket.
type answer struct {
	Status   string
	Owners   []string // PID/descriptor/thread name
	Listener string
}

// owned lists every TCP socket with its owners, by inode.
func owned(h *Host) (map[uint64]answer, error) {
	q := inetQuery(sock.TCP)
	q.Want = sock.FieldOwners
	listing := h.List(context.Background(), Request{Query: q})
	all := map[uint64]answer{}
	for s, err := range listing.Sockets {
		if err != nil {
			return nil, err
		}
		a := answer{Status: s.OwnerStatus.String()}
		for _, o := range s.Owners {
			a.Owners = append(a.Owners, fmt.Sprintf("%d/%d/%d %s", o.PID, o.FD, o.TID, o.Name))
		}
		if s.Listener != nil {
			a.Listener = fmt.Sprint(s.Listener.PID)
		}
		if s.Inode != 0 {
			all[s.Inode] = a
		}
	}
	return all, nil
}

// hosts opens this machine once for each way of finding owners, and for /proc
// without threads.
func hosts() (all []*Host, err error) {
	for _, o := range []Options{{Owners: "bpf"}, {Owners: "proc", Threads: true}, {Owners: "proc"}} {
		h, err := Open(o)
		if err != nil {
			return nil, err
		}
		all = append(all, h)
	}
	return all, nil
}

// everyWay lists with the kernel's iterator, with /proc, and with /proc without
// threads.
func everyWay() (answers []map[uint64]answer, err error) {
	all, err := hosts()
	if err != nil {
		return nil, err
	}
	for _, h := range all {
		defer h.Close()
		got, err := owned(h)
		if err != nil {
			return nil, err
		}
		answers = append(answers, got)
	}
	return answers, nil
}

// difference compares the iterator with /proc. Without threads that may miss a
// second holder in a thread, and no more.
func difference(answers []map[uint64]answer) string {
	bpf, proc, leaders := answers[0], answers[1], answers[2]
	diff := cmp.Diff(proc, bpf)
	for inode, a := range leaders {
		all := bpf[inode]
		missing := len(a.Owners) == 0 && len(all.Owners) > 0
		if missing || a.Status != all.Status || slices.ContainsFunc(a.Owners, func(o string) bool { return !slices.Contains(all.Owners, o) }) {
			diff += fmt.Sprintf("without threads %v in place of %v\n", a, all)
		}
	}
	return diff[:min(len(diff), 2000)]
}

// sameEveryWay checks that all ways find the same owners, of so many sockets at
// least.
func sameEveryWay(t *testing.T, least int) map[uint64]answer {
	t.Helper()
	got, err := everyWay()
	if err != nil {
		t.Fatal(err)
	}
	if diff := difference(got); diff != "" {
		t.Errorf("through /proc (-) and the iterator (+) differ: %s", diff)
	}
	sameForFew(t, got[1])
	known := 0
	for _, a := range got[0] {
		if len(a.Owners) > 0 {
			known++
		}
	}
	if known < least {
		t.Errorf("%d sockets with owners, want %d", known, least)
	}
	return got[0]
}

// needsIterator says why the two ways cannot be compared here, if so.
func needsIterator(t *testing.T) bool {
	t.Helper()
	if _, err := Open(Options{Owners: "bpf"}); err != nil {
		population.Skip(t, err)
	}
	return population.Alone(t, "cat", "true")
}

// Few processes with very many sockets, many with few, and very many with none.
func TestOwnersAreTheSameEveryWay(t *testing.T) {
	if !needsIterator(t) {
		return
	}
	scale := 1
	if !population.Long() {
		scale = 20
	}
	for _, shape := range []struct {
		name  string
		fill  func() (*population.Set, error)
		least int
	}{
		{"one process", func() (*population.Set, error) { return population.Mass(9500/scale, false) }, 19000 / scale},
		{"many processes", func() (*population.Set, error) { return population.Crowd(500/scale, 100, 10) }, 5000 / scale},
		{"idle processes", func() (*population.Set, error) { return population.Crowd(2000/scale, 0, 0) }, 1},
	} {
		t.Run(shape.name, func(t *testing.T) {
			set, err := shape.fill()
			if err != nil {
				t.Fatal(err)
			}
			defer set.Close()
			listener, err := net.Listen("tcp4", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			defer listener.Close()
			sameEveryWay(t, shape.least)
		})
	}
}

func TestOwnersInThreadsAreTheSameEveryWay(t *testing.T) {
	if !needsIterator(t) {
		return
	}
	var nothing any
	population.StartRole(t, "threads", nil, &nothing)
	// The leader's own listener, and those of three threads, which each have a copy
	// of it.
	sameEveryWay(t, 4)
}

func TestOwnersInANestedNamespaceAreTheSameEveryWay(t *testing.T) {
	if !needsIterator(t) {
		return
	}
	var said string
	population.StartRole(t, "nested", &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWPID | unix.CLONE_NEWNS}, &said)
	if said != "" {
		t.Errorf("inside: %s", said)
	}
}

// workers starts n processes that share a socket with this one.
func workers(t *testing.T, n int) (inode uint64) {
	t.Helper()
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	file, err := listener.(*net.TCPListener).File()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close(); file.Close() })
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	t.Cleanup(func() { w.Close() })
	for range n {
		cmd := exec.Command("cat")
		cmd.Stdin, cmd.ExtraFiles = r, []*os.File{file}
		if err := population.StartProgram(cmd); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { w.Close(); _ = cmd.Wait() })
	}
	var st unix.Stat_t
	if err := unix.Fstat(int(file.Fd()), &st); err != nil {
		t.Fatal(err)
	}
	return st.Ino
}

func TestEveryHolderIsFoundEveryWay(t *testing.T) {
	if !needsIterator(t) {
		return
	}
	inode := workers(t, 100)
	all := sameEveryWay(t, 1)
	if got := all[inode]; len(got.Owners) != 102 { // ours has two descriptors
		t.Errorf("%d holders, want 102: %v", len(got.Owners), got.Owners)
	}
}

// Under churn only the descriptors that were changing differ.
func TestOwnersUnderChurnAreTheSameEveryWay(t *testing.T) {
	if !needsIterator(t) {
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
	inode := workers(t, 10)
	defer forkStorm(t)()
	both, err := hosts()
	if err != nil {
		t.Fatal(err)
	}
	before, err := owned(both[1])
	runs := 9
	switch {
	case testing.Short(): // on an emulated machine
		runs = 3
	case population.Long():
		runs = 90
	}
	for run := range runs {
		var ours, after map[uint64]answer
		if err == nil {
			ours, err = owned(both[0])
		}
		if err == nil {
			after, err = owned(both[1])
		}
		if err != nil {
			t.Fatal(err)
		}
		unchanged := 0
		for inode, a := range before {
			if a = steady(a); !cmp.Equal(a, steady(after[inode])) || len(a.Owners) == 0 {
				continue
			}
			unchanged++
			if diff := cmp.Diff(a, steady(ours[inode])); diff != "" {
				t.Errorf("run %d, socket %d: through /proc (-) and the iterator (+) differ: %s", run, inode, diff)
			}
		}
		if holders := steady(ours[inode]).Owners; unchanged < 300 || len(holders) != 12 {
			t.Errorf("run %d: %d sockets that did not change, want 300; %d holders of the shared one", run, unchanged, len(holders))
		}
		before = after
	}
}

// steady leaves out the owners that come and go: a process that was forked off
// holds what this one does until it is another program.
func steady(a answer) answer {
	own := fmt.Sprintf("%d/", os.Getpid())
	a.Owners = slices.DeleteFunc(slices.Clone(a.Owners), func(o string) bool {
		return !strings.HasPrefix(o, own) && !strings.HasSuffix(o, " cat")
	})
	return a
}

// forkStorm starts and ends processes until it is told to stop.
func forkStorm(t *testing.T) (stop func()) {
	done := make(chan struct{})
	var running sync.WaitGroup
	running.Go(func() {
		for {
			select {
			case <-done:
				return
			default:
			}
			if err := exec.Command("true").Run(); err != nil {
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
