package platform

import (
	"context"
	"encoding/binary"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sockeye/procnet"
	"sockeye/sock"
)

// proxyMachine is a proc file system in which processes are in network namespaces.
type proxyMachine struct {
	t    *testing.T
	root string
	held map[uint64][]sock.Owner
}

// space makes a namespace that has an address and listens at ports, whose sockets have
// the numbers of the ports, and more of its own, for inodes.
func (m *proxyMachine) space(name, addr string, base int, ports ...int) {
	dir := filepath.Join(m.root, name)
	rows := "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
	for i, port := range ports {
		rows += fmt.Sprintf("%4d: 00000000:%04X 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 %d 1 0000000000000000 100 0 0 10 0\n", i, port, base+port)
	}
	m.files(dir, map[string]string{
		"id": "", "dev": "", "tcp": rows,
		"fib_trie": "Main:\n  +-- 0.0.0.0/0 3 0 5\n     |-- 0.0.0.0\n        /0 universe UNICAST\n     |-- " + addr + "\n        /32 host LOCAL\nLocal:\n     |-- " + addr + "\n        /32 host LOCAL\n",
	})
}

func (m *proxyMachine) files(dir string, texts map[string]string) {
	m.t.Helper()
	for name, text := range texts {
		path := filepath.Join(dir, name)
		err := os.MkdirAll(filepath.Dir(path), 0o755)
		if err == nil {
			err = os.WriteFile(path, []byte(text), 0o644)
		}
		if err != nil {
			m.t.Fatal(err)
		}
	}
}

// process makes a process in a namespace, which holds sockets.
func (m *proxyMachine) process(pid, parent int, space, line, group string, inodes ...uint64) *sock.Process {
	m.t.Helper()
	dir := filepath.Join(m.root, fmt.Sprint(pid))
	name, _, _ := strings.Cut(line, " ")
	m.files(dir, map[string]string{
		"cmdline": strings.ReplaceAll(line, " ", "\x00") + "\x00", "cgroup": "0::" + group + "\n",
		"stat": fmt.Sprintf("%d (%s) S %d 1 1 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 1 0 77 0 0\n", pid, name, parent),
	})
	err := os.Mkdir(filepath.Join(dir, "ns"), 0o755)
	for link, to := range map[string]string{"net": "../" + space, "ns/net": "../../" + space + "/id"} {
		if err == nil {
			err = os.Symlink(to, filepath.Join(dir, link))
		}
	}
	if err != nil {
		m.t.Fatal(err)
	}
	p := &sock.Process{PID: pid, Name: name}
	for _, inode := range inodes {
		m.held[inode] = []sock.Owner{{Process: p, FD: 3}}
	}
	return p
}

// finder is one of a new listing.
func (m *proxyMachine) finder(owners map[uint64][]sock.Owner) *behindFinder {
	env := &sock.Environment{Proc: m.root, ByteOrder: binary.LittleEndian}
	h := &Host{chain: chain{env: env}, finder: &fakeFinder{owners: owners}, proc: procnet.At(m.root)}
	return newBehindFinder(context.Background(), h, newPlaces(h.proc))
}

const (
	containerID = "3f4a3f4a3f4a3f4a3f4a3f4a3f4a3f4a3f4a3f4a3f4a3f4a3f4a3f4a3f4a3f4a"
	otherID     = "5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f"
)

