package netns

import (
	"io/fs"
	"os"

	"golang.org/x/sys/unix"
)

// taker takes sockets over from other processes, for a moment: pidfd_getfd(2), which
// needs the right to trace the process. The zero value is ready; it is to be closed.
type taker struct {
	of      Descriptor // of the last process or thread
	pidfd   int
	cookies map[uint64]struct{} // of the namespaces that were seen
}

const (
	siocgskns   = 0x894c      // SIOCGSKNS of linux/sockios.h: a file of the socket's namespace
	pidfdThread = unix.O_EXCL // PIDFD_THREAD of linux/pidfd.h, Linux 6.9
)

// take returns a descriptor of a socket that a process has.
func (t *taker) take(d Descriptor) (fd int, err error) {
	if t.of.PID != d.PID || t.of.TID != d.TID {
		t.close()
		task, flags := d.PID, 0
		if d.TID != 0 {
			task, flags = d.TID, pidfdThread
		}
		if t.pidfd, err = unix.PidfdOpen(task, flags); err != nil {
			return -1, &os.SyscallError{Syscall: "pidfd_open", Err: gone(err)}
		}
		t.of = d
	}
	fd, err = unix.PidfdGetfd(t.pidfd, d.FD, 0)
	if err != nil {
		return -1, &os.SyscallError{Syscall: "pidfd_getfd", Err: gone(err)}
	}
	return fd, nil
}

func (t *taker) close() {
	if t.of.PID != 0 {
		unix.Close(t.pidfd)
		t.of = Descriptor{}
	}
}

// space returns a descriptor of the network namespace of a socket.
func (t *taker) space(d Descriptor) (fd int, err error) {
	socket, err := t.take(d)
	if err != nil {
		return -1, err
	}
	defer unix.Close(socket)
	return spaceOf(socket)
}

// spaceOf returns a descriptor of the network namespace of a socket of this process.
func spaceOf(socket int) (fd int, err error) {
	fd, err = unix.IoctlRetInt(socket, siocgskns)
	if err != nil {
		return -1, &os.SyscallError{Syscall: "SIOCGSKNS", Err: err}
	}
	return fd, nil
}

// newSpace returns the inode of the network namespace of a socket; 0 if the namespace of an earlier socket was the same: its cookie, which takes
// less time than its file, tells that since Linux 5.14.
func (t *taker) newSpace(d Descriptor) (inode uint64, err error) {
	socket, err := t.take(d)
	if err != nil {
		return 0, err
	}
	defer unix.Close(socket)
	if cookie, err := unix.GetsockoptUint64(socket, unix.SOL_SOCKET, unix.SO_NETNS_COOKIE); err == nil {
		if _, again := t.cookies[cookie]; again {
			return 0, nil
		}
		if t.cookies == nil {
			t.cookies = map[uint64]struct{}{}
		}
		t.cookies[cookie] = struct{}{}
	}
	fd, err := spaceOf(socket)
	if err != nil {
		return 0, err
	}
	defer unix.Close(fd)
	var st unix.Stat_t
	err = unix.Fstat(fd, &st)
	return st.Ino, err
}

// gone is fs.ErrNotExist for a process or a descriptor that is not there any more.
func gone(err error) error {
	if err == unix.ESRCH || err == unix.EBADF {
		return fs.ErrNotExist
	}
	return err
}
