package livetest

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"sockeye/internal/test/population"
	"sockeye/platform"
	"sockeye/procnet"
	"sockeye/sock"
	"sockeye/sockdiag"
)

// talkEnv holds what a process of the role "talk" is to do.
const talkEnv = "SOCKEYE_TEST_TALK"

// talk is what it does: it listens, then dials and waits until it was accepted.
// Addresses of dials may begin with that to dial from: "10.0.0.1:5000>10.0.0.2:80".
type talk struct {
	Listen, Dial []string
	// Answer is a unix path: whoever dials it is given one end of a pair of sockets.
	// Ask is one to dial.
	Answer, Ask string
	// Netlink is the port that a netlink socket is connected to, whose own is the PID.
	Netlink int
	// Transports are ports to connect to, by the name of the transport.
	Transports map[string]uint32
}

// talkers adds the role to those of this program.
var talkers = map[string]population.Role{"talk": func() (any, error) {
	var plan talk
	if err := json.Unmarshal([]byte(os.Getenv(talkEnv)), &plan); err != nil {
		return nil, err
	}
	for _, address := range plan.Listen {
		l, err := net.Listen("tcp", address)
		if err != nil {
			return nil, err
		}
		go accept(l)
	}
	if err := errors.Join(plan.answer(), plan.ask(), plan.netlink(), dialTransports(plan.Transports)); err != nil {
		return nil, err
	}
	ends := []string{}
	for _, address := range plan.Dial {
		end, err := dial(address)
		if err != nil {
			return nil, err
		}
		ends = append(ends, end)
	}
	return ends, nil
}}

// kept has connections that are not to be collected and so closed.
var kept sync.Map

// accept accepts connections and says so with a byte.
func accept(l net.Listener) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		kept.Store(c, nil)
		_, _ = c.Write([]byte{1})
	}
}

// answer gives one end of a pair of sockets to whoever dials.
func (p talk) answer() error {
	if p.Answer == "" {
		return nil
	}
	l, err := net.Listen("unix", p.Answer)
	if err != nil {
		return err
	}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
			if err != nil {
				return
			}
			kept.Store(c, nil)
			_, _, _ = c.(*net.UnixConn).WriteMsgUnix([]byte{1}, unix.UnixRights(pair[1]), nil)
			_ = unix.Close(pair[1])
		}
	}()
	return nil
}

// ask dials and takes an end.
func (p talk) ask() error {
	if p.Ask == "" {
		return nil
	}
	c, err := net.Dial("unix", p.Ask)
	if err != nil {
		return err
	}
	kept.Store(c, nil)
	rights := make([]byte, unix.CmsgSpace(4))
	_, n, _, _, err := c.(*net.UnixConn).ReadMsgUnix(make([]byte, 1), rights)
	if err == nil && n == 0 {
		err = errors.New("no descriptor was sent")
	}
	return err
}

// netlink makes a socket of NETLINK_USERSOCK that is connected to another process's.
func (p talk) netlink() error {
	if p.Netlink == 0 {
		return nil
	}
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_USERSOCK)
	if err != nil {
		return err
	}
	if err := unix.Bind(fd, &unix.SockaddrNetlink{Family: unix.AF_NETLINK, Pid: uint32(os.Getpid())}); err != nil {
		return err
	}
	return unix.Connect(fd, &unix.SockaddrNetlink{Family: unix.AF_NETLINK, Pid: uint32(p.Netlink)})
}

// dial returns the end of a connection that was accepted.
func dial(address string) (string, error) {
	var d net.Dialer
	if from, to, bound := strings.Cut(address, ">"); bound {
		local, err := net.ResolveTCPAddr("tcp", from)
		if err != nil {
			return "", err
		}
		d.LocalAddr, address = local, to
	}
	c, err := d.Dial("tcp", address)
	if err != nil {
		return "", err
	}
	kept.Store(c, nil)
	_, err = c.Read(make([]byte, 1))
	return c.LocalAddr().String() + ">" + address, err
}

// startTalk starts a process that talks, in the network namespace of a process, and
// returns its PID and the ends of what it dialed. 0 is the namespace of the test.
func startTalk(t *testing.T, in int, plan talk) (pid int, ends []string) {
	t.Helper()
	text, err := json.Marshal(plan)
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv(talkEnv, string(text))
	if in == 0 {
		return population.StartRole(t, "talk", nil, &ends), ends
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return population.StartRoleBy(t, exec.Command("nsenter", fmt.Sprintf("--net=/proc/%d/ns/net", in), self), "talk", &ends), ends
}

// newSpace starts a process in a network namespace of its own, and returns its PID.
func newSpace(t *testing.T) int {
	t.Helper()
	t.Setenv(talkEnv, "{}")
	var none []string
	pid := population.StartRole(t, "talk", &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWNET}, &none)
	inSpace(t, pid, "ip link set lo up")
	return pid
}