// TestBehind: each proxy leads to the process that listens in its namespace, and to the
// container of that, as far as it is known.
func TestBehind(t *testing.T) {
	m := &proxyMachine{t: t, root: t.TempDir(), held: map[uint64][]sock.Owner{}}
	m.space("host", "192.0.2.1", 0, 8080)
	m.space("web", "172.17.0.2", 10_000, 80, 443)
	m.space("quiet", "172.17.0.3", 20_000)
	m.space("again", "172.17.0.3", 30_000, 80)
	m.space("twice", "172.17.0.3", 30_000, 81)
	m.space("third", "172.17.0.3", 50_000, 81)
	m.space("rootless", "10.0.2.100", 40_000, 8080)
	m.process(1, 0, "host", "init", "/")
	m.process(900, 1, "web", "nginx", "/docker/"+containerID, 10_080)
	m.process(901, 1, "quiet", "sleep", "/docker/"+otherID)
	m.process(902, 1, "again", "caddy", "/docker/"+otherID, 30_080)
	m.process(903, 1, "twice", "one", "/")
	m.process(904, 1, "third", "two", "/")

	docker := func(addr string, port int) string {
		return fmt.Sprintf("docker-proxy -proto tcp -host-ip 0.0.0.0 -host-port 8080 -container-ip %s -container-port %d", addr, port)
	}
	end := netip.MustParseAddrPort
	web := sock.Container{Runtime: "docker", ID: containerID}
	nginx := sock.Behind{Target: end("172.17.0.2:80"), PID: 900, Process: "nginx", Container: web}
	inside := sock.Behind{PID: 900, Process: "nginx", Container: web} // without an address
	tests := []struct {
		what    string
		process *sock.Process
		port    uint16
		want    sock.Behind
	}{
		{"docker", m.process(10, 1, "host", docker("172.17.0.2", 80), "/"), 8080, nginx},
		{"nobody is seen to listen", m.process(11, 1, "host", docker("172.17.0.2", 443), "/"), 8080, sock.Behind{Target: end("172.17.0.2:443"), Container: web}},
		{"one of two listens", m.process(12, 1, "host", docker("172.17.0.3", 80), "/"), 8080,
			sock.Behind{Target: end("172.17.0.3:80"), PID: 902, Process: "caddy", Container: sock.Container{Runtime: "docker", ID: otherID}}},
		{"two listen", m.process(13, 1, "host", docker("172.17.0.3", 81), "/"), 8080, sock.Behind{Target: end("172.17.0.3:81")}},
		{"no namespace", m.process(14, 1, "host", docker("172.17.0.9", 80), "/"), 8080, sock.Behind{Target: end("172.17.0.9:80")}},
		{"pasta", m.process(15, 1, "host", "pasta -t 8080-8080:80-80 --netns "+m.root+"/web/id", "/"), 8080, inside},
		{"slirp4netns, of two ports", m.process(16, 1, "host", "slirp4netns -c 900 tap0", "/"), 8080, sock.Behind{Container: web}},
		{"rootlesskit", m.process(17, 1, "host", "rootlesskit --net=slirp4netns", "/"), 8080, nginx},
		{"rootlessport", m.process(18, 1, "host", "rootlessport", "/"), 8080,
			sock.Behind{PID: 31, Process: "db", Container: sock.Container{Runtime: "podman", ID: otherID}}},
		{"conmon", m.process(19, 1, "host", "conmon -c "+otherID+" -n db", "/"), 8080, sock.Behind{Container: sock.Container{Runtime: "podman", ID: otherID, Name: "db"}}},
		{"no proxy", m.process(20, 1, "host", "nginx", "/"), 8080, sock.Behind{}},
		{"not understood", m.process(21, 1, "host", "docker-proxy", "/"), 8080, sock.Behind{}},
	}
	m.process(30, 17, "rootless", docker("172.17.0.2", 80), "/", 48_080)
	m.space("db", "10.88.0.2", 60_000, 5432)
	m.process(31, 18, "db", "db", "/libpod_parent/libpod-"+otherID, 65_432)
	for _, test := range tests {
		s := proxyListener(sock.TCP, test.port)
		s.Owners = []sock.Owner{{Process: &sock.Process{PID: 1, Name: "init"}}, {Process: test.process}}
		m.finder(m.held).add(s)
		if got := s.Behind; (got != nil) != (test.want != sock.Behind{}) || got != nil && (*got != test.want || !s.Knows(sock.FieldPlace)) {
			t.Errorf("%s:\n %+v, want\n %+v", test.what, got, test.want)
		}
	}
	// Without the right to see who holds sockets the container is known all the same.
	s := proxyListener(sock.TCP, 8080)
	s.Owners = []sock.Owner{{Process: tests[0].process}}
	m.finder(nil).add(s)
	if want := (sock.Behind{Target: end("172.17.0.2:80"), Container: web}); s.Behind == nil || *s.Behind != want {
		t.Errorf("without rights: %+v", s.Behind)
	}
	s.State = sock.Established
	if m.finder(m.held).add(s); s.Behind != nil {
		t.Errorf("a connection leads to %+v", s.Behind)
	}
}
