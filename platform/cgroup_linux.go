package platform

import (
	"encoding/binary"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"sockeye/procnet"
	"sockeye/sock"
)

// errNoCgroups is the error of a system without control groups of version 2.
var errNoCgroups = errors.New("this system has no control groups of version 2")

// mountedCgroups returns where the second version of control groups is mounted: alone, or
// beside the first version (systemd's hybrid layout). Of several mounts it is the first
// that shows the whole hierarchy, else the first one.
func mountedCgroups(env *sock.Environment) (string, error) {
	path, whole := "", false
	err := procnet.At(env.Proc).Mounts(func(m procnet.Mount) {
		if m.Type == "cgroup2" && !whole && (m.Root == "/" || path == "") {
			path, whole = m.Point, m.Root == "/"
		}
	})
	switch {
	case whole:
		return path, nil // whatever follows
	case err == nil && path == "":
		err = errNoCgroups
	}
	return path, err
}

// CgroupID returns the number by which the kernel knows a control group of the
// second version: the inode of its directory (INET_DIAG_CGROUP_ID of
// linux/inet_diag.h). The path begins with a slash and has no mount point. The
// error is fs.ErrNotExist if there is none.
func (h *Host) CgroupID(path string) (uint64, error) {
	mount, err := mountedCgroups(h.chain.env)
	if err != nil {
		return 0, err
	}
	var st unix.Stat_t
	if err := unix.Stat(filepath.Join(mount, path), &st); err != nil {
		return 0, err
	}
	return st.Ino, nil
}

// cgroupNames finds the paths of control groups by their numbers, each once.
type cgroupNames struct {
	env    *sock.Environment
	known  map[uint64]string // "" for none
	mount  string            // empty if there are none
	walked bool              // known holds all
}

func newCgroupNames(env *sock.Environment) *cgroupNames { return &cgroupNames{env: env} }

// path returns the path in the hierarchy, such as /system.slice/nginx.service;
// empty for a group that is gone or out of sight.
func (c *cgroupNames) path(id uint64) string {
	if id == 0 {
		return ""
	}
	if c.known == nil {
		c.known = map[uint64]string{}
		c.mount, _ = mountedCgroups(c.env) // without them no group has a path
	}
	path, asked := c.known[id]
	if asked || c.walked || c.mount == "" {
		return path
	}
	path, err := c.byHandle(id)
	if errors.Is(err, fs.ErrPermission) {
		c.walk()
		path = c.known[id]
	}
	c.known[id] = path
	return path
}

// kernfsHandle is the type of a file handle that holds the number of a kernfs
// node, in host byte order: FILEID_KERNFS of linux/exportfs.h.
const kernfsHandle = 0xfe

// byHandle opens the directory of the group by its number, which needs
// CAP_DAC_READ_SEARCH, and asks for its name.
func (c *cgroupNames) byHandle(id uint64) (string, error) {
	root, err := os.Open(c.mount)
	if err != nil {
		return "", err
	}
	defer root.Close()
	handle := unix.NewFileHandle(kernfsHandle, binary.NativeEndian.AppendUint64(nil, id))
	fd, err := unix.OpenByHandleAt(int(root.Fd()), handle, unix.O_PATH|unix.O_CLOEXEC)
	if err != nil {
		return "", err
	}
	defer unix.Close(fd)
	name, err := os.Readlink(filepath.Join(c.env.Proc, "thread-self", "fd", strconv.Itoa(fd)))
	if err != nil {
		return "", fs.ErrPermission // it is looked for by its name
	}
	// A group outside of the mount, such as the host's in a container, has no
	// path here.
	path, inside := strings.CutPrefix(name, c.mount)
	switch {
	case !inside || strings.HasSuffix(path, " (deleted)"):
		return "", fs.ErrNotExist
	case path == "":
		return "/", nil
	case path[0] != '/':
		return "", fs.ErrNotExist
	}
	return path, nil
}

// maxCgroups bounds the directories that are gone through.
const maxCgroups = 1 << 16

// walk learns the numbers of all groups.
func (c *cgroupNames) walk() {
	c.walked = true
	seen := 0
	_ = filepath.WalkDir(c.mount, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.IsDir() {
			return nil // it may have been removed meanwhile
		}
		if seen++; seen > maxCgroups {
			return fs.SkipAll
		}
		var st unix.Stat_t
		if unix.Stat(path, &st) == nil {
			name := strings.TrimPrefix(path, c.mount)
			if name == "" {
				name = "/"
			}
			c.known[st.Ino] = name
		}
		return nil
	})
}