// inSpace runs commands in the network namespace of a process.
func inSpace(t *testing.T, pid int, commands ...string) {
	t.Helper()
	for _, command := range commands {
		args := append([]string{fmt.Sprintf("--net=/proc/%d/ns/net", pid)}, strings.Fields(command)...)
		if out, err := exec.Command("nsenter", args...).CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", command, err, out)
		}
	}
}

// link connects two namespaces by a pair of virtual devices with these addresses.
func link(t *testing.T, a, b int, name, atA, atB string) {
	t.Helper()
	inSpace(t, a, fmt.Sprintf("ip link add %s type veth peer name %s netns %d", name, name, b),
		"ip addr add "+atA+" dev "+name, "ip link set "+name+" up")
	inSpace(t, b, "ip addr add "+atB+" dev "+name, "ip link set "+name+" up")
}

// peerRow is what a listing tells of one end.
type peerRow struct {
	Local, Remote, Status string
	PID, Peer             int
	Space, PeerSpace      uint64
}

// peerRows lists connections with what is known of their other ends.
func peerRows(t *testing.T, args ...string) []peerRow {
	t.Helper()
	const form = `{{.local_address}},{{.local_port}},{{.remote_address}},{{.remote_port}},{{.pid}},{{.peer_pid}},{{.peer_status}},{{with .netns}}{{.inode}}{{end}},{{with .peer_netns}}{{.inode}}{{end}}`
	var rows []peerRow
	for line := range strings.Lines(list(t, append([]string{"-t", "--template", form}, args...)...)) {
		w := strings.Split(strings.TrimSpace(line), ",")
		number := func(i int) uint64 {
			n, _ := strconv.ParseUint(w[i], 10, 64) // nothing is 0
			return n
		}
		rows = append(rows, peerRow{
			Local: net.JoinHostPort(w[0], w[1]), Remote: net.JoinHostPort(w[2], w[3]), Status: w[6],
			PID: int(number(4)), Peer: int(number(5)), Space: number(7), PeerSpace: number(8),
		})
	}
	return rows
}

// TestPeersOnLoopback: each of 1,035 connections between ten processes has the right
// process at its other end, in both directions, whatever the filter leaves, however
// the owners are searched and wherever the sockets come from.
func TestPeersOnLoopback(t *testing.T) {
	if !population.Alone(t) {
		return
	}
	const talkers, firstPort = 10, 20000
	each := 23 // 1,035 connections
	if testing.Short() {
		each = 4
	}
	var servers [talkers]int
	client := map[string]int{}
	for i := range talkers {
		plan := talk{Listen: []string{fmt.Sprintf("[::]:%d", firstPort+i)}}
		for j := range i {
			for n := range each {
				plan.Dial = append(plan.Dial, net.JoinHostPort([]string{"127.0.0.1", "::1"}[n%2], strconv.Itoa(firstPort+j)))
			}
		}
		pid, ends := startTalk(t, 0, plan)
		servers[i] = pid
		for _, end := range ends {
			client[end] = pid
		}
	}
	holder := func(end, other string) int {
		_, port, _ := net.SplitHostPort(end)
		if n, _ := strconv.Atoi(port); n >= firstPort && n < firstPort+talkers {
			return servers[n-firstPort]
		}
		return client[end+">"+other]
	}
	connections := talkers * (talkers - 1) / 2 * each
	for _, c := range []struct {
		args []string
		want int
	}{
		{[]string{"--connected"}, 2 * connections},
		{[]string{"--connected", "--owners", "proc"}, 2 * connections},
		{[]string{"--connected", "--source", "proc"}, 2 * connections},
		{[]string{"--connected", "dport", strconv.Itoa(firstPort)}, (talkers - 1) * each},
		{[]string{"--connected", "sport", strconv.Itoa(firstPort + 1)}, (talkers - 2) * each},
		{[]string{"-a", fmt.Sprintf("peer_pid = %d and pid != 1", servers[0])}, (talkers - 1) * each},
		{[]string{"--connected", "--all-netns"}, 2 * connections},
	} {
		rows := peerRows(t, c.args...)
		if len(rows) != c.want {
			t.Errorf("%v: %d connections, want %d", c.args, len(rows), c.want)
		}
		for _, r := range rows {
			if pid, peer := holder(r.Local, r.Remote), holder(r.Remote, r.Local); r.PID != pid || r.Peer != peer || r.Status != "known" {
				t.Fatalf("%v: %+v, want the processes %d and %d", c.args, r, pid, peer)
			}
		}
	}
}

