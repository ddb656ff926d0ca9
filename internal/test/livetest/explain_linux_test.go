package livetest

import (
	"bytes"
	"net"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"sockeye/internal/cli"
	"sockeye/internal/test/population"
)

// TestExplainSample: explain counts the changes of state in its time, whoever tells them.
// The clock is the test's: a connection closes one way, another comes and goes, and the
// time is over.
func TestExplainSample(t *testing.T) {
	if !population.Alone(t) {
		return
	}
	closed := []string{`1  ESTABLISHED  -> CLOSE_WAIT`}
	for source, want := range map[string][]string{
		"bpf": append(closed, `1  ESTABLISHED  -> FIN_WAIT_1`, `1  FIN_WAIT_1   -> FIN_WAIT_2`,
			`1  CLOSED       -> SYN_SENT`, `1  SYN_SENT     -> ESTABLISHED`, `2  ESTABLISHED  -> CLOSED`),
		"poll": append(closed, `1  ESTABLISHED  -> FIN_WAIT_2`),
	} {
		t.Run(source, func(t *testing.T) { testExplainSample(t, source, want) })
	}
}

func testExplainSample(t *testing.T, source string, want []string) {
	if source == "bpf" && !tracesByBPF(t) {
		return
	}
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	held := connect(t, l)
	client := held.client
	defer client.Close()
	defer held.server.Close()
	var out, errs bytes.Buffer
	status := cli.Main(t.Context(), []string{"explain", "--sample", "600", "--event-source", source}, cli.IO{
		Out: &out, Err: &errs, Getenv: func(string) string { return "" }, Now: time.Now,
		After: func(d time.Duration) <-chan time.Time {
			if err := client.CloseWrite(); err != nil {
				t.Error(err)
			}
			untilState(t, client, unix.BPF_TCP_FIN_WAIT2)
			comesAndGoes(t, l)
			over := make(chan time.Time)
			close(over)
			return over
		},
	})
	if status != 0 || errs.Len() != 0 {
		t.Errorf("exit status %d: %s", status, errs.String())
	}
	want = append(want, `Changes of state in 10m0s`)
	for _, line := range want {
		if !strings.Contains(out.String(), line) {
			t.Errorf("no %q in\n%s", line, out.String())
		}
	}
	for _, drawn := range []string{`(?s)\|  FIN_WAIT_2  \|.*\n[^\n]*\+----- 1 ------\+`, `(?s)\|    LISTEN    \|[^\n]*\n +\+----- 1 ------\+`} {
		if !regexp.MustCompile(drawn).Match(out.Bytes()) {
			t.Errorf("no %s in\n%s", drawn, out.String())
		}
	}
	changes := bytes.Count(out.Bytes(), []byte("->")) - bytes.Count(out.Bytes(), []byte("-->"))
	if source == "poll" && changes != 2 {
		t.Errorf("%d changes\n%s", changes, out.String())
	}
}

// TestExplainSampleWithoutRights: the ends of connections, which anybody is told, are not
// all changes: listings are compared, and that is said.
func TestExplainSampleWithoutRights(t *testing.T) {
	if !population.Alone(t) {
		return
	}
	got := run(t, asNobody(sockeye(t, "explain", "--sample", "0.01", "--json")))
	if got.status != 0 || !strings.Contains(got.stdout, `"event_source":"poll"`) || !strings.Contains(got.stderr, "listings are compared") {
		t.Errorf("exit status %d: %s%s", got.status, got.stderr, got.stdout)
	}
}

// comesAndGoes makes a connection that a reset ends, so that nothing of it stays.
func comesAndGoes(t *testing.T, l net.Listener) {
	t.Helper()
	p := connect(t, l)
	p.client.SetLinger(0)
	p.client.Close()
	p.server.Read(make([]byte, 1)) // until the reset is there
	p.server.Close()
}

// untilState waits until a connection is in a state of the kernel's number.
func untilState(t *testing.T, c *net.TCPConn, state uint8) {
	t.Helper()
	raw, err := c.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(time.Millisecond) {
		var info *unix.TCPInfo
		var asked error
		err := raw.Control(func(fd uintptr) { info, asked = unix.GetsockoptTCPInfo(int(fd), syscall.SOL_TCP, unix.TCP_INFO) })
		if err != nil || asked != nil {
			t.Fatal(err, asked)
		}
		if info.State == state {
			return
		}
	}
	t.Fatalf("the connection is not in state %d after a minute", state)
}
