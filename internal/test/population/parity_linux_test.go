package population

import (
	"fmt"
	"net/netip"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"sockeye/internal/test/livetest/sstext"
)

// stateWords are ss's words for our states. It has one word for all that is
// not connected.
var stateWords = map[State]string{
	Listen: "LISTEN", SynSent: "SYN-SENT", SynReceived: "SYN-RECV", Established: "ESTAB",
	FinWait1: "FIN-WAIT-1", FinWait2: "FIN-WAIT-2", CloseWait: "CLOSE-WAIT", Closing: "CLOSING",
	LastAck: "LAST-ACK", TimeWait: "TIME-WAIT", Bound: "UNCONN", Closed: "UNCONN", Unconnected: "UNCONN",
}

var tables = map[Protocol]sstext.Table{TCP: sstext.TCP, UDP: sstext.UDP, Raw: sstext.Raw, Unix: sstext.Unix}

func listSS(t *testing.T, table sstext.Table) []sstext.Row {
	t.Helper()
	out, err := exec.Command("ss", "-Hnaep", "-O", "-"+string(table)).Output()
	if err != nil {
		t.Fatal(err)
	}
	rows, err := sstext.Parse(strings.NewReader(string(out)), table)
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// key is what a socket that was made and a row of ss have in common.
func key(state string, inode uint64, local, remote fmt.Stringer, device string) string {
	return fmt.Sprintf("%s %s%%%s -> %s ino %d", state, local, device, remote, inode)
}

func rowKeys(rows []sstext.Row, table sstext.Table) []string {
	var keys []string
	for _, r := range rows {
		if table == sstext.Unix {
			keys = append(keys, fmt.Sprintf("%s ino %d", r.State, r.Inode))
			continue
		}
		keys = append(keys, key(r.State, r.Inode, r.Local, r.Remote, r.Interface))
	}
	slices.Sort(keys)
	return keys
}

func madeKeys(made []Made, protocol Protocol, table sstext.Table) []string {
	var keys []string
	for _, m := range made {
		if m.Protocol != protocol || m.ProcOnly || protocol == TCP && m.State == Bound {
			continue // ss before 6.8 does not ask for bound sockets
		}
		if protocol == Unix {
			keys = append(keys, fmt.Sprintf("%s ino %d", stateWords[m.State], m.Inode))
			continue
		}
		if protocol == Raw {
			m.Inode = 0 // read from /proc, without -e
		}
		keys = append(keys, key(stateWords[m.State], m.Inode, m.Local, remoteAsShown(m), m.Interface))
	}
	slices.Sort(keys)
	return keys
}

// remoteAsShown is the address that ss shows where there is no peer.
func remoteAsShown(m Made) netip.AddrPort {
	switch {
	case m.Remote.IsValid():
		return m.Remote
	case m.Family == IPv6:
		return netip.AddrPortFrom(netip.IPv6Unspecified(), 0)
	}
	return netip.AddrPortFrom(netip.IPv4Unspecified(), 0)
}

// TestParityAgainstSS holds the population against what ss sees: nothing that
// was made is missing, and nothing else is there, but what other sockets the
// kernel makes of unix connections.
func TestParityAgainstSS(t *testing.T) {
	if !Alone(t, "ss", "ip", "cat") {
		return
	}
	set, err := Parity(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := set.Close(); err != nil {
			t.Error(err)
		}
	}()
	for protocol, table := range tables {
		want, got := madeKeys(set.Made, protocol, table), rowKeys(listSS(t, table), table)
		for _, k := range want {
			if !slices.Contains(got, k) {
				t.Errorf("%s: ss has no %s (%s)", protocol, k, labelOf(set.Made, k))
			}
		}
		for _, k := range got {
			if !slices.Contains(want, k) {
				t.Errorf("%s: ss has %s besides", protocol, k)
			}
		}
		if len(want) != len(got) {
			t.Errorf("%s: made %d, ss has %d", protocol, len(want), len(got))
		}
	}
	for _, state := range TCPStates {
		if !slices.ContainsFunc(set.Made, func(m Made) bool { return m.Protocol == TCP && m.State == state }) {
			t.Errorf("no TCP socket in %s", state)
		}
	}
}

// labelOf says which socket that was made a key with an inode is of.
func labelOf(made []Made, key string) string {
	for _, m := range made {
		if strings.HasSuffix(key, fmt.Sprintf(" ino %d", m.Inode)) {
			return m.Label
		}
	}
	return ""
}
