package livetest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"sockeye/internal/test/population"
)

// namedSpace makes a network namespace with a name, and runs f in it.
func (m *maker) namedSpace(name string, f func() error) {
	m.Helper()
	m.must(population.InNewNamespace(nil, func(file string) error {
		if err := population.BindNamespace(file, filepath.Join("/run/netns", name)); err != nil {
			return err
		}
		if err := population.LinkUp("lo"); err != nil {
			return err
		}
		return f()
	}))
}

// stream is a TCP socket of the network namespace of the calling thread.
func (m *maker) stream() (int, error) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err == nil {
		m.Cleanup(func() { unix.Close(fd) })
	}
	return fd, err
}

// TestDoctorInNamespaces: a trouble is found in the network namespace that has it, by
// its sockets and by its counters, and in no other; the finding names it.
func TestDoctorInNamespaces(t *testing.T) {
	if !population.Alone(t) {
		return
	}
	m := &maker{t}
	m.must(population.EmptyRun())
	var failing int
	m.namedSpace("blue", func() (err error) {
		if failing, err = m.stream(); err != nil {
			return err
		}
		m.listen("0.0.0.0:6379", 8)
		return nil
	})
	m.namedSpace("red", func() error {
		m.listen("127.0.0.1:6379", 8)
		return nil
	})
	m.goOn(func() { // nothing listens there
		unix.Connect(failing, &unix.SockaddrInet4{Port: 9, Addr: [4]byte{127, 0, 0, 1}})
	})
	for _, args := range [][]string{{"--all-netns"}, {"-N", "blue"}} {
		args = append(args, "--sample", "0.3")
		by := examine(t, args...)
		for _, rule := range []string{"exposed_service", "connect_failed"} {
			if all := by[rule]; len(all) != 1 || all[0].Netns.Name != "blue" || !strings.HasPrefix(all[0].Try, "sockeye -N blue trace ") && !strings.HasPrefix(all[0].Try, "sockeye -N blue port ") {
				t.Errorf("%v: %s: %+v", args, rule, all)
			}
		}
		if len(by) != 2 {
			t.Errorf("%v: %+v", args, by)
		}
		lines := run(t, sockeye(t, append([]string{"doctor", "--ndjson"}, args...)...)).stdout
		if strings.Count(lines, "\n") != 2 {
			t.Errorf("%v: %s", args, lines)
		}
		for line := range strings.Lines(lines) {
			validate(t, compileSchema(t, "#/properties/findings/items"), args, line)
		}
		got := run(t, sockeye(t, append([]string{"doctor"}, args...)...))
		if strings.Count(got.stdout, "in the network namespace blue") != 2 || got.status != 1 {
			t.Errorf("%v: status %d\n%s%s", args, got.status, got.stdout, got.stderr)
		}
	}
	for _, args := range [][]string{{"-N", "red", "--sample", "0.3"}, {"--sample", "0.3"}} {
		if by := examine(t, args...); len(by) > 0 {
			t.Errorf("%v: %+v", args, by)
		}
	}
}

// TestDoctorOnFiles: between two snapshots that the program wrote itself no rule lacks
// anything but the kernel's counters, and the trouble is found that stayed.
func TestDoctorOnFiles(t *testing.T) {
	if !population.Alone(t) {
		return
	}
	m := &maker{t}
	_, port := m.listen("127.0.0.1:0", 8)
	client, server := m.pair("127.0.0.1", "127.0.0.1")
	_, err := unix.Write(client, make([]byte, 1000))
	m.must(err)
	files := [2]string{filepath.Join(t.TempDir(), "before.json"), filepath.Join(t.TempDir(), "after.json")}
	for _, file := range files {
		got := run(t, sockeye(t, "-tua", "-eiom", "--json"))
		m.must(os.WriteFile(file, []byte(got.stdout), 0o600))
	}
	by := examine(t, "--from", files[0], "--from", files[1], "--set", "receiver_stalled.seconds=0.001")
	if all := by["receiver_stalled"]; len(by) != 1 || len(all) != 1 || all[0].Evidence.Sockets[0].LocalPort != boundPort(t, server) {
		t.Errorf("listener %d: %+v", port, by)
	}
	if by := examine(t, "--from", files[1]); len(by) > 0 {
		t.Errorf("one file: %+v", by)
	}
	got := run(t, sockeye(t, "doctor", "--from", files[0], "--from", files[1]))
	if strings.Count(got.stdout, "skipped ") != 1 || !strings.Contains(got.stdout, "skipped   needs the kernel's counters, which are not known: ") {
		t.Errorf("%s", got.stdout)
	}
}

