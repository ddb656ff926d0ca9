package platform

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// AutoPorts returns the range from which the kernel takes the port of a socket
// that does not choose one; zeros if it cannot be read.
func AutoPorts() [2]uint16 {
	var ports [2]uint16
	text, err := os.ReadFile("/proc/sys/net/ipv4/ip_local_port_range")
	if err != nil {
		return ports
	}
	if _, err := fmt.Sscan(string(text), &ports[0], &ports[1]); err != nil {
		return [2]uint16{}
	}
	return ports
}

// cgroupMounts are where the second version of control groups is mounted: the
// second one beside the first version (systemd's hybrid layout).
var cgroupMounts = []string{"/sys/fs/cgroup", "/sys/fs/cgroup/unified"}

// CgroupID returns the number by which the kernel knows a control group of the
// second version: the inode of its directory (INET_DIAG_CGROUP_ID of
// linux/inet_diag.h). The path begins with a slash and has no mount point.
func CgroupID(path string) (uint64, error) {
	for _, mount := range cgroupMounts {
		var where unix.Statfs_t
		if unix.Statfs(mount, &where) != nil || where.Type != unix.CGROUP2_SUPER_MAGIC {
			continue
		}
		var st unix.Stat_t
		if err := unix.Stat(filepath.Join(mount, path), &st); err != nil {
			if errors.Is(err, fs.ErrNotExist) {
				return 0, fmt.Errorf("there is no control group %s", path)
			}
			return 0, err
		}
		return st.Ino, nil
	}
	return 0, errors.New("this system has no control groups of version 2")
}
