package livetest

import (
	"bytes"
	"net"
	"os"
	"regexp"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"sockeye/internal/cli"
	"sockeye/internal/test/population"
)

// TestExplainSample: explain sees the changes of state between its looks. The clock is
// the test's, which changes the states at a beat of its own choice.
func TestExplainSample(t *testing.T) {
	if !population.Alone(t) {
		return
	}
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	client, err := net.Dial("tcp4", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	server, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	var out bytes.Buffer
	clock, beats := time.Unix(0, 0), 0
	status := cli.Main(t.Context(), []string{"explain", "--sample", "0.2"}, cli.IO{
		Out: &out, Err: os.Stderr, Getenv: func(string) string { return "" },
		Now: func() time.Time { return clock },
		After: func(d time.Duration) <-chan time.Time {
			if beats++; beats == 2 {
				if err := client.(*net.TCPConn).CloseWrite(); err != nil {
					t.Error(err)
				}
				untilState(t, client.(*net.TCPConn), unix.BPF_TCP_FIN_WAIT2)
			}
			clock = clock.Add(d)
			due := make(chan time.Time, 1)
			due <- clock
			return due
		},
	})
	if status != 0 || beats != 4 {
		t.Errorf("exit status %d, %d beats", status, beats)
	}
	for _, want := range []string{
		`(?m)^Changes seen in 200ms, looked for every 50ms:$`, `(?m)^ +1  ESTABLISHED  -> FIN_WAIT_2$`, `(?m)^ +1  ESTABLISHED  -> CLOSE_WAIT$`,
		`(?s)\|  FIN_WAIT_2  \|.*\n[^\n]*\+----- 1 ------\+`, `(?s)\|    LISTEN    \|[^\n]*\n +\+----- 1 ------\+`,
	} {
		if !regexp.MustCompile(want).Match(out.Bytes()) {
			t.Errorf("no %s in\n%s", want, out.String())
		}
	}
	if n := bytes.Count(out.Bytes(), []byte("->")) - bytes.Count(out.Bytes(), []byte("-->")); n != 2 {
		t.Errorf("%d changes\n%s", n, out.String())
	}
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
