package sockdiag

import (
	"os"
	"runtime"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

// skip leaves a test out for a reason of this machine, unless all must run.
func skip(t testing.TB, format string, args ...any) {
	t.Helper()
	if os.Getenv("SOCKEYE_TEST_REQUIRE") == "all" {
		t.Fatalf(format, args...)
	}
	t.Skipf(format, args...)
}

// ownNetns moves the test into an empty network namespace with loopback up. The
// thread is never unlocked, so it and the namespace end with the test.
func ownNetns(t testing.TB) {
	t.Helper()
	if os.Geteuid() != 0 {
		skip(t, "a network namespace needs root")
	}
	runtime.LockOSThread()
	if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
		skip(t, "unshare(CLONE_NEWNET): %v", err)
	}
	needSockDiag(t)
	fd := socket(t, unix.AF_INET, unix.SOCK_DGRAM, 0)
	defer unix.Close(fd)
	request := struct {
		name  [unix.IFNAMSIZ]byte
		flags uint16
		_     [22]byte
	}{name: [unix.IFNAMSIZ]byte{'l', 'o'}, flags: unix.IFF_UP}
	_, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), unix.SIOCSIFFLAGS, uintptr(unsafe.Pointer(&request)))
	if errno != 0 {
		t.Fatalf("bring up lo: %v", errno)
	}
}

// needSockDiag leaves the test out where there is no NETLINK_SOCK_DIAG, as under
// user-mode emulation.
func needSockDiag(t testing.TB) {
	t.Helper()
	w, err := openWire()
	if err != nil {
		skip(t, "NETLINK_SOCK_DIAG: %v", err)
	}
	w.close()
}

// socket opens a socket, which is the caller's to close.
func socket(t testing.TB, family, kind, protocol int) int {
	t.Helper()
	fd, err := unix.Socket(family, kind|unix.SOCK_CLOEXEC, protocol)
	if err != nil {
		t.Fatalf("socket(%d, %d, %d): %v", family, kind, protocol, err)
	}
	return fd
}

// must fails the test for a system call that failed.
func must(t testing.TB, call string, err error) {
	t.Helper()
	if err != nil {
		t.Fatalf("%s: %v", call, err)
	}
}

// inodeOf returns the inode of a descriptor, as fstat(2) says.
func inodeOf(t testing.TB, fd int) uint64 {
	t.Helper()
	var st unix.Stat_t
	must(t, "fstat", unix.Fstat(fd, &st))
	return st.Ino
}

// portOf returns the port that a socket is bound to.
func portOf(t testing.TB, fd int) uint16 {
	t.Helper()
	name, err := unix.Getsockname(fd)
	must(t, "getsockname", err)
	switch a := name.(type) {
	case *unix.SockaddrInet4:
		return uint16(a.Port)
	case *unix.SockaddrInet6:
		return uint16(a.Port)
	}
	t.Fatalf("no port in %T", name)
	return 0
}

func loopback4(port uint16) unix.Sockaddr {
	return &unix.SockaddrInet4{Port: int(port), Addr: [4]byte{127, 0, 0, 1}}
}

func loopback6(port uint16) unix.Sockaddr {
	return &unix.SockaddrInet6{Port: int(port), Addr: [16]byte{15: 1}}
}

// listener returns a TCP listener on an unused port of an address.
func listener(t testing.TB, family int, at unix.Sockaddr, backlog int) int {
	t.Helper()
	fd := socket(t, family, unix.SOCK_STREAM, 0)
	t.Cleanup(func() { unix.Close(fd) })
	must(t, "bind", unix.Bind(fd, at))
	must(t, "listen", unix.Listen(fd, backlog))
	return fd
}

// connection returns both ends of a connection to a listener.
func connection(t testing.TB, family, to int, at func(uint16) unix.Sockaddr) (client, server int) {
	t.Helper()
	client = socket(t, family, unix.SOCK_STREAM, 0)
	t.Cleanup(func() { unix.Close(client) })
	must(t, "connect", unix.Connect(client, at(portOf(t, to))))
	server, _, err := unix.Accept4(to, unix.SOCK_CLOEXEC)
	must(t, "accept", err)
	t.Cleanup(func() { unix.Close(server) })
	return client, server
}