// TestPeersBetweenNamespaces: the other end is in another namespace. Two pairs of
// namespaces with the same addresses and ports cannot be told apart.
func TestPeersBetweenNamespaces(t *testing.T) {
	if !population.Alone(t, "ip", "nsenter") {
		return
	}
	pair := func(name, from string) (client, server int) {
		red, blue := newSpace(t), newSpace(t)
		link(t, red, blue, "pair", "10.9.0.1/24", "10.9.0.2/24")
		server, _ = startTalk(t, blue, talk{Listen: []string{"10.9.0.2:80", "127.0.0.1:81"}})
		client, _ = startTalk(t, red, talk{Dial: []string{from + ">10.9.0.2:80"}})
		return client, server
	}
	client, server := pair("first", "10.9.0.1:5001")
	check := func(want ...peerRow) {
		t.Helper()
		rows := peerRows(t, "--connected", "--all-netns")
		spaces := map[int]uint64{}
		for _, r := range rows {
			spaces[r.PID] = r.Space
		}
		if len(spaces) != len(want) {
			t.Fatalf("%d namespaces in %+v, want %d", len(spaces), rows, len(want))
		}
		for i := range rows {
			rows[i].Space = 0
		}
		for _, w := range want {
			w.PeerSpace = spaces[w.Peer]
			if !slices.Contains(rows, w) {
				t.Errorf("%+v is not among %+v", w, rows)
			}
		}
	}
	check(
		peerRow{Local: "10.9.0.1:5001", Remote: "10.9.0.2:80", Status: "known", PID: client, Peer: server},
		peerRow{Local: "10.9.0.2:80", Remote: "10.9.0.1:5001", Status: "known", PID: server, Peer: client},
	)
	alone := peerRows(t, "--connected", "-N", strconv.Itoa(client))
	if len(alone) != 1 || alone[0].PID != client || alone[0].Peer != 0 || alone[0].Status != "-" {
		t.Errorf("without the other namespace: %+v", alone)
	}

	client2, server2 := pair("second", "10.9.0.1:5001")
	check(
		peerRow{Local: "10.9.0.1:5001", Remote: "10.9.0.2:80", Status: "ambiguous", PID: client},
		peerRow{Local: "10.9.0.2:80", Remote: "10.9.0.1:5001", Status: "ambiguous", PID: server},
		peerRow{Local: "10.9.0.1:5001", Remote: "10.9.0.2:80", Status: "ambiguous", PID: client2},
		peerRow{Local: "10.9.0.2:80", Remote: "10.9.0.1:5001", Status: "ambiguous", PID: server2},
	)
}

// TestPeersOnLoopbackOfSeveralNamespaces: what goes through loopback stays in its
// namespace, be there the same ends in others.
func TestPeersOnLoopbackOfSeveralNamespaces(t *testing.T) {
	if !population.Alone(t, "ip", "nsenter") {
		return
	}
	want := map[int]int{}
	for range 3 {
		in := newSpace(t)
		server, _ := startTalk(t, in, talk{Listen: []string{"127.0.0.1:80"}})
		client, _ := startTalk(t, in, talk{Dial: []string{"127.0.0.1:5001>127.0.0.1:80"}})
		want[server], want[client] = client, server
	}
	rows := peerRows(t, "--connected", "--all-netns")
	if len(rows) != len(want) {
		t.Errorf("%d connections, want %d", len(rows), len(want))
	}
	for _, r := range rows {
		if r.Peer != want[r.PID] || r.Space != r.PeerSpace {
			t.Errorf("%+v, want the other end in %d", r, want[r.PID])
		}
	}
}

