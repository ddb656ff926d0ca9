package livetest

import (
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"sockeye/internal/test/population"
)

// finding is one of doctor's, as JSON has it.
type finding struct {
	Rule, Severity, Title, Try string
	Netns                      struct{ Name string }
	Evidence                   struct {
		Sockets []struct {
			State      string
			LocalPort  int `json:"local_port"`
			RemotePort int `json:"remote_port"`
		}
		Total            int `json:"sockets_total"`
		Counters, Limits map[string]int64
		Attempts         []attempt
	}
}

// examine runs doctor and returns what it found, by rule.
func examine(t *testing.T, args ...string) map[string][]finding {
	t.Helper()
	got := run(t, sockeye(t, append([]string{"doctor", "-j"}, args...)...))
	validate(t, compileSchema(t, ""), args, got.stdout)
	var answer struct{ Findings []finding }
	if err := json.Unmarshal([]byte(got.stdout), &answer); err != nil || got.status > 1 {
		t.Fatalf("%v, status %d: %s%s", err, got.status, got.stdout, got.stderr)
	}
	by := map[string][]finding{}
	for _, f := range answer.Findings {
		by[f.Rule] = append(by[f.Rule], f)
	}
	return by
}

// trouble makes the trouble that a rule finds. It returns the local ports of the
// sockets that must be the evidence (nil: the rule has none), and further words for
// doctor.
type trouble struct {
	rule string
	make func(m *maker) (ports []int, args []string)
}

