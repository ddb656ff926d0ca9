package platform

import (
	"errors"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// errNoCgroups is the error of a system without control groups of version 2.
var errNoCgroups = errors.New("this system has no control groups of version 2")

// mountedCgroups returns where control groups of version 2 are mounted.
func mountedCgroups() (string, error) {
	file, err := os.Open("/proc/self/mountinfo")
	if err != nil {
		return "", err
	}
	defer file.Close()
	path, err := cgroupMount(file)
	if err == nil && path == "" {
		err = errNoCgroups
	}
	return path, err
}

// CgroupID returns the number by which the kernel knows a control group of the
// second version: the inode of its directory (INET_DIAG_CGROUP_ID of
// linux/inet_diag.h). The path begins with a slash and has no mount point. The
// error is fs.ErrNotExist if there is none.
func CgroupID(path string) (uint64, error) {
	mount, err := mountedCgroups()
	if err != nil {
		return 0, err
	}
	var st unix.Stat_t
	if err := unix.Stat(filepath.Join(mount, path), &st); err != nil {
		return 0, err
	}
	return st.Ino, nil
}
