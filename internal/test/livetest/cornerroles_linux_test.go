package livetest

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"runtime"
	"unsafe"

	"golang.org/x/sys/unix"
)

// cornerEnv makes the test binary a process that holds a listener in a corner. It says
// which with a line of JSON, and ends when its standard input does.
const cornerEnv = "SOCKEYE_LIVETEST_CORNER"

// init keeps the main goroutine on the first thread, which is the one that ends in the
// corner "zombie".
func init() {
	if os.Getenv(cornerEnv) != "" {
		runtime.LockOSThread()
	}
}

func playCorner(name string) {
	c := corner{PID: os.Getpid()}
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err == nil {
		err = unix.Listen(fd, 64)
	}
	if err == nil {
		c.Port, err = portOf(fd)
	}
	if err == nil {
		switch name {
		case "thread":
			c.TID, err = intoThread(fd)
		case "zombie":
		case "ring":
			c.Told, err = intoRing(fd)
		case "transit":
			err = intoMessage(fd)
		case "server":
			err = serve(fd, c.Port)
		default:
			err = errors.New("no such corner")
		}
	}
	if err == nil {
		err = json.NewEncoder(os.Stdout).Encode(c)
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "corner %s: %v\n", name, err)
		os.Exit(1)
	}
	if name == "zombie" {
		go func() {
			untilEnd()
			os.Exit(0)
		}()
		// Not os.Exit: this thread alone ends.
		_, _, _ = unix.Syscall(unix.SYS_EXIT, 0, 0, 0)
	}
	untilEnd()
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

// serve accepts and closes what two clients open, without pause, and goes first as
// nginx does, so that the connections end in TIME_WAIT here.
func serve(fd int, port uint16) error {
	l, err := net.FileListener(os.NewFile(uintptr(fd), "listener"))
	if err != nil {
		return err
	}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			c.Close()
		}
	}()
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
