package procnet

import (
	"io"
	"os"
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
