package portview

import (
	"flag"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sockeye/sock"
)

var update = flag.Bool("update", false, "write the golden file")

var now = time.Date(2026, 11, 20, 16, 14, 10, 0, time.UTC)

func process(pid int, name, cmdline string) *sock.Process {
	return &sock.Process{PID: pid, Name: name, Cmdline: cmdline, User: "alice", UID: 1000,
		StartedAt: now.Add(-2*time.Hour - 11*time.Minute), Known: sock.ProcessFields}
}

func socket(p sock.Protocol, state sock.State, local, remote string, owners ...*sock.Process) *sock.Socket {
	s := &sock.Socket{Protocol: p, Family: sock.IPv4, State: state, Local: netip.MustParseAddrPort(local),
		Known: sock.FieldLocal | sock.FieldOwners | sock.FieldRecvQueue, OwnerStatus: sock.OwnerKnown}
	if s.Local.Addr().Is6() {
		s.Family = sock.IPv6
	}
	if remote != "" {
		s.Remote = netip.MustParseAddrPort(remote)
		s.Known |= sock.FieldRemote
	}
	for _, o := range owners {
		s.Owners = append(s.Owners, sock.Owner{Process: o, FD: 7})
	}
	return s
}

func unowned(s *sock.Socket, why sock.OwnerStatus) *sock.Socket {
	s.OwnerStatus = why
	return s
}

// population is one of each thing that can be said about a port.
func population() []*sock.Socket {
	var workers []*sock.Process
	for i := range 4 {
		workers = append(workers, process(4242+i, "node", "node server.js --port 8080"))
	}
	dual := socket(sock.TCP, sock.Listen, "[::]:8080", "", workers...)
	dual.Backlog, dual.Known = 511, dual.Known|sock.FieldBacklog|sock.FieldV6Only
	only := socket(sock.TCP, sock.Listen, "[::]:8443", "", process(1, "init", ""), process(77, "evil\x1b[31m\n", "x\u202ey"))
	only.V6Only, only.Known = true, only.Known|sock.FieldV6Only
	hidden := unowned(socket(sock.TCP, sock.Listen, "0.0.0.0:22", ""), sock.OwnerPermission)
	hidden.User, hidden.Known = "root", hidden.Known|sock.FieldUser
	left := unowned(socket(sock.TCP, sock.Listen, "0.0.0.0:3000", ""), sock.OwnerExited)
	left.CreatorPID, left.CreatorChildren, left.Known = 812, []*sock.Process{process(816, "node.exe", ""), process(820, "\x1b[31m", "")}, left.Known|sock.FieldCreator
	all := []*sock.Socket{
		left,
		dual, only, hidden,
		socket(sock.TCP, sock.Bound, "127.0.0.1:7777", "", process(9, "holder", "holder")),
		socket(sock.TCP, sock.Listen, "[::]:9000", "", process(5, "maybe", "maybe")),
		socket(sock.TCP, sock.Established, "10.0.0.5:8080", "10.0.0.9:51514", workers[2]),
		unowned(socket(sock.TCP, sock.Established, "10.0.0.5:8080", "10.0.0.9:51520"), sock.OwnerAcceptQueue),
		socket(sock.TCP, sock.Established, "10.0.0.5:8080", "10.0.0.7:40112", process(4300, "child", "child")),
		unowned(socket(sock.TCP, sock.TimeWait, "10.0.0.5:8080", "10.0.0.7:40100"), sock.OwnerTimeWait),
		unowned(socket(sock.TCP, sock.TimeWait, "10.0.0.5:6000", "10.0.0.7:40100"), sock.OwnerTimeWait),
		socket(sock.TCP, sock.Established, "10.0.0.5:40022", "10.0.0.7:443", process(9001, "curl", "curl https://10.0.0.7/")),
		socket(sock.UDP, sock.Unconnected, "0.0.0.0:8080", "", process(8, "dgram", "dgram")),
		unowned(socket(sock.UDP, sock.Unconnected, "0.0.0.0:51820", ""), sock.OwnerKernel),
	}
	for i := range 12 {
		all = append(all, socket(sock.TCP, sock.Established, "10.0.0.5:9000", netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 1, 0, byte(i)}), 1).String(), process(5, "maybe", "maybe")))
	}
	return all
}

func TestEveryKindOfAnswer(t *testing.T) {
	var b strings.Builder
	if err := Write(&b, population(), now); err != nil {
		t.Fatal(err)
	}
	const golden = "testdata/ports.golden"
	if *update {
		if err := os.WriteFile(golden, []byte(b.String()), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), b.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if strings.ContainsAny(b.String(), "\x1b\u202e") {
		t.Error("a name commands the terminal")
	}
}

func TestAges(t *testing.T) {
	for d, want := range map[time.Duration]string{
		-time.Second: "0s", 59 * time.Second: "59s", 61 * time.Second: "1m 1s",
		2*time.Hour + 11*time.Minute: "2h 11m", 76 * time.Hour: "3d 4h",
	} {
		if got := age(d); got != want {
			t.Errorf("%v is %q, want %q", d, got, want)
		}
	}
}
