package procnet

import (
	"context"
	"iter"
	"os"
	"strconv"
	"strings"
)

// MayHoldNamespaces yields the processes and descriptors that hold a network namespace
// open, of those whose descriptors this process may see: files of namespaces, and every
// socket once, which is of a namespace that may be another than that of its process.
func (fs FS) MayHoldNamespaces(ctx context.Context) iter.Seq2[int, int] {
	return func(yield func(pid, fd int) bool) {
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
				link, err := os.Readlink(fs.pidFile(pid, "fd/"+f.Name()))
				if err != nil || !mayHold(link, seen) {
					continue
				}
				if fd, err := strconv.Atoi(f.Name()); err == nil && !yield(pid, fd) {
					return
				}
			}
		}
	}
}

// mayHold reports whether what the link of a descriptor names may hold a network
// namespace, and was not seen yet if it is a socket.
func mayHold(link string, seen map[uint64]struct{}) bool {
	number, socket := strings.CutPrefix(link, "socket:[")
	if !socket {
		return strings.HasPrefix(link, "net:[")
	}
	inode, err := strconv.ParseUint(strings.TrimSuffix(number, "]"), 10, 64)
	if _, again := seen[inode]; again || err != nil {
		return false
	}
	seen[inode] = struct{}{}
	return true
}
