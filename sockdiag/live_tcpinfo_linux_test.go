package sockdiag

import (
	"slices"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"

	"sockeye/sock"
)

// tcpInfoOf returns the kernel's struct tcp_info of a socket, as long as the
// kernel has it: getsockopt(TCP_INFO).
func tcpInfoOf(t *testing.T, fd int) []byte {
	t.Helper()
	info := make([]byte, 1024)
	size := uint32(len(info))
	_, _, errno := unix.Syscall6(unix.SYS_GETSOCKOPT, uintptr(fd), unix.IPPROTO_TCP, unix.TCP_INFO,
		uintptr(unsafe.Pointer(&info[0])), uintptr(unsafe.Pointer(&size)), 0)
	if errno != 0 {
		t.Fatalf("TCP_INFO: %v", errno)
	}
	return info[:size]
}

// TestLiveTCPInfoIsAsLongAsTheKernels: what this kernel's struct holds is known,
// unless the kernel's value for "not known" stands there; what only newer kernels
// have is not known.
func TestLiveTCPInfoIsAsLongAsTheKernels(t *testing.T) {
	ownNetns(t)
	listening := listener(t, unix.AF_INET, loopback4(0), 5)
	client, _ := connection(t, unix.AF_INET, listening, loopback4)
	must(t, "write", unix.Sendto(client, []byte("hello"), 0, nil))
	info := withInode(t, collect(t, everything(sock.TCP)), client).TCPInfo
	raw := tcpInfoOf(t, client)
	t.Logf("struct tcp_info has %d bytes here", len(raw))
	unset := []uint64{1<<31 - 1, 1<<32 - 1, 1<<64 - 1}
	for _, m := range tcpInfoLayout {
		_, known := info.Get(m.field)
		end := int(m.offset) + int(m.size)
		if end > len(raw) {
			if known {
				t.Errorf("%v is known, and beyond the end of the struct", m.field)
			}
			continue
		}
		value := map[uint8]func([]byte) uint64{
			1: func(b []byte) uint64 { return uint64(b[0]) },
			2: func(b []byte) uint64 { return uint64(native.Uint16(b)) },
			4: func(b []byte) uint64 { return uint64(native.Uint32(b)) },
			8: native.Uint64,
		}[m.size](raw[m.offset:])
		if known == slices.Contains(unset, value) {
			t.Errorf("%v: known %v, the struct has %#x", m.field, known, value)
		}
	}
}
