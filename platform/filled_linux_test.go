package platform

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"sockeye/internal/test/population"
	"sockeye/platform/netns"
	"sockeye/sock"
	"sockeye/sock/fact"
	"sockeye/sock/socktest"
	"sockeye/sockdiag"
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
	absent := seldomFacts(t)
	families, err := population.Families()
	if err != nil {
		t.Fatal(err)
	}
	defer families.Close()
	for _, source := range []string{"auto", "sock_diag", "proc", "portable"} {
		host, err := Open(Options{Source: source})
		if err != nil {
			t.Fatal(err)
		}
		offered := host.Fields()
		offered &^= absent
		for p, facts := range map[sock.Protocol]sock.Field{sock.VSOCK: sock.FieldVSOCK, sock.XDP: sock.FieldXDP} {
			if !diagnosed(t, p) {
				offered &^= facts
			}
		}
		if source != "portable" { // which tells no owners on Linux
			offered |= sock.FieldOwners | sock.ProcessFields
		}
		if !host.HasLabels() {
			offered &^= sock.FieldContext | sock.FieldSocketContext
		}
		if _, err := os.Stat("/sys/fs/selinux"); err != nil { // AppArmor labels no sockets
			offered &^= sock.FieldSocketContext
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

// diagnosed reports whether the kernel's sock_diag lists a protocol.
func diagnosed(t *testing.T, p sock.Protocol) bool {
	t.Helper()
	env, err := OpenEnvironment("")
	if err != nil {
		t.Fatal(err)
	}
	defer env.Close()
	q := sock.Query{Protocols: sock.Protocols(p), States: sock.AllStates}
	for _, err := range socktest.Rows(t.Context(), sockdiag.New(), env, q) {
		if errors.Is(err, sock.ErrUnavailable) {
			return false
		}
	}
	return true
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
