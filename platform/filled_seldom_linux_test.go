package platform

import (
	"encoding/binary"
	"errors"
	"testing"

	"golang.org/x/sys/unix"

	"sockeye/sock"
)

// seldomFacts makes sockets with facts that only some kernels have, and returns
// those that this one has not.
func seldomFacts(t *testing.T) (absent sock.Field) {
	t.Helper()
	if !mptcpSubflow(t) {
		absent |= sock.FieldULP | sock.FieldMPTCPInfo | sock.FieldMPTCPSubflow
	}
	if connected(t, unix.IPPROTO_SCTP) < 0 {
		absent |= sock.FieldSCTPInfo
	}
	if !opened(t, unix.AF_TIPC, unix.SOCK_RDM) {
		absent |= sock.FieldTIPC
	}
	if !opened(t, unix.AF_SMC, unix.SOCK_STREAM) {
		absent |= sock.FieldSMCInfo
	}
	tls := connected(t, 0)
	if !set(t, "TCP_ULP", tls, unix.TCP_ULP, "tls") {
		absent |= sock.FieldTLS
	} else {
		absent &^= sock.FieldULP
	}
	if !set(t, "TCP_CONGESTION", connected(t, 0), unix.TCP_CONGESTION, "bbr") {
		absent |= sock.FieldCongestionInfo
	}
	sig := make([]byte, 128+8+80) // struct tcp_md5sig of linux/tcp.h
	binary.NativeEndian.PutUint16(sig, unix.AF_INET)
	copy(sig[4:], []byte{127, 0, 0, 9})
	binary.NativeEndian.PutUint16(sig[130:], 4)
	if !set(t, "TCP_MD5SIG", connected(t, 0), unix.TCP_MD5SIG, string(sig)) {
		absent |= sock.FieldMD5
	}
	if _, err := enterContainer(t); err != nil {
		t.Logf("control groups: %v", err)
		absent |= sock.FieldPlace
	}
	return absent
}

// set sets an option of TCP, and reports whether the kernel has it.
func set(t *testing.T, what string, fd, name int, value string) bool {
	t.Helper()
	err := unix.SetsockoptString(fd, unix.IPPROTO_TCP, name, value)
	if errors.Is(err, unix.ENOENT) || errors.Is(err, unix.ENOPROTOOPT) {
		t.Logf("%s: %v", what, err)
		return false
	}
	if err != nil {
		t.Fatalf("%s: %v", what, err)
	}
	return true
}

// opened opens a socket of a family for the time of the test, and reports whether
// the kernel has it.
func opened(t *testing.T, family, kind int) bool {
	t.Helper()
	fd, err := unix.Socket(family, kind|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Logf("family %d: %v", family, err)
		return false
	}
	t.Cleanup(func() { unix.Close(fd) })
	return true
}

// connected makes a connection of TCP, or of another protocol that goes as TCP; -1
// if the kernel has none.
func connected(t *testing.T, protocol int) int {
	t.Helper()
	listener, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, protocol)
	if err != nil {
		t.Logf("protocol %d: %v", protocol, err)
		return -1
	}
	t.Cleanup(func() { unix.Close(listener) })
	client, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, protocol)
	if err == nil {
		t.Cleanup(func() { unix.Close(client) })
		err = unix.Bind(listener, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}})
	}
	if err == nil {
		err = unix.Listen(listener, 1)
	}
	if err != nil {
		t.Fatalf("a listener of protocol %d: %v", protocol, err)
	}
	at, err := unix.Getsockname(listener)
	if err == nil {
		err = unix.Connect(client, at)
	}
	if err != nil {
		t.Fatalf("a connection of protocol %d: %v", protocol, err)
	}
	return client
}

// mptcpSubflow makes a connection of MPTCP, whose subflow is a TCP socket with an
// upper layer protocol, and reports whether the kernel can.
func mptcpSubflow(t *testing.T) bool {
	const ipprotoMPTCP = 262
	return connected(t, ipprotoMPTCP) >= 0
}
