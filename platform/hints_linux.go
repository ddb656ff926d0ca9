package platform

import (
	"bufio"
	"io"
	"os"
	"path/filepath"
	"strconv"

	"golang.org/x/sys/unix"
)

// maxHints bounds the processes that are looked at first. Of a control group with
// more of them, none says much of where a socket is.
const maxHints = 64

// cgroupProcesses returns the processes in some control groups, by their numbers
// in this PID namespace: hints at who may hold the sockets that were opened there.
// It returns none if they would say little, or if a group cannot be read: the
// search then does without.
func cgroupProcesses(cgroups []uint64) []int {
	mount, err := mountedCgroups()
	if err != nil {
		return nil
	}
	var root unix.Stat_t
	if unix.Stat(mount, &root) != nil {
		return nil
	}
	var all []int
	for _, id := range cgroups {
		if id == root.Ino {
			return nil // every process may be in it
		}
		pids, err := processesIn(mount, id)
		if err != nil {
			return nil
		}
		if all = append(all, pids...); len(all) > maxHints {
			return nil
		}
	}
	return all
}

// processesIn reads cgroup.procs of a control group.
func processesIn(mount string, id uint64) ([]int, error) {
	dir, err := openCgroup(mount, id)
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	fd, err := unix.Openat(int(dir.Fd()), "cgroup.procs", unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	file := os.NewFile(uintptr(fd), filepath.Join(dir.Name(), "cgroup.procs"))
	defer file.Close()
	return parseProcesses(file)
}

// parseProcesses reads the numbers of cgroup.procs, one a line, up to one more
// than maxHints. A process that this PID namespace does not know is 0 there
// (cgroups(7)), and left out.
func parseProcesses(r io.Reader) ([]int, error) {
	var pids []int
	lines := bufio.NewScanner(r)
	for len(pids) <= maxHints && lines.Scan() {
		pid, err := strconv.ParseInt(lines.Text(), 10, 32)
		if err != nil {
			return nil, err
		}
		if pid > 0 {
			pids = append(pids, int(pid))
		}
	}
	return pids, lines.Err()
}
