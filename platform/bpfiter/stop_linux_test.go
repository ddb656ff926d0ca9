package bpfiter

import (
	"bufio"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"testing"

	"golang.org/x/sys/unix"

	"sockeye/internal/test/population"
)

// watched is this machine's kernel, and what a search asked of it.
type watched struct {
	host
	records int
	ended   int   // iterations through every process that were read to their end
	links   []int // the processes they are restricted to
	all     map[int]bool
}

func (w *watched) link(program, pid int) (int, error) {
	w.links = append(w.links, pid)
	fd, err := w.host.link(program, pid)
	w.all[fd] = pid == 0
	return fd, err
}

func (w *watched) iterate(link int) (int, error) {
	fd, err := w.host.iterate(link)
	w.all[fd] = w.all[link]
	return fd, err
}

func (w *watched) read(fd int, b []byte) (int, error) {
	n, err := w.host.read(fd, b)
	if n == 0 && err == nil && w.all[fd] {
		w.ended++
	}
	w.records += max(n, 0) / recordSize
	return n, err
}

// asked runs a search and returns what it asked of the kernel, and the owners of
// the one wanted socket.
func asked(t *testing.T, q Query) (*watched, []owner) {
	t.Helper()
	w := &watched{all: map[int]bool{}}
	f, err := open(w)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	f.short = 0 // else this machine may be too small for an early end
	w.links = nil
	ix, err := f.Find(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	return w, ownersOf(ix, q.Want)
}

// stops checks that a search ends early, or that it does not, and finds so many
// owners both ways.
func stops(t *testing.T, name string, q Query, early bool, owners int) *watched {
	t.Helper()
	w, found := asked(t, q)
	if (w.ended == 0) != early || len(found) != owners {
		t.Errorf("%s: %d iterations to their end and %d owners, want early %v and %d owners", name, w.ended, len(found), early, owners)
	}
	return w
}

// The search ends with the last reference: among thousands of sockets it records
// one, and looks at one process if that is hinted at.
func TestSearchStops(t *testing.T) {
	if !isolated(t) {
		return
	}
	file, inode := newListener(t)
	set, err := population.Crowd(100, 20, 10)
	if err != nil {
		t.Fatal(err)
	}
	defer set.Close()
	same(t, open1(t), 1000)
	if w := stops(t, "one socket", Query{Want: []uint64{inode}}, true, 1); w.records != 1 {
		t.Errorf("%d records", w.records)
	}
	if w := stops(t, "hinted at", Query{Want: []uint64{inode}, First: []int{os.Getpid()}}, true, 1); !slices.Equal(w.links, []int{os.Getpid()}) {
		t.Errorf("links to %v", w.links)
	}
	stops(t, "one that nobody holds", Query{Want: []uint64{inode, 1 << 40}}, false, 1)

	fd, err := unix.FcntlInt(file.Fd(), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	same(t, open1(t), 1002)
	w := stops(t, "duplicated", Query{Want: []uint64{inode}}, true, 2)
	if w.records != 4 || !slices.Equal(w.links, []int{0, os.Getpid()}) {
		t.Errorf("duplicated: %d records, links to %v", w.records, w.links)
	}
	hold(t, 2, file)
	same(t, open1(t), 1004)
	stops(t, "in three processes", Query{Want: []uint64{inode}}, true, 4)

	var many []uint64
	whole, err := open1(t).Find(t.Context(), Query{})
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range ownersOf(whole, inodes(whole)) {
		if o.Inode != inode && len(many) < 100 {
			many = append(many, o.Inode)
		}
	}
	stops(t, "100 sockets", Query{Want: many}, true, len(many))
}

// A second file of the same socket, made with O_PATH, is no reference to the
// first one.
func TestSearchDoesNotStopAtAPathDescriptor(t *testing.T) {
	if !isolated(t) {
		return
	}
	file, inode := newListener(t)
	stops(t, "before", Query{Want: []uint64{inode}}, true, 1)
	path := "/proc/self/fd/" + strconv.Itoa(int(file.Fd()))
	fd, err := unix.Open(path, unix.O_PATH|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	same(t, open1(t), 2)
	stops(t, "after", Query{Want: []uint64{inode}}, false, 2)
	stops(t, "hinted at", Query{Want: []uint64{inode}, First: []int{os.Getpid()}}, false, 2)
}

// A socket that is on its way to a process has a reference that no table has.
func TestSearchDoesNotStopAtASocketInFlight(t *testing.T) {
	if !isolated(t) {
		return
	}
	file, inode := newListener(t)
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(pair[0])
	defer unix.Close(pair[1])
	if err := unix.Sendmsg(pair[0], []byte{1}, unix.UnixRights(int(file.Fd())), nil, 0); err != nil {
		t.Fatal(err)
	}
	same(t, open1(t), 3)
	stops(t, "in flight", Query{Want: []uint64{inode}}, false, 1)
	rights := make([]byte, unix.CmsgSpace(4))
	if _, _, _, _, err := unix.Recvmsg(pair[1], make([]byte, 1), rights, unix.MSG_CMSG_CLOEXEC); err != nil {
		t.Fatal(err)
	}
	same(t, open1(t), 4)
	stops(t, "received", Query{Want: []uint64{inode}}, true, 2)
}

// sharedTable makes a process with threads or without that shares its descriptor
// table with another process.
const sharedTable = `
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void *rest(void *unused) { for (;;) pause(); return unused; }

int main(int argc, char **argv)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	struct stat st;
	char byte;
	pthread_t thread;
	pid_t child;

	if (fd < 0 || listen(fd, 8) || fstat(fd, &st))
		return 1;
	for (int i = 0; argc > 1 && i < 3; i++)
		if (pthread_create(&thread, 0, rest, 0))
			return 1;
	/* As fork(2) does, but with the table. */
	child = syscall(SYS_clone, CLONE_FILES | SIGCHLD, 0, 0, 0, 0);
	if (child == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		rest(0);
	}
	if (child < 0)
		return 1;
	printf("[%d, %d, %lu]\n", getpid(), child, (unsigned long)st.st_ino);
	fflush(stdout);
	read(0, &byte, 1);
	kill(child, SIGKILL);
	waitpid(child, 0, 0);
	return 0;
}
`

// Two processes with one table are two holders by one reference.
func TestSearchDoesNotStopAtASharedTable(t *testing.T) {
	if !isolated(t) {
		return
	}
	gcc, err := exec.LookPath("gcc")
	if err != nil {
		population.Skip(t, err.Error())
	}
	binary := filepath.Join(t.TempDir(), "shared")
	if err := os.WriteFile(binary+".c", []byte(sharedTable), 0o644); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command(gcc, "-o", binary, binary+".c", "-pthread").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for _, args := range [][]string{nil, {"threads"}} {
		cmd := exec.Command(binary, args...)
		in, err := cmd.StdinPipe()
		var out io.Reader
		if err == nil {
			out, err = cmd.StdoutPipe()
		}
		if err == nil {
			err = cmd.Start()
		}
		if err != nil {
			t.Fatal(err)
		}
		var said [3]uint64 // two processes and the socket
		if err := json.NewDecoder(bufio.NewReader(out)).Decode(&said); err != nil {
			t.Fatal(err)
		}
		inode := said[2]
		same(t, open1(t), 2)
		stops(t, "shared", Query{Want: []uint64{inode}}, false, 2)
		stops(t, "one hinted at", Query{Want: []uint64{inode}, First: []int{int(said[0])}}, false, 2)
		in.Close()
		if err := cmd.Wait(); err != nil {
			t.Error(err)
		}
	}
}
