package livetest

import (
	"encoding/binary"
	"slices"
	"testing"

	"golang.org/x/sys/unix"

	"sockeye/internal/test/population"
)

// diagnosesRaw reports whether sock_diag(7) lists raw sockets here.
func diagnosesRaw(t *testing.T) bool {
	t.Helper()
	_, listed := diagnoses(t, unix.IPPROTO_RAW, ^uint32(0))
	return listed
}

// diagnosesBound reports whether sock_diag(7) lists TCP sockets that are bound
// and neither listen nor connect, as it does since Linux 6.8. There must be one.
func diagnosesBound(t *testing.T) bool {
	t.Helper()
	const boundInactive = 1 << 13 // TCPF_BOUND_INACTIVE of net/tcp_states.h
	rows, _ := diagnoses(t, unix.IPPROTO_TCP, boundInactive)
	return rows
}

// told returns what sock_diag(7) tells of what was made.
func told(t *testing.T, set *population.Set) []population.Made {
	t.Helper()
	bound := diagnosesBound(t)
	return slices.DeleteFunc(slices.Clone(set.Made), func(m population.Made) bool {
		return !bound && m.Protocol == population.TCP && m.State == population.Bound || m.ProcOnly
	})
}

// diagnoses asks the kernel for the IPv4 sockets of a protocol, without the code
// that is tested. It reports whether there were rows, and whether the kernel can
// list the protocol: without the module the dump ends with an error in
// NLMSG_DONE, or there is no family.
func diagnoses(t *testing.T, protocol uint8, states uint32) (rows, listed bool) {
	t.Helper()
	// struct nlmsghdr, then struct inet_diag_req_v2 of linux/inet_diag.h.
	request := make([]byte, unix.SizeofNlMsghdr+56)
	request[16], request[17] = unix.AF_INET, protocol
	binary.NativeEndian.PutUint32(request[20:], states)
	return askDiag(t, request)
}

// diagnosesFamily is diagnoses for a family that has a table of its own.
func diagnosesFamily(t *testing.T, family uint8) bool {
	t.Helper()
	size := 20 // struct packet_diag_req, netlink_diag_req, xdp_diag_req
	if family == unix.AF_VSOCK {
		size = 24 // struct vsock_diag_req
	}
	request := make([]byte, unix.SizeofNlMsghdr+size)
	request[16] = family
	_, listed := askDiag(t, request)
	return listed
}

// askDiag sends a request for a dump and looks at the first answer.
func askDiag(t *testing.T, request []byte) (rows, listed bool) {
	t.Helper()
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_SOCK_DIAG)
	if err != nil {
		return false, false
	}
	defer unix.Close(fd)
	binary.NativeEndian.PutUint32(request[0:], uint32(len(request)))
	binary.NativeEndian.PutUint16(request[4:], 20) // SOCK_DIAG_BY_FAMILY
	binary.NativeEndian.PutUint16(request[6:], unix.NLM_F_REQUEST|unix.NLM_F_DUMP)
	if err := unix.Sendto(fd, request, 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
		t.Fatal(err)
	}
	reply := make([]byte, 1<<16)
	n, _, err := unix.Recvfrom(fd, reply, 0)
	if err != nil || n < unix.SizeofNlMsghdr+4 {
		t.Fatalf("%d bytes of sock_diag, %v", n, err)
	}
	switch binary.NativeEndian.Uint16(reply[4:]) {
	case unix.NLMSG_ERROR, unix.NLMSG_DONE:
		return false, binary.NativeEndian.Uint32(reply[16:]) == 0
	}
	return true, true
}
