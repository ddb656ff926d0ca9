package sockdiag

import (
	"errors"
	"syscall"
	"time"

	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
)

// receiveWait is how long one receive waits: the longest that a canceled
// context goes unnoticed.
const receiveWait = 200 * time.Millisecond

// conn is a netlink socket in the network namespace of the thread that opened it.
type conn struct {
	socket *nl.NetlinkSocket
	id     uint32
}

// openWire opens a socket of NETLINK_SOCK_DIAG, openTracking one of NETLINK_NETFILTER.
func openWire() (wire, error)     { return openConn(unix.NETLINK_SOCK_DIAG) }
func openTracking() (wire, error) { return openConn(unix.NETLINK_NETFILTER) }

// openConn opens a socket. The buffers of nl's own Receive are new for every
// call, so the descriptor is read directly.
func openConn(protocol int) (wire, error) {
	s, err := nl.Subscribe(protocol)
	if err != nil {
		return nil, err
	}
	c := &conn{socket: s}
	if c.id, err = s.GetPid(); err == nil {
		err = c.block()
	}
	if err != nil {
		s.Close()
		return nil, err
	}
	return c, nil
}

// block makes receives wait in the kernel: a dump is made inside of recvmsg,
// so there is seldom anything to wait for and a poller would only cost.
func (c *conn) block() error {
	fd := c.socket.GetFd()
	if err := unix.SetNonblock(fd, false); err != nil {
		return err
	}
	wait := unix.NsecToTimeval(receiveWait.Nanoseconds())
	return unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &wait)
}

func (c *conn) port() uint32 { return c.id }

func (c *conn) close() { c.socket.Close() }

func (c *conn) send(datagram []byte) error {
	kernel := &unix.SockaddrNetlink{Family: unix.AF_NETLINK}
	for {
		err := unix.Sendto(c.socket.GetFd(), datagram, 0, kernel)
		if !errors.Is(err, syscall.EINTR) {
			return err
		}
	}
}

// receive passes MSG_TRUNC, with which the kernel returns the whole length of
// a datagram that it had to cut (recv(2)). A datagram that the kernel did not
// send is dropped: a privileged process could forge one.
func (c *conn) receive(buf []byte) ([]byte, bool, error) {
	n, from, err := unix.Recvfrom(c.socket.GetFd(), buf, unix.MSG_TRUNC)
	if err != nil {
		return nil, false, err
	}
	if a, ok := from.(*unix.SockaddrNetlink); !ok || a.Pid != 0 {
		return nil, false, nil
	}
	return buf[:min(n, len(buf))], n > len(buf), nil
}
