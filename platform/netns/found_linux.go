package netns

import (
	"io/fs"
	"os"
)

// Found is a network namespace of this machine.
type Found struct {
	// Inode is that of its nsfs file. 0: this process may not see it, and knows the
	// namespace by its tables in /proc/PID/net alone.
	Inode uint64
	// Path is a file by which it is entered; empty if there is none that may be opened.
	Path string
	// Name is the one that `ip netns` gave to it; empty for none.
	Name string
	// PID is the lowest process that is in it, 0 if none is known.
	PID int
	// Holder is a process that holds it by a descriptor, where no process is in it.
	Holder int
	// Host: it is that of process 1, or of the kernel's own processes.
	Host bool

	// Tables is the inode of /proc/PID/net/dev, of which each namespace has its own; 0
	// if it was not looked at.
	Tables uint64

	device uint64
	socket Descriptor // a socket in it, where no file leads to it
	id     uint64     // the kernel's number of it, where nothing else does; see listns
}

// Opens reports whether anything is known by which the namespace could be opened.
func (f *Found) Opens() bool { return f.Path != "" || f.socket.PID != 0 || f.id != 0 }

// Open opens the namespace. The error wraps fs.ErrNotExist if it is gone, and
// fs.ErrPermission if nothing that leads to it may be used.
func (f *Found) Open(proc string) (*Handle, error) {
	var fd int
	var err error
	switch {
	case f.Path != "":
		fd, err = open(f.Path)
	case f.socket.PID != 0:
		var t taker
		fd, err = t.space(f.socket)
		t.close()
	case f.id != 0:
		fd, err = openID(f.id)
	default:
		err = fs.ErrPermission
	}
	if err != nil {
		return nil, err
	}
	h, err := newHandle(proc, fd, f.Path)
	if err == nil && h.Inode() != f.Inode {
		h.Close() // the process or the descriptor is another one meanwhile
		return nil, &os.PathError{Op: "open", Path: "a network namespace", Err: fs.ErrNotExist}
	}
	return h, err
}

// Descriptor is a descriptor of a process that may hold a network namespace: a file of
// it, or a socket.
type Descriptor struct {
	PID, FD int
	TID     int // a thread that has a table of its own, else 0
	// Inode is that of the namespace; 0 for a socket whose namespace is not known yet.
	Inode uint64
}
