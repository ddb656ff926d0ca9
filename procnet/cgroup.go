package procnet

import (
	"io"
	"os"
	"strings"
)

// maxCgroups bounds what is read of /proc/PID/cgroup: the kernel has about 14
// hierarchies with a path of at most 4096 bytes each.
const maxCgroups = 64 << 10

// ControlGroups returns the file /proc/PID/cgroup, which everybody may read: a line
// for each hierarchy (cgroups(7)).
func (fs FS) ControlGroups(pid int) (string, error) {
	file, err := os.Open(fs.pidFile(pid, "cgroup"))
	if err != nil {
		return "", err
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, maxCgroups))
	return string(data), err
}

// maxArguments bounds what is read of the arguments of a process.
const maxArguments = 64 << 10

// Arguments returns the arguments of a process, the first of which is by custom the
// name of the program; the first 64 KiB. None are known of one that overwrote them.
func (fs FS) Arguments(pid int) ([]string, error) {
	file, err := os.Open(fs.pidFile(pid, "cmdline"))
	if err != nil {
		return nil, err
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, maxArguments))
	if err != nil || len(data) == 0 {
		return nil, err
	}
	return strings.Split(strings.TrimSuffix(string(data), "\x00"), "\x00"), nil
}
