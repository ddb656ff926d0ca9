package procnet

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	iofs "io/fs"
	"os"
	"path/filepath"
	"strconv"

	"sockeye/sock"
)

// maxInfo bounds what is read of a descriptor, in bytes: an io_uring instance may
// have a million files, a line each.
const maxInfo = 64 << 20

// RingSockets returns the inodes of the sockets in the table of files of an
// io_uring instance, which no descriptor needs to refer to (io_uring_register(2),
// IORING_REGISTER_FILES). Linux tells them since 6.13; before, there are none.
func (fs FS) RingSockets(ring sock.Owner) ([]uint64, error) {
	info, err := fs.openInfo(ring)
	if err != nil {
		return nil, err
	}
	defer info.Close()
	return parseRing(io.LimitReader(info, maxInfo))
}

// InTransit returns how many descriptors are in messages (SCM_RIGHTS) that wait in
// the queue of a unix socket, or of connections that it has yet to accept. Linux
// tells since 5.6.
func (fs FS) InTransit(socket sock.Owner) (int, error) {
	info, err := fs.openInfo(socket)
	if err != nil {
		return 0, err
	}
	defer info.Close()
	return parseTransit(io.LimitReader(info, maxInfo))
}

// IsRing reports whether a descriptor refers to an io_uring instance.
func (fs FS) IsRing(o sock.Owner) bool {
	target, err := os.Readlink(fs.descriptor(o, "fd"))
	return err == nil && target == ringLink
}

// HoldsNoSocket reports whether no descriptor of a process refers to a socket, nor to an
// io_uring instance, which may have sockets of its own. The error says why that cannot be
// seen.
func (fs FS) HoldsNoSocket(pid int) (bool, error) {
	dir := fs.pidFile(pid, "fd")
	entries, err := os.ReadDir(dir)
	for _, e := range entries {
		target, readErr := os.Readlink(filepath.Join(dir, e.Name()))
		_, socket := parseSocketLink([]byte(target))
		switch {
		case errors.Is(readErr, iofs.ErrNotExist): // closed meanwhile
		case readErr != nil:
			return false, readErr
		case socket, target == ringLink:
			return false, nil
		}
	}
	return err == nil, err
}

// openInfo opens what the kernel tells of a descriptor.
func (fs FS) openInfo(o sock.Owner) (*os.File, error) {
	return os.Open(fs.descriptor(o, "fdinfo"))
}

// descriptor returns the path of a descriptor in one of the directories of its
// process or thread.
func (fs FS) descriptor(o sock.Owner, directory string) string {
	if o.TID != 0 {
		directory = filepath.Join("task", strconv.Itoa(o.TID), directory)
	}
	return fs.pidFile(o.PID, filepath.Join(directory, strconv.Itoa(o.FD)))
}

// parseRing reads the files of io_uring_show_fdinfo (io_uring/fdinfo.c):
//
//	UserFiles:	2
//	    0: socket:[41266144]
//	    1: /var/log/access.log
//	UserBufs:	0
func parseRing(r io.Reader) (inodes []uint64, err error) {
	lines := bufio.NewScanner(r)
	files := false
	for lines.Scan() {
		key, file, _ := bytes.Cut(lines.Bytes(), []byte(": "))
		if _, numbered := parseNumber(bytes.TrimLeft(key, " ")); !numbered {
			files = bytes.HasPrefix(key, []byte("UserFiles:"))
			continue
		}
		if inode, ok := parseSocketLink(file); ok && files {
			inodes = append(inodes, inode)
		}
	}
	return inodes, lines.Err()
}

// parseTransit reads the line of unix_show_fdinfo (net/unix/af_unix.c); none is 0.
func parseTransit(r io.Reader) (int, error) {
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		if count, ok := bytes.CutPrefix(lines.Bytes(), []byte("scm_fds: ")); ok {
			n, err := strconv.ParseUint(string(count), 10, 31)
			if err != nil {
				return 0, fmt.Errorf("scm_fds: %w", err)
			}
			return int(n), nil
		}
	}
	return 0, lines.Err()
}
