package livetest

import (
	"errors"
	"fmt"
	"net"
	"os"
	"runtime"
	"unsafe"

	"golang.org/x/sys/unix"

	"sockeye/internal/test/population"
)

// corners are the processes that hold a listener in a corner, which they say.
var corners = map[string]population.Role{
	"thread": cornerOf(func(c *corner, fd int) (err error) {
		c.TID, err = intoThread(fd)
		return err
	}),
	"zombie": func() (any, error) {
		answer, err := cornerOf(func(*corner, int) error { return nil })()
		return population.Zombie{Answer: answer}, err
	},
	"ring": cornerOf(func(c *corner, fd int) (err error) {
		c.Told, err = intoRing(fd)
		return err
	}),
	"transit": cornerOf(func(_ *corner, fd int) error { return intoMessage(fd) }),
	"sharing": func() (any, error) {
		c := corner{PID: os.Getpid()}
		fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
		if err != nil {
			return nil, err
		}
		if err := errors.Join(unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEPORT, 1), unix.Listen(fd, 64)); err != nil {
			return nil, err
		}
		c.Port, err = portOf(fd)
		return c, err
	},
	"server": cornerOf(func(c *corner, fd int) error { return serve(fd, c.Port) }),
}

// cornerOf is the role that makes a listener and puts it into a corner.
func cornerOf(put func(c *corner, fd int) error) population.Role {
	return func() (any, error) {
		c := corner{PID: os.Getpid()}
		fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
		if err != nil {
			return nil, err
		}
		if err := unix.Listen(fd, 64); err != nil {
			return nil, err
		}
		if c.Port, err = portOf(fd); err != nil {
			return nil, err
		}
		err = put(&c, fd)
		return c, err
	}
}

func portOf(fd int) (uint16, error) {
	at, err := unix.Getsockname(fd)
	if err != nil {
		return 0, err
	}
	return uint16(at.(*unix.SockaddrInet4).Port), nil
}

// intoThread leaves the descriptor to a thread with a table of its own.
func intoThread(fd int) (tid int, err error) {
	tids := make(chan int)
	go func() {
		runtime.LockOSThread()
		if err = unix.Unshare(unix.CLONE_FILES); err != nil {
			tids <- 0
			return
		}
		tids <- unix.Gettid()
		select {}
	}()
	if tid = <-tids; tid == 0 {
		return 0, err
	}
	return tid, unix.Close(fd)
}

// intoRing leaves the socket to an io_uring instance: io_uring_setup(2),
// io_uring_register(2). It returns what the kernel tells of that.
func intoRing(fd int) (told string, err error) {
	var params [120]byte // struct io_uring_params
	ring, _, errno := unix.Syscall(unix.SYS_IO_URING_SETUP, 4, uintptr(unsafe.Pointer(&params)), 0)
	if errno != 0 {
		return "", fmt.Errorf("io_uring_setup: %w", errno)
	}
	const registerFiles = 2 // IORING_REGISTER_FILES
	files := [1]int32{int32(fd)}
	_, _, errno = unix.Syscall6(unix.SYS_IO_URING_REGISTER, ring, registerFiles, uintptr(unsafe.Pointer(&files)), 1, 0, 0)
	if errno != 0 {
		return "", fmt.Errorf("io_uring_register: %w", errno)
	}
	if err := unix.Close(fd); err != nil {
		return "", err
	}
	b, err := os.ReadFile(fmt.Sprintf("/proc/self/fdinfo/%d", ring))
	return string(b), err
}

// intoMessage leaves the socket to a message that nobody receives.
func intoMessage(fd int) error {
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	if err := unix.Sendmsg(pair[0], []byte{1}, unix.UnixRights(fd), nil, 0); err != nil {
		return err
	}
	return unix.Close(fd)
}

// closeAccepted closes what a listener accepts, until the listener is closed.
func closeAccepted(l net.Listener) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		c.Close()
	}
}

// serve accepts and closes what two clients open, without pause, and goes first as
// nginx does, so that the connections end in TIME_WAIT here.
func serve(fd int, port uint16) error {
	l, err := net.FileListener(os.NewFile(uintptr(fd), "listener"))
	if err != nil {
		return err
	}
	go closeAccepted(l)
	for range 2 {
		go func() {
			buf := make([]byte, 1)
			for {
				c, err := net.Dial("tcp4", fmt.Sprintf("127.0.0.1:%d", port))
				if err != nil {
					continue // no port is free for the moment
				}
				_, _ = c.Read(buf) // until the server has closed it
				c.Close()
			}
		}()
	}
	return nil
}
