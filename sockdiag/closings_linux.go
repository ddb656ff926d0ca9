package sockdiag

import (
	"time"
	"unsafe"

	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
)

const (
	// closingQueue is the room for messages that wait, in bytes: 16 MiB hold those of
	// some 10,000 sockets.
	closingQueue = 16 << 20
	// closingWait is how long one receive waits, and so the longest that the end of
	// a view goes unnoticed.
	closingWait = 50 * time.Millisecond
)

// groupConn is a NETLINK_SOCK_DIAG socket that has joined groups.
type groupConn struct {
	conn
	groups []uint
}

func openClosings(groups []uint) (closingWire, error) {
	s, err := nl.Subscribe(unix.NETLINK_SOCK_DIAG, groups...)
	if err != nil {
		return nil, err
	}
	fd := s.GetFd()
	// Past net.core.rmem_max with CAP_NET_ADMIN, else as much as that allows.
	if unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, closingQueue) != nil {
		err = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, closingQueue)
	}
	if err == nil {
		err = unix.SetNonblock(fd, false)
	}
	if err == nil {
		wait := unix.NsecToTimeval(closingWait.Nanoseconds())
		err = unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &wait)
	}
	if err != nil {
		s.Close()
		return nil, err
	}
	return &groupConn{conn{socket: s}, groups}, nil
}

// receive returns a datagram of the kernel; see [conn.receive].
func (c *groupConn) receive(buf []byte, wait bool) ([]byte, error) {
	flags := unix.MSG_DONTWAIT
	if wait {
		flags = 0
	}
	n, from, err := unix.Recvfrom(c.socket.GetFd(), buf, flags)
	if err != nil {
		return nil, err
	}
	if a, ok := from.(*unix.SockaddrNetlink); !ok || a.Pid != 0 {
		return nil, nil
	}
	return buf[:n], nil
}

func (c *groupConn) leave() error {
	for _, group := range c.groups {
		if err := unix.SetsockoptInt(c.socket.GetFd(), unix.SOL_NETLINK, unix.NETLINK_DROP_MEMBERSHIP, int(group)); err != nil {
			return err
		}
	}
	return nil
}

// drops asks SO_MEMINFO of asm/socket.h for SK_MEMINFO_DROPS of linux/sock_diag.h.
func (c *groupConn) drops() (uint32, error) {
	const skMemInfoDrops = 8
	var memory [skMemInfoDrops + 1]uint32
	size := uint32(unsafe.Sizeof(memory))
	_, _, errno := unix.Syscall6(unix.SYS_GETSOCKOPT, uintptr(c.socket.GetFd()), unix.SOL_SOCKET, unix.SO_MEMINFO,
		uintptr(unsafe.Pointer(&memory)), uintptr(unsafe.Pointer(&size)), 0)
	if errno != 0 {
		return 0, errno
	}
	return memory[skMemInfoDrops], nil
}
