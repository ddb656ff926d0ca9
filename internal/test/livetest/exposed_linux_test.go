package livetest

import (
	"context"
	"encoding/json"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"sockeye/internal/test/population"
)

// ip runs ip(8) with each line.
func ip(t *testing.T, lines string) {
	t.Helper()
	for line := range strings.Lines(lines) {
		must(t, append([]string{"ip"}, strings.Fields(line)...)...)
	}
}

// exposedListener is one socket of the population, and what is to be said of it: the
// scope and then the addresses; nothing if it is not to be listed.
type exposedListener struct {
	network, address, device, want string
}

const (
	exposed4 = "192.31.196.7 10.0.0.5 169.254.3.3"
	exposed6 = "2620:4f:8000::7 fd00::5 fe80::5%lan0 fe80::7%wan0"
	exposed  = "192.31.196.7 2620:4f:8000::7 10.0.0.5 fd00::5 169.254.3.3 fe80::5%lan0 fe80::7%wan0"
)

// exposedListeners are in the order in which they are to be listed: by scope, then
// table, then port. A network that ends in 6 is v6only, as package net makes it.
var exposedListeners = []exposedListener{
	{"tcp4", "0.0.0.0:1001", "", "public " + exposed4},
	{"tcp", "[::]:1002", "", "public " + exposed},
	{"tcp6", "[::]:1003", "", "public " + exposed6},
	{"tcp6", "[2620:4f:8000::7]:1004", "", "public 2620:4f:8000::7"},
	{"tcp", "[::]:1005", "wan0", "public 192.31.196.7 2620:4f:8000::7 fe80::7%wan0"},
	{"udp4", "0.0.0.0:1006", "", "public " + exposed4},
	{"udp", "[::]:1007", "", "public " + exposed},
	{"tcp4", "10.0.0.5:1008", "", "private 10.0.0.5"},
	{"tcp4", "0.0.0.0:1009", "lan0", "private 10.0.0.5 169.254.3.3"},
	{"tcp6", "[fd00::5]:1010", "", "private fd00::5"},
	{"udp4", "0.0.0.0:1011", "lan0", "private 10.0.0.5 169.254.3.3"},
	{"group", "224.0.0.251:1012", "", "multicast 224.0.0.251"},
	{"tcp4", "169.254.3.3:1013", "", "link_local 169.254.3.3"},
	{"tcp6", "[fe80::5%lan0]:1014", "", "link_local fe80::5%lan0"},
	{"tcp4", "127.0.0.1:1015", "", ""},
	{"tcp6", "[::1]:1016", "", ""},
	{"tcp4", "0.0.0.0:1017", "lo", ""},
	{"tcp4", "192.31.196.7:1018", "lo", ""},
	{"udp4", "127.0.0.1:1019", "", ""},
}

func (l exposedListener) open(t *testing.T) {
	t.Helper()
	config := net.ListenConfig{Control: func(_, _ string, c syscall.RawConn) (err error) {
		if l.device == "" {
			return nil
		}
		controlled := c.Control(func(fd uintptr) {
			err = unix.SetsockoptString(int(fd), unix.SOL_SOCKET, unix.SO_BINDTODEVICE, l.device)
		})
		if controlled != nil {
			return controlled
		}
		return err
	}}
	if l.network == "group" { // which package net binds to 0.0.0.0
		fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { unix.Close(fd) })
		at := netip.MustParseAddrPort(l.address)
		if err := unix.Bind(fd, &unix.SockaddrInet4{Addr: at.Addr().As4(), Port: int(at.Port())}); err != nil {
			t.Fatalf("%v: %v", l, err)
		}
		return
	}
	var closer interface{ Close() error }
	var err error
	if strings.HasPrefix(l.network, "tcp") {
		closer, err = config.Listen(context.Background(), l.network, l.address)
	} else {
		closer, err = config.ListenPacket(context.Background(), l.network, l.address)
	}
	if err != nil {
		t.Fatalf("%v: %v", l, err)
	}
	t.Cleanup(func() { closer.Close() })
}

// said is what sockeye says of the sockets, in its order: port, scope, addresses.
func said(t *testing.T, args ...string) (lines []string) {
	t.Helper()
	var answer struct {
		Complete bool
		Warnings []any
		Sockets  []struct {
			LocalPort int `json:"local_port"`
			Netns     struct{ Name string }
			Exposure  string
			ExposedOn []string `json:"exposed_on"`
		}
	}
	if err := json.Unmarshal([]byte(list(t, append(args, "--json")...)), &answer); err != nil {
		t.Fatal(err)
	}
	if !answer.Complete || len(answer.Warnings) > 0 {
		t.Errorf("%v: complete %v, %v", args, answer.Complete, answer.Warnings)
	}
	for _, s := range answer.Sockets {
		line := strconv.Itoa(s.LocalPort) + " " + s.Exposure + " " + strings.Join(s.ExposedOn, " ")
		if s.Netns.Name != "" {
			line = s.Netns.Name + " " + line
		}
		lines = append(lines, line)
	}
	return lines
}

