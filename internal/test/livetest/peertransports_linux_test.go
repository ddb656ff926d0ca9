package livetest

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"sockeye/internal/test/population"
)

// transport is one in which a connection of this machine to itself can be made, as far
// as the kernel has it.
type transport struct {
	name             string
	family, protocol int
	// at is the address of a port; 0: the kernel chooses one.
	at func(port uint32) unix.Sockaddr
}

var loopTransports = []transport{
	{"sctp", unix.AF_INET, unix.IPPROTO_SCTP, func(port uint32) unix.Sockaddr {
		return &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}, Port: int(port)}
	}},
	{"vsock", unix.AF_VSOCK, 0, func(port uint32) unix.Sockaddr {
		if port == 0 {
			return &unix.SockaddrVM{CID: unix.VMADDR_CID_ANY, Port: unix.VMADDR_PORT_ANY}
		}
		return &unix.SockaddrVM{CID: unix.VMADDR_CID_LOCAL, Port: port}
	}},
}

// dialTransports connects to ports of the transports by name, and keeps the connections.
func dialTransports(ports map[string]uint32) error {
	for _, tr := range loopTransports {
		port, wanted := ports[tr.name]
		if !wanted {
			continue
		}
		fd, err := unix.Socket(tr.family, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, tr.protocol)
		if err == nil {
			err = unix.Connect(fd, tr.at(port))
		}
		if err != nil {
			return fmt.Errorf("%s: %w", tr.name, err)
		}
	}
	return nil
}

// listenTransport returns a listener and its port; -1 if the kernel has none or cannot
// tell its sockets.
func listenTransport(t *testing.T, tr transport) (fd int, port uint32) {
	t.Helper()
	fd, err := unix.Socket(tr.family, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, tr.protocol)
	if err != nil || tr.family == unix.AF_VSOCK && !diagnosesFamily(t, unix.AF_VSOCK) {
		return -1, 0
	}
	t.Cleanup(func() { unix.Close(fd) })
	if err := unix.Bind(fd, tr.at(0)); err != nil {
		t.Fatal(err)
	}
	if err := unix.Listen(fd, 2); err != nil {
		t.Fatal(err)
	}
	bound, err := unix.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	switch at := bound.(type) {
	case *unix.SockaddrVM:
		return fd, at.Port
	case *unix.SockaddrInet4:
		return fd, uint32(at.Port)
	}
	t.Fatalf("%s: %T", tr.name, bound)
	return -1, 0
}

// TestPeersOfTransports: connections of SCTP and through the loopback of VSOCK have the
// right process at the other end, in both directions.
func TestPeersOfTransports(t *testing.T) {
	if !population.Alone(t) {
		return
	}
	ports, listeners := map[string]uint32{}, []int{}
	for _, tr := range loopTransports {
		if fd, port := listenTransport(t, tr); fd >= 0 {
			ports[tr.name], listeners = port, append(listeners, fd)
		}
	}
	if len(ports) == 0 {
		t.Skip("the kernel has neither SCTP nor VSOCK that it can tell of")
	}
	client, _ := startTalk(t, 0, talk{Transports: ports})
	for _, fd := range listeners {
		accepted, _, err := unix.Accept4(fd, unix.SOCK_CLOEXEC)
		if err != nil {
			t.Fatal(err)
		}
		defer unix.Close(accepted)
	}
	var want []string
	for name := range ports {
		want = append(want, fmt.Sprintf("%s,%d,%d,known", name, os.Getpid(), client), fmt.Sprintf("%s,%d,%d,known", name, client, os.Getpid()))
	}
	slices.Sort(want)
	ours := fmt.Sprintf("pid in (%d, %d)", os.Getpid(), client)
	for _, how := range [][]string{nil, {"--all-netns"}, {"peer_pid", "=", fmt.Sprint(client), "or", "peer_pid", "=", fmt.Sprint(os.Getpid())}} {
		args := []string{"-A", "sctp,vsock", "--connected", "--template", "{{.protocol}},{{.pid}},{{.peer_pid}},{{.peer_status}}"}
		if len(how) < 2 {
			args = append(args, ours)
		}
		got := run(t, sockeye(t, append(args, how...)...)) // that a kernel has no SCTP is said
		lines := strings.Fields(got.stdout)
		slices.Sort(lines)
		if lines = slices.Compact(lines); !slices.Equal(lines, want) || got.status != 0 {
			t.Errorf("%v: exit status %d, %q, want %q\n%s", how, got.status, lines, want, got.stderr)
		}
	}
}
