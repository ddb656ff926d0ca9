package procnet

import (
	"context"
	"iter"
	"os"
	"strconv"
	"strings"
)

// NamespaceHolder is a descriptor that may hold a network namespace.
type NamespaceHolder struct {
	PID, FD int
	// Namespace is the inode of the one that the descriptor is a file of; 0 if it is a
	// socket.
	Namespace uint64
}

// MayHoldNamespaces yields what may hold a network namespace, of those processes whose
// descriptors this one may see: files of namespaces, and every socket once, which is of
// a namespace that may be another than that of its process.
func (fs FS) MayHoldNamespaces(ctx context.Context) iter.Seq[NamespaceHolder] {
	return func(yield func(NamespaceHolder) bool) {
		processes, err := os.ReadDir(fs.root)
		if err != nil {
			return
		}
		seen := map[uint64]struct{}{} // inodes of sockets, to which several descriptors may refer
		for _, p := range processes {
			pid, err := strconv.Atoi(p.Name())
			if err != nil || ctx.Err() != nil {
				continue
			}
			fds, err := os.ReadDir(fs.pidFile(pid, "fd"))
			if err != nil {
				continue // it may not be seen, or ended
			}
			for _, f := range fds {
				h := NamespaceHolder{PID: pid}
				link, err := os.Readlink(fs.pidFile(pid, "fd/"+f.Name()))
				if err != nil || !h.read(link, seen) {
					continue
				}
				if h.FD, err = strconv.Atoi(f.Name()); err == nil && !yield(h) {
					return
				}
			}
		}
	}
}

// read reads what a descriptor refers to, such as "net:[4026532388]", and reports
// whether that may hold a network namespace, and was not seen yet if it is a socket.
func (h *NamespaceHolder) read(link string, seen map[uint64]struct{}) bool {
	kind, number, _ := strings.Cut(strings.TrimSuffix(link, "]"), ":[")
	if kind != "net" && kind != "socket" {
		return false
	}
	inode, err := strconv.ParseUint(number, 10, 64)
	if err != nil || inode == 0 {
		return false
	}
	if kind == "net" {
		h.Namespace = inode
		return true
	}
	_, again := seen[inode]
	seen[inode] = struct{}{}
	return !again
}
