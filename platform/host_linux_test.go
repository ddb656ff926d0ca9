package platform

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sockeye/sock"
)

// mine lists this process's own sockets on a port.
func mine(t *testing.T, o Options, q sock.Query, port int) ([]*sock.Socket, sock.Snapshot) {
	t.Helper()
	host, err := Open(o)
	if err != nil {
		t.Fatal(err)
	}
	listing := host.List(t.Context(), Request{Query: q})
	var got []*sock.Socket
	for s, err := range listing.Sockets {
		if err != nil {
			t.Fatal(err)
		}
		if int(s.Local.Port()) == port {
			got = append(got, s.Clone())
		}
	}
	return got, listing.Snapshot()
}

func TestThisProcessIsFoundWithItsFacts(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	port := l.Addr().(*net.TCPAddr).Port
	q := inetQuery(sock.TCP)
	q.Want = sock.FieldOwners | sock.ProcessFields | sock.FieldUser
	for source, owners := range map[string]string{"auto": "auto", "proc": "proc"} {
		got, snap := mine(t, Options{Source: source, Owners: owners}, q, port)
		if len(got) != 1 || len(got[0].Owners) == 0 || got[0].OwnerStatus != sock.OwnerKnown {
			t.Fatalf("--source %s: %d sockets on the port, want one with an owner: %+v", source, len(got), got)
		}
		s, p := got[0], got[0].Owners[0]
		exe, _ := os.Executable()
		exe, _ = filepath.EvalSymlinks(exe)
		if p.PID != os.Getpid() || p.Exe != exe || !strings.Contains(p.Cmdline, "test") || int(p.UID) != os.Geteuid() {
			t.Errorf("--source %s: owner %+v", source, *p.Process)
		}
		if age := time.Since(p.StartedAt); age < 0 || age > time.Hour {
			t.Errorf("--source %s: started at %v", source, p.StartedAt)
		}
		if int(s.UID) != os.Geteuid() || !s.Knows(sock.FieldUID) {
			t.Errorf("--source %s: uid %d", source, s.UID)
		}
		if owners == "proc" && snap.OwnerSource != "proc" || snap.OwnerSource == "none" || (snap.OwnerSource == "bpf") == (snap.OwnerReason != "" || owners == "proc") || snap.Host == "" || snap.Source == "" {
			t.Errorf("--source %s: %+v", source, snap)
		}
	}
}

func TestOwnersAreNotSearchedUnlessWanted(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	got, snap := mine(t, Options{}, inetQuery(sock.TCP), l.Addr().(*net.TCPAddr).Port)
	if len(got) != 1 || got[0].Owners != nil || got[0].OwnerStatus != sock.OwnerNotSearched {
		t.Errorf("owners although nobody asked: %+v", got)
	}
	if snap.OwnerSource != "none" {
		t.Errorf("owner source %q", snap.OwnerSource)
	}
}

func TestUnknownBackendsAreNamed(t *testing.T) {
	for _, o := range []Options{{Source: "iphlpapi"}, {Owners: "magic"}} {
		_, err := Open(o)
		if err == nil || !strings.Contains(err.Error(), "proc") {
			t.Errorf("Open(%+v): %v, want an error that names what there is", o, err)
		}
	}
}
