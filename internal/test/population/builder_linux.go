package population

import (
	"errors"
	"fmt"
	"net/netip"
	"os"

	"golang.org/x/sys/unix"
)

// Set is a population and what holds it.
type Set struct {
	// Made lists the sockets of the population.
	Made    []Made
	fds     []int
	paths   []string
	closers []func() error
}

// Close ends every socket and process of the set.
func (s *Set) Close() error {
	var errs []error
	for _, fd := range s.fds {
		if fd >= 0 {
			errs = append(errs, unix.Close(fd))
		}
	}
	for _, path := range s.paths {
		errs = append(errs, os.Remove(path))
	}
	for _, c := range s.closers {
		errs = append(errs, c())
	}
	s.fds, s.paths, s.closers = nil, nil, nil
	return errors.Join(errs...)
}

// Add takes another set over: its sockets end with this one.
func (s *Set) Add(other *Set) {
	s.Made = append(s.Made, other.Made...)
	s.closers = append(s.closers, other.Close)
}

// builder makes sockets. After the first failure, which it keeps, its methods
// do nothing: a population is made whole or not at all.
type builder struct {
	*Set
	err error
}

func (b *builder) check(err error, what string, args ...any) {
	if err != nil && b.err == nil {
		b.err = fmt.Errorf(what+": %w", append(args, err)...)
	}
}

// socket returns a descriptor that is closed on exec and with the set.
func (b *builder) socket(domain, typ, proto int) int {
	if b.err != nil {
		return -1
	}
	fd, err := unix.Socket(domain, typ|unix.SOCK_CLOEXEC, proto)
	b.check(err, "socket(%d, %d, %d)", domain, typ, proto)
	if err == nil {
		b.fds = append(b.fds, fd)
	}
	return fd
}

// close closes a socket before its set.
func (b *builder) close(fd int) {
	if b.err != nil {
		return
	}
	for i := range b.fds {
		if b.fds[i] == fd {
			b.fds[i] = -1
		}
	}
	b.check(unix.Close(fd), "close")
}

func (b *builder) option(fd, level, name, value int) {
	if b.err == nil {
		b.check(unix.SetsockoptInt(fd, level, name, value), "setsockopt %d/%d", level, name)
	}
}

func (b *builder) device(fd int, name string) {
	if b.err == nil {
		b.check(unix.BindToDevice(fd, name), "SO_BINDTODEVICE %s", name)
	}
}

func (b *builder) bind(fd int, addr unix.Sockaddr) {
	if b.err == nil {
		b.check(unix.Bind(fd, addr), "bind %+v", addr)
	}
}

func (b *builder) listen(fd, backlog int) {
	if b.err == nil {
		b.check(unix.Listen(fd, backlog), "listen")
	}
}

func (b *builder) connect(fd int, addr unix.Sockaddr) {
	if b.err == nil {
		b.check(unix.Connect(fd, addr), "connect %+v", addr)
	}
}

// connectTo connects to the address that another socket is bound to.
func (b *builder) connectTo(fd, listener int) {
	if b.err != nil {
		return
	}
	addr, err := unix.Getsockname(listener)
	b.check(err, "getsockname")
	b.connect(fd, addr)
}

func (b *builder) accept(fd int) int {
	if b.err != nil {
		return -1
	}
	got, _, err := unix.Accept4(fd, unix.SOCK_CLOEXEC)
	b.check(err, "accept")
	if err == nil {
		b.fds = append(b.fds, got)
	}
	return got
}

func (b *builder) shutdown(fd, how int) {
	if b.err == nil {
		b.check(unix.Shutdown(fd, how), "shutdown")
	}
}

func (b *builder) write(fd, n int) {
	if b.err != nil {
		return
	}
	_, err := unix.Write(fd, make([]byte, n))
	b.check(err, "write %d bytes", n)
}

// fill writes until neither the peer's receive buffer nor the own send buffer
// takes more: bytes wait on both sides, and what follows waits behind them.
func (b *builder) fill(fd int) {
	if b.err != nil {
		return
	}
	b.check(unix.SetNonblock(fd, true), "set non-blocking")
	chunk := make([]byte, 4096)
	for b.err == nil {
		if _, err := unix.Write(fd, chunk); err == unix.EAGAIN {
			return
		} else if err != nil {
			b.check(err, "fill")
		}
	}
}

// note records a socket that this process holds. Its ends, its device and its
// inode are read back from the kernel; the state is what the maker brought it
// to.
func (b *builder) note(label string, fd int, protocol Protocol, state State) Made {
	if b.err != nil {
		return Made{}
	}
	m := Made{Label: label, Protocol: protocol, State: state, PID: os.Getpid(), FD: fd}
	var st unix.Stat_t
	b.check(unix.Fstat(fd, &st), "fstat %s", label)
	m.Inode = st.Ino
	domain, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_DOMAIN)
	b.check(err, "SO_DOMAIN of %s", label)
	m.Family = families[domain]
	local, err := unix.Getsockname(fd)
	b.check(err, "getsockname of %s", label)
	m.Local, m.Path = endpoint(local)
	if remote, err := unix.Getpeername(fd); err == nil {
		m.Remote, _ = endpoint(remote)
	} else if err != unix.ENOTCONN {
		b.check(err, "getpeername of %s", label)
	}
	m.Interface = b.deviceOf(fd, local)
	b.Made = append(b.Made, m)
	return m
}

// expect records a socket that no descriptor stands for, and why.
func (b *builder) expect(ownerless string, family Family, state State, local, remote netip.AddrPort) {
	if b.err == nil {
		b.Made = append(b.Made, Made{Label: ownerless, Protocol: TCP, Family: family, State: state,
			Local: local, Remote: remote, Ownerless: ownerless})
	}
}