// troubles are in the order of the rules. What is limited for the whole machine is not
// told in a namespace; see [machineRules].
var troubles = []trouble{
	{"accept_queue_full", func(m *maker) ([]int, []string) {
		_, port := m.listen("127.0.0.1:0", 1)
		for range 4 {
			m.connect("127.0.0.1", "127.0.0.1:"+strconv.Itoa(port))
		}
		m.wait("state", "listen", "sport", strconv.Itoa(port), "recv_queue", ">=", "2")
		return []int{port}, nil
	}},
	{"close_wait_leak", func(m *maker) ([]int, []string) {
		client, server := m.pair("127.0.0.1", "127.0.0.1")
		unix.Close(client)
		return []int{boundPort(m.T, server)}, []string{"--set", "close_wait_leak.seconds=0.1", "--sample", "1"}
	}},
	{"closing_stuck", func(m *maker) ([]int, []string) {
		client, server := m.pair("10.1.0.1", "10.1.0.2")
		m.filter("INPUT", "-s", "10.1.0.1", "-j", "DROP")
		port := boundPort(m.T, client)
		m.must(unix.Shutdown(client, unix.SHUT_WR))
		m.wait("state", "fin-wait-1", "sport", strconv.Itoa(port), "timer.retransmits", ">=", "2")
		_ = server
		return []int{port}, nil
	}},
	{"connect_failed", func(m *maker) ([]int, []string) {
		m.goOn(func() { // nothing listens there
			if conn, err := net.Dial("tcp4", "127.0.0.1:9"); err == nil {
				conn.Close()
			}
		})
		return nil, nil
	}},
	{"datagram_drops", func(m *maker) ([]int, []string) {
		conn, err := net.ListenPacket("udp4", "127.0.0.1:0")
		m.must(err)
		m.Cleanup(func() { conn.Close() })
		m.must(conn.(*net.UDPConn).SetReadBuffer(2048))
		sender, err := net.Dial("udp4", conn.LocalAddr().String())
		m.must(err)
		m.Cleanup(func() { sender.Close() })
		m.goOn(func() { sender.Write(make([]byte, 1000)) })
		return []int{conn.LocalAddr().(*net.UDPAddr).Port}, nil
	}},
	{"deleted_program", func(m *maker) ([]int, []string) {
		path := filepath.Join(m.TempDir(), "busybox")
		found, err := exec.LookPath("busybox")
		m.must(err)
		program, err := os.ReadFile(found)
		m.must(err)
		m.must(os.WriteFile(path, program, 0o755))
		cmd := startListener(m.T, exec.Command(path, "nc", "-ll", "-p", "8100", "-e", "cat"), "8100")
		m.Cleanup(func() { reap(cmd) })
		m.must(os.Remove(path))
		return []int{8100}, nil
	}},
	{"exposed_service", func(m *maker) ([]int, []string) {
		m.listen("0.0.0.0:6379", 8)
		m.listen("127.0.0.1:5432", 8)
		return []int{6379}, nil
	}},
	{"half_open", func(m *maker) ([]int, []string) {
		// Both ends of this one are there, with other addresses.
		listener, at := m.listen("127.0.0.1:0", 8)
		m.filter("OUTPUT", "-t", "nat", "-p", "tcp", "-d", "127.0.0.1", "--dport", "8107", "-j", "REDIRECT", "--to-ports", strconv.Itoa(at))
		m.connect("127.0.0.1", "127.0.0.1:8107")
		m.readable(listener)
		m.filter("OUTPUT", "-p", "tcp", "--tcp-flags", "RST", "RST", "-j", "DROP")
		var ports []int
		for _, to := range []string{"127.0.0.1", "10.1.0.2"} {
			client, server := m.pair("10.1.0.1", to)
			m.must(unix.SetsockoptLinger(server, unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: 1}))
			unix.Close(server) // with a reset, which is lost
			ports = append(ports, boundPort(m.T, client))
		}
		return ports, nil
	}},
	{"idle_without_keepalive", func(m *maker) ([]int, []string) {
		client, server := m.pair("10.1.0.1", "10.1.0.2")
		kept, other := m.pair("10.1.0.1", "10.1.0.2")
		for _, fd := range []int{kept, other} {
			m.must(unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_KEEPALIVE, 1))
		}
		return []int{boundPort(m.T, client), boundPort(m.T, server)}, []string{"--set", "idle_without_keepalive.seconds=0.1", "--sample", "1"}
	}},
	{"receiver_stalled", func(m *maker) ([]int, []string) {
		client, server := m.pair("127.0.0.1", "127.0.0.1")
		_, err := unix.Write(client, make([]byte, 1000))
		m.must(err)
		return []int{boundPort(m.T, server)}, []string{"--set", "receiver_stalled.seconds=0.1"}
	}},
	{"retransmissions", func(m *maker) ([]int, []string) {
		client, server := m.pair("10.1.0.1", "10.1.0.2")
		port := boundPort(m.T, client)
		m.filter("INPUT", "-p", "tcp", "-s", "10.1.0.1", "--sport", strconv.Itoa(port), "-m", "statistic", "--mode", "random", "--probability", "0.3", "-j", "DROP")
		buf := make([]byte, 1<<16)
		m.goOn(func() {
			unix.Write(client, buf)
			unix.Read(server, buf)
		})
		return []int{port}, []string{"--sample", "3", "--set", "retransmissions.segments=5"}
	}},
	{"shadowed_listener", func(m *maker) ([]int, []string) {
		var wide corner
		population.StartRole(m.T, "sharing", nil, &wide)
		fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
		m.must(err)
		m.Cleanup(func() { unix.Close(fd) })
		m.must(unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEPORT, 1))
		m.must(unix.Bind(fd, &unix.SockaddrInet4{Port: int(wide.Port), Addr: [4]byte{127, 0, 0, 3}}))
		m.must(unix.Listen(fd, 8))
		return []int{int(wide.Port), int(wide.Port)}, nil
	}},
	{"syn_flood", func(m *maker) ([]int, []string) {
		_, port := m.listen("10.1.0.2:0", 64)
		m.filter("OUTPUT", "-p", "tcp", "--tcp-flags", "SYN,ACK", "SYN,ACK", "-j", "DROP")
		for range 10 {
			m.connect("10.1.0.1", "10.1.0.2:"+strconv.Itoa(port))
		}
		return slices.Repeat([]int{port}, 10), []string{"--set", "syn_flood.handshakes=5"}
	}},
	{"syn_sent_stuck", func(m *maker) ([]int, []string) {
		m.filter("INPUT", "-p", "tcp", "-d", "10.1.0.2", "--dport", "9101", "-j", "DROP")
		port := boundPort(m.T, m.connect("10.1.0.1", "10.1.0.2:9101"))
		m.wait("state", "syn-sent", "sport", strconv.Itoa(port), "timer.retransmits", ">=", "1")
		return []int{port}, nil
	}},
	{"time_wait", func(m *maker) ([]int, []string) {
		m.sysctl("net.ipv4.tcp_max_tw_buckets", "10")
		for range 9 {
			client, server := m.pair("127.0.0.1", "127.0.0.1")
			m.must(unix.Shutdown(client, unix.SHUT_WR))
			m.must(unix.Shutdown(server, unix.SHUT_WR))
		}
		return nil, nil
	}},
	{"zero_window", func(m *maker) ([]int, []string) {
		client, _ := m.pair("127.0.0.1", "127.0.0.1")
		m.fill(client)
		port := boundPort(m.T, client)
		m.wait("sport", strconv.Itoa(port), "timer.name", "=", "persist")
		return []int{port}, nil
	}},
}

