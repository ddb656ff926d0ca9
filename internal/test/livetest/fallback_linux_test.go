package livetest

import (
	"encoding/binary"
	"slices"
	"testing"

	"golang.org/x/sys/unix"

	"sockeye/internal/test/population"
)

// TestFallback lists raw sockets. Where the kernel has no diagnosis of them they
// come from /proc, which is told once, on standard error and in the document.
func TestFallback(t *testing.T) {
	if !population.Alone(t, "ip", "cat") {
		return
	}
	set, err := population.Parity(t.TempDir())
	keep(t, set, err)
	want := 0
	for _, m := range set.Made {
		if m.Protocol == population.Raw {
			want++
		}
	}
	warnings := 0
	if !diagnosesRaw(t) {
		warnings = 1
	}
	got := run(t, sockeye(t, "-w", "-a", "--json"))
	doc := decode(t, got.stdout)
	if lines := checkMessages(t, got.stderr); len(lines) != warnings || len(doc.Warnings) != warnings {
		t.Errorf("standard error %q, warnings %v, want %d of each", got.stderr, doc.Warnings, warnings)
	}
	for _, w := range doc.Warnings {
		if w.Code != "fallback" || w.Message == "" {
			t.Errorf("warning %+v", w)
		}
	}
	if len(doc.Sockets) != want || got.status != 0 {
		t.Errorf("%d raw sockets, want %d; exit status %d", len(doc.Sockets), want, got.status)
	}
	// Nothing is missing from the answer: --strict has nothing to say.
	if got := run(t, sockeye(t, "-w", "-a", "--strict")); got.status != 0 || !doc.Complete {
		t.Errorf("complete %v, with --strict exit status %d", doc.Complete, got.status)
	}
}

// TestForcedSource lists through /proc because it was asked to, and says so.
func TestForcedSource(t *testing.T) {
	if !population.Alone(t) {
		return
	}
	set, err := population.Mass(100, true)
	keep(t, set, err)
	for _, source := range []string{"proc", "sock_diag"} {
		got := run(t, sockeye(t, "-t", "-a", "--json", "--source", source))
		doc := decode(t, got.stdout)
		if doc.Source != source || len(doc.Sockets) != len(set.Made) || got.status != 0 {
			t.Errorf("source %q, %d sockets of %d, exit status %d", doc.Source, len(doc.Sockets), len(set.Made), got.status)
		}
		if lines := checkMessages(t, got.stderr); len(lines) != len(doc.Warnings) {
			t.Errorf("standard error %q, warnings %v", got.stderr, doc.Warnings)
		}
	}
}

// diagnosesRaw asks the kernel for raw sockets through sock_diag(7). Without the
// module the dump ends with an error in NLMSG_DONE, or there is no family.
func diagnosesRaw(t *testing.T) bool {
	t.Helper()
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_SOCK_DIAG)
	if err != nil {
		return false
	}
	defer unix.Close(fd)
	// struct nlmsghdr, then struct inet_diag_req_v2 of linux/inet_diag.h.
	request := make([]byte, unix.SizeofNlMsghdr+56)
	binary.NativeEndian.PutUint32(request[0:], uint32(len(request)))
	binary.NativeEndian.PutUint16(request[4:], 20) // SOCK_DIAG_BY_FAMILY
	binary.NativeEndian.PutUint16(request[6:], unix.NLM_F_REQUEST|unix.NLM_F_DUMP)
	request[16], request[17] = unix.AF_INET, unix.IPPROTO_RAW
	binary.NativeEndian.PutUint32(request[20:], ^uint32(0)) // idiag_states
	if err := unix.Sendto(fd, request, 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
		t.Fatal(err)
	}
	reply := make([]byte, 1<<16)
	n, _, err := unix.Recvfrom(fd, reply, 0)
	if err != nil || n < unix.SizeofNlMsghdr+4 {
		t.Fatalf("%d bytes of sock_diag, %v", n, err)
	}
	kind := binary.NativeEndian.Uint16(reply[4:])
	status := int32(binary.NativeEndian.Uint32(reply[16:]))
	return !slices.Contains([]uint16{unix.NLMSG_ERROR, unix.NLMSG_DONE}, kind) || status == 0
}
