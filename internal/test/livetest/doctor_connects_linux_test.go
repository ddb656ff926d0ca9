package livetest

import (
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"sockeye/internal/test/population"
)

// attempt is how many attempts to connect failed in one way, as JSON has it.
type attempt struct {
	Address string `json:"remote_address"`
	Port    int    `json:"remote_port"`
	PID     int
	Process string
	Failure string
	Number  int      `json:"attempts"`
	Longest *float64 `json:"longest_ms"`
	AtLeast bool     `json:"longest_at_least"`
}

// dialOn connects again and again, with one SYN that is sent again at most, and for so long.
func (m *maker) dialOn(to string, timeout time.Duration) {
	d := net.Dialer{Timeout: timeout, Control: func(_, _ string, c syscall.RawConn) (err error) {
		c.Control(func(fd uintptr) { err = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_SYNCNT, 1) })
		return err
	}}
	m.goOn(func() {
		if conn, err := d.Dial("tcp4", to); err == nil {
			conn.(*net.TCPConn).SetLinger(0) // or it takes every port there is
			conn.Close()
		}
		time.Sleep(time.Millisecond)
	})
}

// longerSample is the time between the listings of a run, in seconds.
func longerSample(run int) string { return fmt.Sprintf("%.1f", 0.6*float64(1+run/4)) }

// connectFailed runs doctor until it finds attempts that failed as is wanted, in a sample
// that becomes longer: a machine that is slow takes its time to load programs.
func connectFailed(t *testing.T, as func(*exec.Cmd) *exec.Cmd, wanted func(finding) bool, args ...string) finding {
	t.Helper()
	var last string
	for i := range 30 {
		got := run(t, as(sockeye(t, append([]string{"doctor", "-j", "--sample", longerSample(i)}, args...)...)))
		validate(t, compileSchema(t, ""), args, got.stdout)
		var answer struct{ Findings []finding }
		if err := json.Unmarshal([]byte(got.stdout), &answer); err != nil {
			t.Fatalf("%v: %s%s", err, got.stdout, got.stderr)
		}
		for _, f := range answer.Findings {
			if f.Rule == "connect_failed" && wanted(f) {
				return f
			}
		}
		last = got.stdout
	}
	t.Fatalf("%v: not found, at last: %s", args, last)
	return finding{}
}

// failedPorts make attempts to connect that fail, each in a way of its own, and one that
// does not. They are the ports with the failure.
func failedPorts(m *maker) (failures map[int]string, well int) {
	must(m.T, "ip", "address", "add", "10.1.0.2/32", "dev", "lo")
	for port, action := range map[string][]string{
		"9202": {"DROP"}, "9203": {"DROP"}, "9204": {"REJECT", "--reject-with", "icmp-host-unreachable"},
	} {
		m.filter(append([]string{"INPUT", "-p", "tcp", "-d", "10.1.0.2", "--dport", port, "-j"}, action...)...)
	}
	l, err := net.Listen("tcp4", "10.1.0.2:0")
	m.must(err)
	m.Cleanup(func() { l.Close() })
	go closeAccepted(l)
	for _, to := range []string{"10.1.0.2:9201", "10.1.0.2:9202", l.Addr().String()} {
		m.dialOn(to, 0)
	}
	m.goOn(func() { // what ICMP says ends a call that waits, and is asked for by others, which then give up
		fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
		for err == nil || err == unix.EINTR || err == unix.EALREADY {
			err = unix.Connect(fd, &unix.SockaddrInet4{Port: 9204, Addr: [4]byte{10, 1, 0, 2}})
		}
		unix.Close(fd)
	})
	m.dialOn("10.1.0.2:9203", 1500*time.Millisecond) // longer than a second, after which a SYN is sent again
	return map[int]string{9201: "refused", 9202: "timed_out", 9203: "abandoned", 9204: "unreachable"}, l.Addr().(*net.TCPAddr).Port
}

// ownAlone: the attempts of this process to one port are named, and no others.
func ownAlone(f finding) bool {
	return len(f.Evidence.Attempts) == 1 && f.Evidence.Attempts[0].PID == os.Getpid()
}

