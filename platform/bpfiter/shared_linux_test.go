package bpfiter

import (
	"bufio"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"sockeye/internal/test/population"
)

// A socket that is on its way to a process has a reference that no table has.
func TestSocketInFlight(t *testing.T) {
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
	f := open1(t)
	same(t, f, 3)
	holders(t, f, inode, 1)
	rights := make([]byte, unix.CmsgSpace(4))
	if _, _, _, _, err := unix.Recvmsg(pair[1], make([]byte, 1), rights, unix.MSG_CMSG_CLOEXEC); err != nil {
		t.Fatal(err)
	}
	same(t, f, 4)
	holders(t, f, inode, 2)
}

// holders checks how many descriptors of a socket are found when it is looked for
// alone.
func holders(t *testing.T, f *Finder, inode uint64, want int) {
	t.Helper()
	ix, err := f.Find(t.Context(), Query{Want: []uint64{inode}})
	if err != nil {
		t.Fatal(err)
	}
	if owners := ix.Owners(inode, nil); len(owners) != want {
		t.Errorf("%d owners, want %d: %v", len(owners), want, owners)
	}
}

// sharedTable makes a process with some threads, some of which leave its descriptor
// table, and shares the table with as many other processes as it is told:
// shared THREADS LEAVING PROCESSES.
const sharedTable = `
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static int fd, ready[2];

static void *rest(void *unused) { for (;;) pause(); return unused; }

static void *leave(void *unused)
{
	if (unshare(CLONE_FILES) || close(fd) || write(ready[1], "", 1) != 1)
		exit(2);
	return rest(unused);
}

int main(int argc, char **argv)
{
	int threads = atoi(argv[1]), leaving = atoi(argv[2]), processes = atoi(argv[3]);
	struct stat st;
	char byte;
	pthread_t thread;
	pid_t child[8];

	fd = socket(AF_INET, SOCK_STREAM, 0);
	if (argc != 4 || fd < 0 || listen(fd, 8) || fstat(fd, &st) || pipe(ready))
		return 1;
	for (int i = 0; i < threads; i++)
		if (pthread_create(&thread, 0, i < leaving ? leave : rest, 0))
			return 1;
	for (int i = 0; i < leaving; i++)
		if (read(ready[0], &byte, 1) != 1)
			return 1;
	for (int i = 0; i < processes; i++) {
		/* As fork(2) does, but with the table. */
		child[i] = syscall(SYS_clone, CLONE_FILES | SIGCHLD, 0, 0, 0, 0);
		if (child[i] == 0) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			rest(0);
		}
		if (child[i] < 0)
			return 1;
	}
	printf("%lu\n", (unsigned long)st.st_ino);
	fflush(stdout);
	read(0, &byte, 1);
	for (int i = 0; i < processes; i++) {
		kill(child[i], SIGKILL);
		waitpid(child[i], 0, 0);
	}
	return 0;
}
`

// Processes with one table are a holder each by the same entry of it, however many
// threads use it too or have left it.
func TestSharedTable(t *testing.T) {
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
	for _, c := range []struct {
		name                        string
		threads, leaving, processes string
		holders                     int
	}{
		{"without threads", "0", "0", "1", 2},
		{"with threads", "3", "0", "1", 2},
		{"as many processes as threads that left", "3", "2", "2", 3},
		{"fewer processes than threads that left", "3", "3", "1", 2},
		{"more processes than threads that left", "3", "1", "4", 5},
	} {
		t.Run(c.name, func(t *testing.T) {
			cmd := exec.Command(binary, c.threads, c.leaving, c.processes)
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
			var inode uint64
			if err := json.NewDecoder(bufio.NewReader(out)).Decode(&inode); err != nil {
				t.Fatal(err)
			}
			f := open1(t)
			same(t, f, c.holders)
			holders(t, f, inode, c.holders)
			in.Close()
			if err := cmd.Wait(); err != nil {
				t.Error(err)
			}
		})
	}
}
