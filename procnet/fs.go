package procnet

import (
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// FS is a proc file system, in which the holders of sockets are searched. The
// zero value is not usable; see [At].
type FS struct {
	root string
	// afterFDs, if set, is called once the descriptors of a process have been
	// read and before the process is identified. Tests change the process here.
	afterFDs func(pid int)
}

// At returns the proc file system mounted, or copied to, below root.
func At(root string) FS { return FS{root: filepath.Clean(root)} }

// Root returns where the file system is.
func (fs FS) Root() string { return fs.root }

// pidFile returns the path of a file of a process.
func (fs FS) pidFile(pid int, name string) string {
	return filepath.Join(fs.root, strconv.Itoa(pid), name)
}

// readFile reads a file of a process, of which no more than most bytes.
func (fs FS) readFile(pid int, name string, most int64) (string, error) {
	file, err := os.Open(fs.pidFile(pid, name))
	if err != nil {
		return "", err
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, most))
	return string(data), err
}

// initialUserNamespace is PROC_USER_INIT_INO of linux/proc_ns.h.
const initialUserNamespace = 0xEFFFFFFD

// InitialUserNamespace reports whether this process is in the user namespace that
// the machine booted with, where its capabilities hold for every process. It is
// false if that cannot be told.
func (fs FS) InitialUserNamespace() bool {
	target, err := os.Readlink(filepath.Join(fs.root, "self", "ns", "user"))
	if err != nil {
		return false
	}
	number, found := strings.CutPrefix(target, "user:[")
	if !found {
		return false
	}
	inode, err := strconv.ParseUint(strings.TrimSuffix(number, "]"), 10, 64)
	return err == nil && inode == initialUserNamespace
}
