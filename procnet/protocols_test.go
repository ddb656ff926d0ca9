package procnet

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sockeye/sock"
)

const protocolsHeader = "protocol  size sockets  memory press maxhdr  slab module     cl co di ac io in de sh ss gs se re bi br ha uh gp em\n"

func TestInUse(t *testing.T) {
	env := treeWith(t, map[string]string{"protocols": protocolsHeader +
		"TIPC      1104      0      -1   NI       0   no   tipc        n  n  n\n" +
		"AF_VSOCK  1240      0      -1   NI       0   yes  kernel      y  n  n\n" +
		"MPTCPv6   2064      2      74   no       0   yes  kernel      y  y  y\n" +
		"XDP       1088      0      -1   NI       0   no   kernel      n  n  n\n" +
		"MPTCP     1936     40      74   no       0   yes  kernel      y  y  y\n"})
	for _, c := range []struct {
		protocol sock.Protocol
		sockets  uint64
		known    bool
	}{
		{sock.MPTCP, 42, true},
		{sock.XDP, 0, true},
		{sock.SCTP, 0, true},   // its module is not loaded
		{sock.VSOCK, 0, false}, // loaded, and not counted
		{sock.TIPC, 0, false},
		{sock.TCP, 0, false}, // not asked for
	} {
		if n, known := InUse(env, c.protocol); n != c.sockets || known != c.known {
			t.Errorf("%s: %d, %v; want %d, %v", c.protocol, n, known, c.sockets, c.known)
		}
	}
	if n, known := InUse(&sock.Environment{Proc: filepath.Join(env.Proc, "none")}, sock.SCTP); n != 0 || known {
		t.Errorf("no file: %d, %v", n, known)
	}
	file := filepath.Join(env.Proc, "net", "protocols")
	if err := os.WriteFile(file, []byte(protocolsHeader+"SCTP 1 x\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if n, known := InUse(env, sock.SCTP); known {
		t.Errorf("no number: %d", n)
	}
}

// FuzzProtocols: any text is a number or an error, and the same however it is cut.
func FuzzProtocols(f *testing.F) {
	f.Add(protocolsHeader + "SCTP 1 7 x\nSCTPv6 1 18446744073709551615 x\n")
	f.Add("SCTP 1 -1\n")
	f.Add("SCTP\n\n SCTP 1 3")
	f.Fuzz(func(t *testing.T, text string) {
		n, listed, err := countProtocols(strings.NewReader(text), protocolNames[sock.SCTP])
		if (n > 0 || err == errNotCounted) && !listed {
			t.Errorf("%d sockets of what is not listed, %v", n, err)
		}
		if again, _, _ := countProtocols(&chunked{bytes.NewReader([]byte(text)), 3}, protocolNames[sock.SCTP]); again != n {
			t.Errorf("%d, cut in pieces %d", n, again)
		}
	})
}