// TestDoctor: the trouble that a test makes is found in the sockets that have it, and
// a connection that is well is never among them.
func TestDoctor(t *testing.T) {
	if !population.Alone(t, "iptables", "busybox", "ip") {
		return
	}
	for _, address := range []string{"10.1.0.1/32", "10.1.0.2/32"} {
		must(t, "ip", "address", "add", address, "dev", "lo")
	}
	healthy := &maker{t}
	healthy.listen("127.0.0.1:8103", 8)
	client, server := healthy.pair("127.0.0.1", "127.0.0.1")
	well := []int{8103, boundPort(t, client), boundPort(t, server)}
	if found := examine(t, "--sample", "0.5"); len(found) > 0 {
		t.Fatalf("nothing is wrong: %+v", found)
	}
	// A filter that leaves one end out makes no half-open connection of the other.
	if found := examine(t, "--sample", "0.2", "sport", strconv.Itoa(well[1])); len(found) > 0 {
		t.Fatalf("nothing is wrong with one end: %+v", found)
	}
	all := slices.Concat(troubles, endTroubles, flowTroubles, roomTroubles, listenTroubles)
	everyRule(t, all)
	for _, trouble := range all {
		t.Run(trouble.rule, func(t *testing.T) {
			want, args := trouble.make(&maker{t})
			if args == nil || !slices.Contains(args, "--sample") {
				args = append(args, "--sample", "0.2")
			}
			by := examine(t, args...)
			for range 20 { // a machine that is slow makes less trouble in that time
				if len(by[trouble.rule]) > 0 {
					break
				}
				by = examine(t, args...)
			}
			var got []int
			for _, f := range by[trouble.rule] {
				for _, s := range f.Evidence.Sockets {
					got = append(got, s.LocalPort)
				}
			}
			if found := by[trouble.rule]; len(found) > 0 {
				showsMore(t, found[0].Try)
			}
			slices.Sort(want)
			slices.Sort(got)
			if want == nil && len(by[trouble.rule]) > 0 && len(by[trouble.rule][0].Evidence.Counters) > 0 {
				got = nil // the counters are the evidence
			} else if want == nil {
				t.Errorf("not found: %+v", by)
			}
			if !slices.Equal(got, want) {
				t.Errorf("evidence %v, want %v: %+v", got, want, by)
			}
			for rule, all := range by { // whatever the trouble
				for _, f := range all {
					for _, s := range f.Evidence.Sockets {
						if slices.Contains(well, s.LocalPort) {
							t.Errorf("%s finds a socket that is well: %+v", rule, f)
						}
					}
				}
			}
		})
	}
}

// everyRule: there is a trouble for each rule, here or in a test of its own.
func everyRule(t *testing.T, troubles []trouble) {
	t.Helper()
	made := append([]string{"process_files"}, machineRules...) // TestDoctorOfDescriptors, TestDoctorOfTheMachine
	for _, trouble := range troubles {
		made = append(made, trouble.rule)
	}
	rules := 0
	for line := range strings.Lines(run(t, sockeye(t, "doctor", "--rules")).stdout) {
		if strings.HasPrefix(line, " ") {
			continue
		}
		rules++
		if rule := strings.TrimSpace(line); !slices.Contains(made, rule) {
			t.Errorf("no trouble is made for %s", rule)
		}
	}
	if rules < 30 {
		t.Errorf("%d rules", rules)
	}
}

// showsMore: the command of a finding is one, and answers.
func showsMore(t *testing.T, try string) {
	t.Helper()
	args := strings.Fields(strings.Replace(try, "--duration 10", "--duration 0.1", 1))
	if len(args) < 2 || args[0] != "sockeye" {
		t.Fatalf("%q is no command", try)
	}
	if got := run(t, exec.Command("timeout", append([]string{"60", os.Getenv(binaryEnv)}, args[1:]...)...)); got.status > 1 {
		t.Errorf("%q: status %d: %s", try, got.status, got.stderr)
	}
}

// TestDoctorIsSilent: a web server that is well has nothing, however busy it is.
func TestDoctorIsSilent(t *testing.T) {
	if !population.Alone(t) {
		return
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		w.Write(make([]byte, 10_000))
	}))
	t.Cleanup(server.Close) // behind those of the clients
	m := &maker{t}
	for i := range 8 {
		client := &http.Client{Transport: &http.Transport{DisableKeepAlives: i == 0}}
		m.goOn(func() {
			if i == 0 {
				time.Sleep(5 * time.Millisecond) // or it takes every port there is
			}
			answer, err := client.Post(server.URL, "text/plain", strings.NewReader("a question"))
			if err != nil {
				t.Error(err)
				runtime.Goexit()
			}
			io.Copy(io.Discard, answer.Body)
			answer.Body.Close()
		})
	}
	runs := 3
	if population.Long() {
		runs = 20
	}
	for i := range runs {
		sample := "0.2"
		if i == 0 {
			sample = "0.6" // long enough for a trace of what connects
		}
		// A machine that is very slow does send segments again.
		if found := examine(t, "--sample", sample, "--set", "retransmissions.percent=20"); len(found) > 0 {
			t.Errorf("run %d: %+v", i, found)
		}
	}
}