// TestPeersThroughNAT: a router changes the address of the server, and that of the
// client, on the way.
func TestPeersThroughNAT(t *testing.T) {
	if !population.Alone(t, "ip", "nsenter", "iptables") {
		return
	}
	inside, router, outside := newSpace(t), newSpace(t), newSpace(t)
	link(t, outside, router, "out", "10.1.0.2/24", "10.1.0.1/24")
	link(t, router, inside, "in", "10.2.0.1/24", "10.2.0.2/24")
	inSpace(t, router, "sysctl -qw net.ipv4.ip_forward=1",
		"iptables -t nat -A PREROUTING -i out -p tcp --dport 80 -j DNAT --to-destination 10.2.0.2:8080",
		"iptables -t nat -A PREROUTING -i out -p tcp --dport 81 -j DNAT --to-destination 10.2.0.2:8081",
		"iptables -t nat -A POSTROUTING -o in -p tcp --dport 8081 -j MASQUERADE")
	inSpace(t, inside, "ip route add default via 10.2.0.1")
	inSpace(t, inside, "iptables -t nat -A OUTPUT -p tcp -d 127.0.0.1 --dport 90 -j REDIRECT --to-ports 91")
	server, _ := startTalk(t, inside, talk{Listen: []string{"10.2.0.2:8080", "10.2.0.2:8081", "127.0.0.1:91"}})
	client, _ := startTalk(t, outside, talk{Dial: []string{"10.1.0.1:80", "10.1.0.1:81"}})
	local, _ := startTalk(t, inside, talk{Dial: []string{"127.0.0.1:90"}})
	both := func(ends int, args ...string) {
		t.Helper()
		seen := 0
		for _, r := range peerRows(t, append([]string{"--connected", "--all-netns"}, args...)...) {
			want := server
			if r.PID == server {
				if want = client; strings.HasPrefix(r.Local, "127.") {
					want = local
				}
			}
			if r.Peer != want || r.Status != "known" {
				t.Errorf("%v: %+v, want the other end in %d", args, r, want)
			}
			seen++
		}
		if seen != ends {
			t.Errorf("%v: %d ends, want %d", args, seen, ends)
		}
	}
	both(6)
	both(1, "sport", "8081")
	both(1, "dport", "80")
	both(1, "pid", "=", strconv.Itoa(local))

	// Both ways to read what is translated tell the same.
	env, err := platform.OpenEnvironment(fmt.Sprintf("/proc/%d/ns/net", router))
	if err != nil {
		t.Fatal(err)
	}
	defer env.Close()
	var told, shown []sock.Translation
	if err := sockdiag.New().Translations(t.Context(), env, func(tr *sock.Translation) { told = append(told, *tr) }); err != nil {
		t.Fatal(err)
	}
	err = procnet.Translations(env, func(tr *sock.Translation) { shown = append(shown, *tr) })
	if err != nil {
		population.Skip(t, err) // the file is an option of the kernel
	}
	for _, tr := range told {
		if !slices.Contains(shown, tr) {
			t.Errorf("%+v is not in /proc/net/nf_conntrack: %+v", tr, shown)
		}
	}
	if len(told) != 2 || len(shown) != 2 {
		t.Errorf("%d translations are told and %d shown, want 2", len(told), len(shown))
	}
}

// TestPeersOfOtherFamilies: unix sockets with a path, in the abstract namespace and as
// pairs have the right process at the other end, and so have netlink sockets.
func TestPeersOfOtherFamilies(t *testing.T) {
	if !population.Alone(t) {
		return
	}
	path := filepath.Join(t.TempDir(), "s")
	server, _ := startTalk(t, 0, talk{Answer: path})
	client, _ := startTalk(t, 0, talk{Ask: path})
	hidden, _ := startTalk(t, 0, talk{Answer: "@peers"})
	asking, _ := startTalk(t, 0, talk{Ask: "@peers"})
	waits, _ := startTalk(t, 0, talk{Netlink: client})
	connected, _ := startTalk(t, 0, talk{Netlink: waits})
	lines := func(args ...string) []string {
		all := strings.Fields(list(t, append(args, "--template", "{{.pid}},{{.peer_pid}},{{.peer_status}}")...))
		slices.Sort(all)
		return all
	}
	// Each has a connection and an end of a pair.
	var want []string
	for _, pair := range [][2]int{{server, client}, {hidden, asking}} {
		for range 2 {
			want = append(want, fmt.Sprintf("%d,%d,known", pair[0], pair[1]), fmt.Sprintf("%d,%d,known", pair[1], pair[0]))
		}
	}
	slices.Sort(want)
	for _, how := range [][]string{nil, {"--owners", "proc"}, {"--all-netns"}} {
		ours := fmt.Sprintf("pid in (%d,%d,%d,%d)", server, client, hidden, asking)
		if got := lines(append([]string{"-x", "--connected", ours}, how...)...); !slices.Equal(got, want) {
			t.Errorf("%v: unix sockets %v, want %v", how, got, want)
		}
		ours = fmt.Sprintf("netlink.protocol = usersock and pid = %d", connected)
		if got := lines(append([]string{"--netlink", "-a", ours}, how...)...); !slices.Equal(got, []string{fmt.Sprintf("%d,%d,known", connected, waits)}) {
			t.Errorf("%v: netlink sockets %v, want the other end in %d", how, got, waits)
		}
	}
}
