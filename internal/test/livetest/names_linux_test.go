package livetest

import (
	"encoding/binary"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"golang.org/x/sys/unix"

	"sockeye/internal/test/population"
)

// nameServer answers questions for the names of addresses (RFC 1035): 127.7.0.N is
// host-N.test. For some it never answers. The others wait until so many do, or until
// all that there are have been asked for.
type nameServer struct {
	conn          net.PacketConn
	silent        func(host int) bool
	together, all int

	mu      sync.Mutex
	asked   map[string]int
	answers []func()
}

func (s *nameServer) serve() {
	buf := make([]byte, 512)
	for {
		n, from, err := s.conn.ReadFrom(buf)
		if err != nil {
			return
		}
		question := append([]byte(nil), buf[:n]...)
		name, end := questionName(question)
		s.mu.Lock()
		s.asked[name]++
		var host int
		if _, err := fmt.Sscanf(name, "%d.0.7.127.in-addr.arpa", &host); err == nil && !s.silent(host) {
			s.answers = append(s.answers, func() {
				s.conn.WriteTo(answerName(question[:end], fmt.Sprintf("host-%d", host), "test"), from) //nolint:errcheck // who asked may have gone
			})
		}
		if len(s.answers) >= s.together || len(s.asked) >= s.all {
			for _, answer := range s.answers {
				answer()
			}
			s.answers = nil
		}
		s.mu.Unlock()
	}
}

// questionName returns the name in a question, and where the question ends.
func questionName(message []byte) (name string, end int) {
	var labels []string
	at := 12 // behind the header
	for at < len(message) && message[at] != 0 {
		size := int(message[at])
		labels = append(labels, string(message[at+1:at+1+size]))
		at += 1 + size
	}
	return strings.Join(labels, "."), at + 5 // the root, the type and the class
}

// answerName answers a question with a PTR record.
func answerName(question []byte, labels ...string) []byte {
	b := append([]byte(nil), question...)
	binary.BigEndian.PutUint16(b[2:], 0x8180) // an answer, recursion available
	binary.BigEndian.PutUint16(b[6:], 1)      // one record
	clear(b[8:12])
	b = append(b, 0xc0, 12)                 // the name of the question
	b = append(b, 0, 12, 0, 1, 0, 0, 0, 60) // PTR, IN, for a minute
	size := len(b)
	b = append(b, 0, 0)
	for _, label := range labels {
		b = append(append(b, byte(len(label))), label...)
	}
	b = append(b, 0)
	binary.BigEndian.PutUint16(b[size:], uint16(len(b)-size-2))
	return b
}

// replaceFile puts other text in place of a file, in this mount namespace.
func replaceFile(t *testing.T, path, text string) {
	t.Helper()
	mine := filepath.Join(t.TempDir(), filepath.Base(path))
	if err := os.WriteFile(mine, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := unix.Mount(mine, path, "", unix.MS_BIND, ""); err != nil {
		t.Fatalf("mount over %s: %v", path, err)
	}
}

// TestResolve: names are looked up side by side, each once and only if they are asked
// for; what gets no answer in time stays a number, and JSON has numbers.
func TestResolve(t *testing.T) {
	if !population.Alone(t) {
		return
	}
	replaceFile(t, "/etc/resolv.conf", "nameserver 127.0.0.1\n")
	replaceFile(t, "/etc/hosts", "")
	replaceFile(t, "/etc/services", "sockeye-test 4321/tcp\n")
	conn, err := net.ListenPacket("udp4", "127.0.0.1:53")
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	const hosts = 100
	server := &nameServer{conn: conn, silent: func(host int) bool { return host%20 == 0 }, together: 8, all: hosts, asked: map[string]int{}}
	go server.serve()
	listener, err := net.Listen("tcp4", "0.0.0.0:4321")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	for host := 1; host <= hosts; host++ {
		local := &net.TCPAddr{IP: net.IPv4(127, 7, 0, byte(host))}
		client, err := net.DialTCP("tcp4", local, &net.TCPAddr{IP: net.IPv4(127, 7, 0, byte(host)), Port: 4321})
		if err != nil {
			t.Fatal(err)
		}
		defer client.Close()
		accepted, err := listener.Accept()
		if err != nil {
			t.Fatal(err)
		}
		defer accepted.Close()
	}
	asked := func() int {
		server.mu.Lock()
		defer server.mu.Unlock()
		return len(server.asked)
	}
	columns := []string{"-t", "-a", "--no-processes", "-C", "local", "-H", "sport", "=", "4321"}
	if text := list(t, append(columns, "--services")...); strings.Count(text, ":sockeye-test\n") != hosts+1 || strings.Contains(text, "host") {
		t.Errorf("names of services:\n%s", text)
	}
	if text := list(t, append(columns, "-r", "--ndjson")...); strings.Contains(text, "host") || !strings.Contains(text, `"local_port":4321`) {
		t.Errorf("JSON:\n%.300s", text)
	}
	if n := asked(); n != 0 {
		t.Errorf("%d names were asked for unasked", n)
	}
	lines := map[string]int{}
	for line := range strings.Lines(list(t, append(columns, "-r")...)) {
		lines[strings.TrimSpace(line)]++
	}
	for host := 1; host <= hosts; host++ {
		want := fmt.Sprintf("host-%d.test:sockeye-test", host)
		if server.silent(host) {
			want = fmt.Sprintf("127.7.0.%d:sockeye-test", host)
		}
		if lines[want] != 1 {
			t.Errorf("%s stands %d times", want, lines[want])
		}
	}
	server.mu.Lock()
	defer server.mu.Unlock()
	for name, times := range server.asked {
		var host int
		if _, err := fmt.Sscanf(name, "%d.0.7.127", &host); err == nil && times != 1 && !server.silent(host) {
			t.Errorf("%s was asked for %d times", name, times)
		}
	}
	if len(server.asked) < hosts {
		t.Errorf("%d names were asked for", len(server.asked))
	}
}
