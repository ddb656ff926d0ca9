package platform

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
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
// linux/inet_diag.h). The path begins with a slash and has no mount point.
func CgroupID(path string) (uint64, error) {
	mount, err := mountedCgroups()
	if err != nil {
		return 0, err
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

// kernfsHandle is the type of a file handle that holds the number of a kernfs
// node, in host byte order: FILEID_KERNFS of linux/exportfs.h.
const kernfsHandle = 0xfe

// openCgroup opens the directory of the control group with that number. It is one
// call with CAP_DAC_READ_SEARCH; without, the directories are gone through.
func openCgroup(mount string, id uint64) (*os.File, error) {
	root, err := os.Open(mount)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	handle := unix.NewFileHandle(kernfsHandle, binary.NativeEndian.AppendUint64(nil, id))
	fd, err := unix.OpenByHandleAt(int(root.Fd()), handle, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC)
	if err == nil {
		return os.NewFile(uintptr(fd), "cgroup"), nil
	}
	if !errors.Is(err, fs.ErrPermission) {
		return nil, fmt.Errorf("control group %d: %w", id, err)
	}
	path, err := findCgroup(mount, id)
	if err != nil {
		return nil, err
	}
	return os.Open(path)
}

// maxCgroups bounds the directories that are gone through for one: with more of
// them the hint costs what it is to save.
const maxCgroups = 256

// findCgroup returns the directory with that inode.
func findCgroup(mount string, id uint64) (found string, err error) {
	seen := 0
	err = filepath.WalkDir(mount, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.IsDir() {
			return nil // it may have been removed meanwhile
		}
		if seen++; seen > maxCgroups {
			return fs.SkipAll
		}
		var st unix.Stat_t
		if unix.Stat(path, &st) == nil && st.Ino == id {
			found = path
			return fs.SkipAll
		}
		return nil
	})
	if err == nil && found == "" {
		err = fmt.Errorf("control group %d: %w", id, fs.ErrNotExist)
	}
	return found, err
}
