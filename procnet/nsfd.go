package procnet

import (
	"context"
	"iter"
	"os"
	"strconv"
	"strings"
)

// NetworkNamespaces yields the processes and descriptors that hold a network
// namespace open, of those whose descriptors this process may see.
func (fs FS) NetworkNamespaces(ctx context.Context) iter.Seq2[int, int] {
	return func(yield func(pid, fd int) bool) {
		processes, err := os.ReadDir(fs.root)
		if err != nil {
			return
		}
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
				if err != nil || !strings.HasPrefix(link, "net:[") {
					continue
				}
				if fd, err := strconv.Atoi(f.Name()); err == nil && !yield(pid, fd) {
					return
				}
			}
		}
	}
}
