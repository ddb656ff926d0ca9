package platform

import (
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"sockeye/internal/test/population"
	"sockeye/platform/netns"
	"sockeye/sock"
	"sockeye/sock/fact"
)

// TestOfferedFactsAreFilled lists sockets of every kind with every fact that each
// way of listing offers: one that no socket knows is offered in vain.
func TestOfferedFactsAreFilled(t *testing.T) {
	if !population.Alone(t) {
		return
	}
	nameNamespace(t)
	set, err := population.Parity(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer set.Close()
	hasULP := mptcpSubflow(t)
	for _, source := range []string{"auto", "sock_diag", "proc", "portable"} {
		host, err := Open(Options{Source: source})
		if err != nil {
			t.Fatal(err)
		}
		offered := host.Fields()
		if !hasULP {
			offered &^= sock.FieldULP | sock.FieldMPTCPInfo | sock.FieldMPTCPSubflow
		}
		if source != "portable" { // which tells no owners on Linux
			offered |= sock.FieldOwners | sock.ProcessFields
		}
		q := sock.Query{
			Protocols: host.Protocols(), Families: sock.Families(sock.IPv4, sock.IPv6),
			States: sock.AllStates, Want: offered,
		}
		var known sock.Field
		for s, err := range host.List(t.Context(), Request{Query: q}).Sockets {
			if err != nil {
				t.Fatal(err)
			}
			known |= s.Known
			for p := range s.PIDs {
				known |= p.Known
			}
		}
		if vain := offered &^ known; vain != 0 {
			t.Errorf("source %s offers, and no socket has: %s (%b)", source, fact.Missing(vain), vain)
		}
		if err := host.Close(); err != nil {
			t.Error(err)
		}
	}
}

// nameNamespace gives the network namespace of this process a name as `ip netns`
// does, in a /run of its own.
func nameNamespace(t *testing.T) {
	t.Helper()
	must := func(what string, err error) {
		t.Helper()
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
	}
	must("mount /run", unix.Mount("none", "/run", "tmpfs", 0, ""))
	must("make the directory", os.MkdirAll(netns.Names, 0o755))
	file := filepath.Join(netns.Names, "blue")
	must("make the file", os.WriteFile(file, nil, 0o600))
	must("bind the namespace", unix.Mount("/proc/self/ns/net", file, "", unix.MS_BIND, ""))
}

// mptcpSubflow makes a connection of MPTCP, whose subflow is a TCP socket with an
// upper layer protocol, and reports whether the kernel can.
func mptcpSubflow(t *testing.T) bool {
	t.Helper()
	const ipprotoMPTCP = 262
	listener, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, ipprotoMPTCP)
	if err != nil {
		t.Logf("no MPTCP: %v", err)
		return false
	}
	t.Cleanup(func() { unix.Close(listener) })
	at := &unix.SockaddrInet4{Port: 6161, Addr: [4]byte{127, 0, 0, 1}}
	client, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, ipprotoMPTCP)
	if err == nil {
		t.Cleanup(func() { unix.Close(client) })
		err = unix.Bind(listener, at)
	}
	if err == nil {
		err = unix.Listen(listener, 1)
	}
	if err == nil {
		err = unix.Connect(client, at)
	}
	if err != nil {
		t.Fatalf("a connection of MPTCP: %v", err)
	}
	return true
}