// TestDoctorNamesAttempts: attempts to connect that fail are named by destination, failure
// and process, and others are not among them; a filter chooses. Without the rights to trace,
// and in a sample that is too short, there are the counters.
func TestDoctorNamesAttempts(t *testing.T) {
	if !population.Alone(t, "ip", "iptables") {
		return
	}
	traces := tracesByBPF(t)
	failures, well := failedPorts(&maker{t})
	counters := func(f finding) bool {
		return len(f.Evidence.Attempts)+len(f.Evidence.Sockets) == 0 && f.Evidence.Counters["AttemptFails"] >= 5 && f.Try == "sockeye trace --connects --duration 10" &&
			strings.HasPrefix(f.Title, fmt.Sprintf("%d attempts to connect failed", f.Evidence.Counters["AttemptFails"]))
	}
	connectFailed(t, asNobody, counters)
	connectFailed(t, asMyself, counters, "--sample", "0.3")
	if !traces {
		connectFailed(t, asMyself, counters)
		return
	}
	seen := map[int]bool{}
	connectFailed(t, asMyself, func(f finding) bool {
		named, of := 0, map[string]int64{}
		for _, a := range f.Evidence.Attempts {
			of[a.Failure] += int64(a.Number)
			named += a.Number
			if a.Failure != failures[a.Port] || a.Address != "10.1.0.2" || a.PID != 0 && a.PID != os.Getpid() || (a.PID == 0) != (a.Process == "") {
				t.Errorf("%+v", a)
			}
			if a.PID == 0 || a.Longest == nil {
				continue // it began before the trace, which had not yet looked who holds what
			}
			if seen[a.Port] = true; a.Port != 9201 && !a.AtLeast && *a.Longest < 1000 {
				t.Errorf("it took no second: %+v", a)
			}
		}
		for failure, n := range of {
			if f.Evidence.Counters[failure] != n {
				t.Errorf("%d %s, and the counters say %+v", n, failure, f.Evidence.Counters)
			}
		}
		if named != f.Evidence.Total {
			t.Errorf("%d attempts are named of %d", named, f.Evidence.Total)
		}
		for _, s := range f.Evidence.Sockets {
			if failures[s.RemotePort] == "" || s.RemotePort == well {
				t.Errorf("evidence is %+v", s)
			}
		}
		if named > 0 {
			if want := fmt.Sprintf(" attempts to connect failed, %d of them to 10.1.0.2:9201: ", of["refused"]); len(of) > 1 && !strings.Contains(f.Title, want) {
				t.Errorf("%q, want %q", f.Title, want)
			}
			showsMore(t, f.Try)
		}
		return len(seen) == len(failures)
	}, "--set", "connect_failed.attempts=1")

	one := connectFailed(t, asMyself, ownAlone, "dport", "=", "9201")
	if one.Evidence.Attempts[0].Port != 9201 || one.Try != "sockeye trace --connects --duration 10 dst 10.1.0.2 and dport 9201" {
		t.Errorf("with a filter: %+v", one)
	}
	// The counters, which are of all, say nothing of those that a filter chooses, unless it
	// is one that no event can be held against.
	connectFailed(t, asMyself, counters, "state", "listening")
	silent := false
	for i := 0; i < 30 && !silent; i++ {
		silent = len(examine(t, "--sample", longerSample(i), "dport", "=", strconv.Itoa(well))["connect_failed"]) == 0
	}
	if !silent {
		t.Error("connections that are well are attempts that failed")
	}
}

// TestDoctorNamesAttemptsInNamespaces: those of the network namespace that is looked at, or
// of each.
func TestDoctorNamesAttemptsInNamespaces(t *testing.T) {
	if !population.Alone(t) || !tracesByBPF(t) {
		return
	}
	m := &maker{t}
	m.must(population.EmptyRun())
	var failing [2]int
	for i, name := range []string{"blue", "red"} {
		m.namedSpace(name, func() (err error) {
			failing[i], err = m.stream()
			return err
		})
		m.goOn(func() { // nothing listens there
			unix.Connect(failing[i], &unix.SockaddrInet4{Port: 9211 + i, Addr: [4]byte{127, 0, 0, 1}})
			time.Sleep(time.Millisecond)
		})
	}
	for i, name := range []string{"blue", "red"} {
		for _, args := range [][]string{{"--all-netns"}, {"-N", name}} {
			f := connectFailed(t, asMyself, func(f finding) bool { return f.Netns.Name == name && ownAlone(f) }, args...)
			want := fmt.Sprintf("sockeye -N %s trace --connects --duration 10 dst 127.0.0.1 and dport %d", name, 9211+i)
			if a := f.Evidence.Attempts; a[0].Port != 9211+i || a[0].Failure != "refused" || f.Try != want {
				t.Errorf("%v: %+v", args, f)
			}
		}
	}
}
