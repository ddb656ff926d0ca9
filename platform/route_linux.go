package platform

import (
	"encoding/binary"
	"errors"
	"os"

	"golang.org/x/sys/unix"

	"sockeye/sockdiag"
)

// routeSocket is a socket of NETLINK_ROUTE, which answers one dump after the other.
type routeSocket struct {
	fd  int
	seq uint32
}

// openRoute opens one in the namespace of the calling thread.
func openRoute() (*routeSocket, error) {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_ROUTE)
	if err != nil {
		return nil, os.NewSyscallError("socket", err)
	}
	return &routeSocket{fd: fd}, nil
}

func (s *routeSocket) close() { unix.Close(s.fd) }

// routeDumps is how often something is asked for while it changes.
const routeDumps = 5

// dumpOf asks for all of a kind, such as RTM_GETADDR.
func dumpOf[T any](s *routeSocket, kind uint16, read func([]byte) (T, error)) (all T, err error) {
	for range routeDumps {
		var dump []byte
		if dump, err = s.dump(kind); err != nil {
			return all, err
		}
		if all, err = read(dump); !errors.Is(err, sockdiag.ErrInterrupted) {
			break
		}
	}
	return all, err
}

// dump asks for all of a kind and returns the messages of the answer.
func (s *routeSocket) dump(kind uint16) (all []byte, err error) {
	s.seq++
	// struct nlmsghdr, and struct rtgenmsg with AF_UNSPEC, padded to 4 bytes
	// (linux/netlink.h, linux/rtnetlink.h).
	request := make([]byte, unix.NLMSG_HDRLEN+4)
	binary.NativeEndian.PutUint32(request, uint32(unix.NLMSG_HDRLEN+unix.SizeofRtGenmsg))
	binary.NativeEndian.PutUint16(request[4:], kind)
	binary.NativeEndian.PutUint16(request[6:], unix.NLM_F_REQUEST|unix.NLM_F_DUMP)
	binary.NativeEndian.PutUint32(request[8:], s.seq)
	if err := unix.Sendto(s.fd, request, 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
		return nil, os.NewSyscallError("sendto", err)
	}
	buf := make([]byte, 64<<10) // more than a datagram of a dump has
	for {
		n, from, err := unix.Recvfrom(s.fd, buf, 0)
		switch {
		case errors.Is(err, unix.EINTR):
			continue
		case err != nil:
			return nil, os.NewSyscallError("recvfrom", err)
		}
		if sender, ok := from.(*unix.SockaddrNetlink); !ok || sender.Pid != 0 {
			continue // not the kernel
		}
		all = append(all, buf[:n]...)
		if ended, err := sockdiag.DumpEnd(buf[:n]); ended || err != nil {
			return all, err
		}
	}
}