// TestExposed: on a namespace with loopback, link-local, private and public addresses
// of both families, what listens beyond the loopback is listed with the addresses that
// it is reached at, what is reached from farthest first.
func TestExposed(t *testing.T) {
	if !population.Alone(t, "ip") {
		return
	}
	if err := unix.Mount("tmpfs", "/run", "tmpfs", 0, ""); err != nil { // for the names of ip netns
		t.Fatal(err)
	}
	ip(t, `link add wan0 type veth peer name wan1
link add lan0 type veth peer name lan1
link set wan0 addrgenmode none
link set wan1 addrgenmode none
link set lan0 addrgenmode none
link set lan1 addrgenmode none
link set wan0 up
link set wan1 up
link set lan0 up
link set lan1 up
addr add 192.31.196.7/24 dev wan0
addr add 10.0.0.5/24 dev lan0
addr add 169.254.3.3/16 dev lan0
-6 addr add 2620:4f:8000::7/64 dev wan0 nodad
-6 addr add fe80::7/64 dev wan0 nodad
-6 addr add fd00::5/64 dev lan0 nodad
-6 addr add fe80::5/64 dev lan0 nodad`)
	var want, over4 []string
	for _, l := range exposedListeners {
		l.open(t)
		port := strconv.Itoa(int(netip.MustParseAddrPort(l.address).Port()))
		if l.want == "" {
			continue
		}
		want = append(want, port+" "+l.want)
		words := []string{port}
		for word := range strings.FieldsSeq(l.want) {
			if !strings.Contains(word, ":") {
				words = append(words, word)
			}
		}
		if len(words) > 2 {
			over4 = append(over4, strings.Join(words, " "))
		}
	}
	peer, err := net.Dial("udp4", "10.0.0.5:9")
	if err != nil {
		t.Fatal(err)
	}
	defer peer.Close()
	if diff := cmp.Diff(want, said(t, "--exposed")); diff != "" {
		t.Errorf("--exposed: %s", diff)
	}
	// A socket that takes both families is reached over each.
	if diff := cmp.Diff(over4, said(t, "-4", "--exposed")); diff != "" {
		t.Errorf("-4 --exposed: %s", diff)
	}
	// The fact is the same without the option, of all that listens.
	if got := said(t, "-l", "-C", "local_port,exposure", "exposure", "=", "loopback"); len(got) != 5 {
		t.Errorf("of loopback alone: %q", got)
	}
	if got := list(t, "--exposed", "-H", "-C", "local", "exposed_on", "=", "2620:4f:8000::7", "and", "v6only", "=", "true"); got != "[::]:1003\n[2620:4f:8000::7]:1004\n" {
		t.Errorf("on an address of IPv6 alone: %q", got)
	}
	if got := said(t, "--exposed", "--source", "proc", "sport", "=", "1008"); len(got) != 1 || got[0] != "1008 private 10.0.0.5" {
		t.Errorf("from /proc: %q", got)
	}

	t.Run("every namespace", func(t *testing.T) { exposedInSpaces(t, want) })
}

// exposedInSpaces: every namespace has addresses of its own.
func exposedInSpaces(t *testing.T, here []string) {
	ip(t, `netns add blue
netns add bare
-n blue link set lo up
-n blue link add blue0 type veth peer name blue1
-n blue link set blue0 addrgenmode none
-n blue link set blue0 up
-n blue addr add 100.64.0.4/24 dev blue0
-n blue addr add 10.0.0.5/24 dev blue0
-n bare link set lo up`)
	for _, name := range []string{"blue", "bare"} {
		inNamed(t, name, func() { exposedListener{network: "tcp4", address: "0.0.0.0:2000"}.open(t) })
	}
	var want []string
	for _, line := range here {
		want = append(want, "host "+line)
	}
	got := said(t, "--all-netns", "--exposed")
	var others []string
	for i, line := range got {
		if !strings.HasPrefix(line, "host ") {
			others = append(others, line)
			got = append(got[:i:i], got[i+1:]...)
			break
		}
	}
	// In a namespace with nothing but a loopback nobody else reaches what listens.
	if diff := cmp.Diff([]string{"blue 2000 shared 100.64.0.4 10.0.0.5"}, others); diff != "" {
		t.Errorf("other namespaces: %s", diff)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("this namespace: %s", diff)
	}
	t.Run("not entered", exposedNotEntered)
	if got := said(t, "-N", "bare", "-l", "-C", "local_port,exposure,exposed_on"); len(got) != 1 || got[0] != "2000 loopback " {
		t.Errorf("in a namespace with a loopback alone: %q", got)
	}
}

// exposedNotEntered: who may not enter a namespace sees its addresses by a process in it.
func exposedNotEntered(t *testing.T) {
	inside := exec.CommandContext(t.Context(), "ip", "netns", "exec", "blue", "cat")
	hold, err := inside.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	says, err := inside.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := inside.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		hold.Close()
		if err := inside.Wait(); err != nil {
			t.Error(err)
		}
	}()
	if _, err := hold.Write([]byte{'x'}); err != nil {
		t.Fatal(err)
	}
	if _, err := says.Read(make([]byte, 1)); err != nil { // it is there, and is cat by now
		t.Fatal(err)
	}
	got := run(t, asNobody(sockeye(t, "--all-netns", "--exposed", "-H", "-C", "local,exposure,exposed_on", "sport", "=", "2000")))
	if got.stdout != "0.0.0.0:2000        shared  100.64.0.4,10.0.0.5\n" {
		t.Errorf("exit status %d\n%s%s", got.status, got.stdout, got.stderr)
	}
}

// inNamed runs f on a thread in a namespace of ip netns, which ends then.
func inNamed(t *testing.T, name string, f func()) {
	t.Helper()
	file, err := os.Open("/run/netns/" + name)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	done := make(chan error)
	var enter func()
	enter = func() {
		runtime.LockOSThread() // and never unlocked, so that the thread ends
		if unix.Gettid() == unix.Getpid() {
			again := make(chan struct{})
			go func() { defer close(again); enter() }()
			<-again // meanwhile the first thread, which is the process's, is held
			runtime.UnlockOSThread()
			return
		}
		err := unix.Setns(int(file.Fd()), unix.CLONE_NEWNET)
		defer func() { done <- err }() // also if f ends the test
		if err == nil {
			f()
		}
	}
	go enter()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
}