// halves makes three connections of the network namespace red to blue: one by a port
// that blue translates, one that is well, and one whose other end is gone when lose was
// called: its reset is lost. elsewhere has blue's address too, on a link of its own.
func (m *maker) halves() (half int, lose func(), listener int) {
	var clients [3]int
	m.namedSpace("blue", func() error {
		listener, _ = m.listen("0.0.0.0:8080", 8)
		return nil
	})
	m.namedSpace("red", func() (err error) {
		for i := range clients {
			if clients[i], err = m.stream(); err != nil {
				return err
			}
		}
		return nil
	})
	m.namedSpace("elsewhere", func() error { return nil })
	for _, command := range []string{
		"-n red link add pair type veth peer name pair netns blue", "-n red address add 10.9.0.1/24 dev pair", "-n red link set pair up",
		"-n blue address add 10.9.0.2/24 dev pair", "-n blue link set pair up", "-n elsewhere address add 10.9.0.2/24 dev lo",
	} {
		must(m.T, append([]string{"ip"}, strings.Fields(command)...)...)
	}
	inBlue := func(rule string) {
		must(m.T, append([]string{"nsenter", "--net=/run/netns/blue", "iptables", "-w"}, strings.Fields(rule)...)...)
	}
	inBlue("-t nat -A PREROUTING -p tcp --dport 8081 -j REDIRECT --to-ports 8080")
	var servers [3]int
	for i, port := range []int{8081, 8080, 8080} {
		m.must(unix.Connect(clients[i], &unix.SockaddrInet4{Port: port, Addr: [4]byte{10, 9, 0, 2}}))
		m.readable(listener)
		server, _, err := unix.Accept4(listener, unix.SOCK_CLOEXEC)
		m.must(err)
		servers[i] = server
	}
	m.Cleanup(func() { unix.Close(servers[0]); unix.Close(servers[1]) })
	return boundPort(m.T, clients[2]), func() {
		inBlue("-A OUTPUT -p tcp --tcp-flags RST RST -j DROP")
		m.must(unix.SetsockoptLinger(servers[2], unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: 1}))
		m.must(unix.Close(servers[2]))
	}, listener
}

// TestHalfOpenBetweenNamespaces: the other end of a connection is gone, which was in
// another network namespace. It is told where all are listed, and where it is certain
// that the packets go to no other end.
func TestHalfOpenBetweenNamespaces(t *testing.T) {
	if !population.Alone(t, "ip", "iptables", "nsenter") {
		return
	}
	m := &maker{t}
	m.must(population.EmptyRun())
	half, lose, listener := m.halves()
	look := func(when string, want int, args ...string) {
		t.Helper()
		all := examine(t, append(args, "--sample", "0.2")...)["half_open"]
		if len(all) != want {
			t.Errorf("%s: %+v", when, all)
		}
		for _, f := range all {
			if len(f.Evidence.Sockets) != 1 || f.Evidence.Sockets[0].LocalPort != half || f.Netns.Name != "red" ||
				!strings.HasPrefix(f.Title, "The network namespace blue has no other end of the connection of ") {
				t.Errorf("%s: %+v", when, f)
			}
			showsMore(t, f.Try)
		}
	}
	look("when all are well", 0, "--all-netns")
	lose()
	look("when one end is gone", 1, "--all-netns")
	look("of one namespace alone", 0, "-N", "red")
	look("with a filter", 0, "--all-netns", "netns", "=", "red")
	m.must(unix.Shutdown(listener, unix.SHUT_RD)) // it listens no more
	look("when nothing listens, and nothing is passed on", 1, "--all-netns")
	must(t, "ip", "-n", "blue", "link", "add", "second", "type", "veth", "peer", "name", "third")
	must(t, "ip", "-n", "blue", "link", "set", "second", "up")
	look("when blue may pass it on", 0, "--all-netns")
	must(t, "ip", "-n", "blue", "link", "delete", "second")
	must(t, "ip", "-n", "red", "neighbour", "replace", "10.9.0.2", "lladdr", "02:00:00:00:00:09", "dev", "pair")
	look("when the packets go elsewhere", 0, "--all-netns")
}
