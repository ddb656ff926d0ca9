package procnet

import (
	"context"
	"fmt"
	"strconv"

	"golang.org/x/sys/unix"

	"sockeye/sock"
)

// Refusals returns how many processes do not let this one see what their
// descriptors refer to. It looks at one descriptor of each, which is enough: the
// kernel asks about the process (proc_fd_link in fs/proc/fd.c). The error wraps
// [sock.ErrUnavailable] if the file system cannot be read, or is the context's.
func (fs FS) Refusals(ctx context.Context) (int, error) {
	root, err := unix.Open(fs.root, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return 0, fmt.Errorf("%s: %w: %w", fs.root, sock.ErrUnavailable, err)
	}
	defer unix.Close(root)
	buf := make([]byte, direntBuffer)
	pids, err := readNumbers(root, buf)
	if err != nil {
		return 0, fmt.Errorf("%s: %w: %w", fs.root, sock.ErrUnavailable, err)
	}
	refused := 0
	for _, pid := range pids {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		if isRefusal(look(root, pid, buf)) {
			refused++
		}
	}
	return refused, nil
}

// ReadableFDs reports whether the reader may see what the descriptors of a process
// refer to.
func (fs FS) ReadableFDs(pid int) bool {
	root, err := unix.Open(fs.root, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return false
	}
	defer unix.Close(root)
	err = look(root, int32(pid), make([]byte, direntBuffer))
	return err == nil || isGone(err)
}

// firstEntries is room for a few directory entries, in bytes: each of a
// descriptor takes 24.
const firstEntries = 256

// look looks at one descriptor of a process. The error says why that cannot be
// seen.
func look(root int, pid int32, buf []byte) error {
	dir, err := openDir(root, strconv.Itoa(int(pid))+"/fd")
	if err != nil {
		return err
	}
	defer unix.Close(dir)
	n, err := getdents(dir, buf[:firstEntries])
	if err != nil {
		return err
	}
	var numbers [firstEntries / 24]int32
	var link [1]byte
	for _, fd := range numberedEntries(numbers[:0], buf[:n]) {
		_, err = readlinkat(dir, append(strconv.AppendInt(nil, int64(fd), 10), 0), link[:])
		if !isGone(err) {
			return err
		} // else it was closed meanwhile
	}
	return nil
}
