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
	left.CreatorPID, left.CreatorChildren, left.Known = 812, []sock.Owner{{Process: process(816, "node.exe", "")}, {Process: process(820, "\x1b[31m", "")}}, left.Known|sock.FieldCreator
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
	if err := Write(&b, population(), nil, Options{Now: now}); err != nil {
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

// shared is a port with more than one socket without a peer: twins, a socket for
// each family, and connections that are of one of them or of none.
func shared() []*sock.Socket {
	one, two, curl := process(11, "web", "web --threads 4"), process(12, "web", "web --threads 4"), process(9001, "curl", "curl https://10.0.0.7/")
	var all []*sock.Socket
	for _, p := range []*sock.Process{one, two, two} {
		twin := socket(sock.TCP, sock.Listen, "127.0.0.1:80", "", p)
		twin.RecvQueue, twin.Backlog, twin.Known = 2, 100, twin.Known|sock.FieldBacklog
		all = append(all, twin)
	}
	six := socket(sock.TCP, sock.Listen, "[::]:80", "", process(13, "six", ""))
	six.V6Only, six.Known = true, six.Known|sock.FieldV6Only
	return append(all, six,
		socket(sock.TCP, sock.Listen, "10.0.0.5:80", "", process(14, "lan", "lan")),
		socket(sock.TCP, sock.Established, "127.0.0.1:80", "127.0.0.1:1000", two),
		socket(sock.TCP, sock.Established, "[::1]:80", "[::1]:1001", process(13, "six", "")),
		socket(sock.TCP, sock.Established, "10.0.0.5:80", "10.0.0.9:1002", process(14, "lan", "lan")),
		socket(sock.TCP, sock.SynSent, "10.0.0.5:80", "10.0.0.7:443", curl),
		socket(sock.TCP, sock.Established, "10.0.0.6:80", "10.0.0.7:443", curl),
		unowned(socket(sock.TCP, sock.TimeWait, "127.0.0.1:80", "127.0.0.1:1003"), sock.OwnerTimeWait),
		unowned(socket(sock.TCP, sock.TimeWait, "10.0.0.6:80", "10.0.0.7:443"), sock.OwnerTimeWait),
		unowned(socket(sock.TCP, sock.TimeWait, "10.0.0.6:81", "10.0.0.7:443"), sock.OwnerTimeWait),
		socket(sock.TCP, sock.Established, "10.0.0.6:81", "10.0.0.7:443", curl),
		socket(sock.TCP, sock.Listen, "127.0.0.1:82", "", one),
		unowned(socket(sock.TCP, sock.FinWait2, "10.0.0.6:82", "10.0.0.7:443"), sock.OwnerOrphaned),
	)
}

const sharedText = `80/tcp  127.0.0.1:80, 3 sockets, accept queues 6 of 300
    web[11]  alice, since 2026-11-20 14:03:10 (2h 11m), 2 processes hold them
    web --threads 4
    1 client: 127.0.0.1 (1)
    1 in TIME_WAIT
80/tcp  [::]:80, IPv6 only, accept queue 0
    six[13]  alice, since 2026-11-20 14:03:10 (2h 11m)
    1 client: ::1 (1)
80/tcp  10.0.0.5:80, accept queue 0
    lan[14]  alice, since 2026-11-20 14:03:10 (2h 11m)
    lan
    1 client: 10.0.0.9 (1)
80/tcp  also used by 2 outgoing connections of curl[9001]
80/tcp  1 connection in TIME_WAIT, which no process holds

81/tcp  10.0.0.6:81 to 10.0.0.7:443, ESTABLISHED
    curl[9001]  alice, since 2026-11-20 14:03:10 (2h 11m)
    curl https://10.0.0.7/
    1 in TIME_WAIT

82/tcp  127.0.0.1:82, accept queue 0
    web[11]  alice, since 2026-11-20 14:03:10 (2h 11m)
    web --threads 4
82/tcp  also used by an outgoing connection to 10.0.0.7 (1)
`

// TestSharedPort: a connection is a client of the listener on its own end, and of
// none if it is on another; sockets on the same end are one block.
func TestSharedPort(t *testing.T) {
	var b strings.Builder
	if err := Write(&b, shared(), nil, Options{Now: now}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(sharedText, b.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestNarrow wraps long lines under themselves.
func TestNarrow(t *testing.T) {
	long := socket(sock.TCP, sock.Listen, "0.0.0.0:80", "", process(11, "java", "java -Xmx512m -cp /srv/app/lib/one.jar:/srv/app/lib/two.jar com.example.Main"))
	var b strings.Builder
	if err := Write(&b, []*sock.Socket{long}, nil, Options{Now: now, Width: 40}); err != nil {
		t.Fatal(err)
	}
	want := `80/tcp  0.0.0.0:80, IPv4, accept queue 0
    java[11]  alice, since 2026-11-20
        14:03:10 (2h 11m)
    java -Xmx512m -cp
        /srv/app/lib/one.jar:/srv/app/lib/two.jar
        com.example.Main
`
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
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
