package livetest

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"golang.org/x/sys/unix"

	"sockeye/internal/test/population"
)

// traced is a line of trace --ndjson.
type traced struct {
	Event         string
	Source        string `json:"event_source"`
	OldState      string `json:"old_state"`
	NewState      string `json:"new_state"`
	Origin        string `json:"owner_origin"`
	Failure       string
	Direction     string
	Retransmitted string
	Reason        string
	Duration      *float64 `json:"duration_ms"`
	Lifetime      *float64 `json:"lifetime_ms"`
	Sent          *int     `json:"sent_bytes"`
	Received      *int     `json:"received_bytes"`
	Lost          *uint64
	Netns         struct {
		Inode uint64
		Name  string
	}
	closedEvent
}

// change is such as SYN_SENT-ESTABLISHED.
func (e *traced) change() string { return e.OldState + "-" + e.NewState }

// tracer is the program while it traces.
type tracer struct {
	cmd    *exec.Cmd
	lines  *bufio.Scanner
	errors *bufio.Reader
	began  string             // what was said before
	schema *jsonschema.Schema // of the lines; nil: they are not held against it
}

// tracing starts the program, which traces when it returns. It is killed when it does
// not tell what a test waits for.
func tracing(t *testing.T, as func(*exec.Cmd) *exec.Cmd, args ...string) *tracer {
	t.Helper()
	return startTracing(t, as(sockeye(t, append([]string{"trace", "--ndjson", "--debug"}, args...)...)), (*exec.Cmd).Start)
}

func startTracing(t *testing.T, cmd *exec.Cmd, start func(*exec.Cmd) error) *tracer {
	t.Helper()
	v := &tracer{cmd: cmd}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	errs, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	v.lines = bufio.NewScanner(out)
	v.lines.Buffer(nil, 1<<20)
	if err := start(cmd); err != nil {
		t.Fatal(err)
	}
	v.readBegin(t, errs)
	return v
}

// readBegin reads what is said up to the beginning of the trace.
func (v *tracer) readBegin(t *testing.T, errs io.Reader) {
	t.Helper()
	v.errors = bufio.NewReader(errs)
	for {
		line, err := v.errors.ReadString('\n')
		if err != nil {
			t.Fatalf("%v: the trace did not begin: %q, %v", v.cmd.Args, v.began, err)
		}
		if v.began += line; strings.HasPrefix(line, "sockeye: debug: what happens") {
			return
		}
	}
}

// next returns the next event.
func (v *tracer) next(t *testing.T) (e traced) {
	t.Helper()
	limit := time.AfterFunc(time.Minute, func() { v.cmd.Process.Kill() })
	defer limit.Stop()
	if !v.lines.Scan() {
		t.Fatalf("%v: nothing more is told: %v", v.cmd.Args, v.lines.Err())
	}
	if err := json.Unmarshal(v.lines.Bytes(), &e); err != nil {
		t.Fatalf("%v in %q", err, v.lines.Text())
	}
	if v.schema != nil {
		validate(t, v.schema, v.cmd.Args, v.lines.Text())
	}
	return e
}

// until returns the first event that is meant.
func (v *tracer) until(t *testing.T, meant func(traced) bool) traced {
	t.Helper()
	for {
		e := v.next(t)
		if e.Event == "end" {
			t.Fatalf("%v: it has ended", v.cmd.Args)
		}
		if meant(e) {
			return e
		}
	}
}

// end ends the trace as people do, and returns the last line and what was said.
func (v *tracer) end(t *testing.T) (last traced, said string) {
	t.Helper()
	for range 2 { // as timeout(1) does
		if err := v.cmd.Process.Signal(os.Interrupt); err != nil && !errors.Is(err, os.ErrProcessDone) {
			t.Fatal(err)
		}
		time.Sleep(time.Millisecond) // or the kernel makes one of both
	}
	for last.Event != "end" {
		last = v.next(t)
	}
	text, err := io.ReadAll(v.errors)
	if err != nil {
		t.Fatal(err)
	}
	if err := v.cmd.Wait(); err != nil {
		t.Errorf("ended by SIGINT: %v", err)
	}
	return last, string(text)
}

func asMyself(cmd *exec.Cmd) *exec.Cmd { return cmd }

// tracesByBPF reports whether the kernel runs programs for a trace: from Linux 5.12 on,
// with type information. Where it says that it is older, that is all there is to see.
func tracesByBPF(t *testing.T) bool {
	t.Helper()
	got := run(t, sockeye(t, "trace", "--event-source", "bpf", "--duration", "0.01"))
	if got.status != 3 {
		return true
	}
	if !strings.Contains(got.stderr, tooOldToTrace) {
		population.Skip(t, got.stderr)
	}
	t.Log(got.stderr)
	return false
}

// tooOldToTrace is the reason of a kernel that runs no programs for a trace.
const tooOldToTrace = "the kernel is too old (Linux 5.12 is needed)"

// pair is a connection that has both ends here.
type pair struct{ client, server *net.TCPConn }

func connect(t *testing.T, l net.Listener) pair {
	t.Helper()
	return connectBy(t, &net.Dialer{}, l)
}

func connectBy(t *testing.T, dialer *net.Dialer, l net.Listener) pair {
	t.Helper()
	client, err := dialer.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	server, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	return pair{client.(*net.TCPConn), server.(*net.TCPConn)}
}

func tcpPort(a net.Addr) uint16 { return uint16(a.(*net.TCPAddr).Port) }

// listenTCP listens with a socket of TCP alone: package net makes one of MPTCP, whose
// TCP is a part that no process holds.
func listenTCP(t *testing.T, address string) net.Listener {
	t.Helper()
	var plain net.ListenConfig
	plain.SetMultipathTCP(false)
	l, err := plain.Listen(t.Context(), "tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

// views is what the views of a trace are asked for.
type views struct {
	*testing.T
	l    net.Listener
	port uint16 // of l
}

// TestTrace: each view tells what the test does, with this process as the owner.
func TestTrace(t *testing.T) {
	if !population.Alone(t) {
		return
	}
	if !tracesByBPF(t) {
		return
	}
	schema := compileSchema(t, "#/$defs/event")
	l := listenTCP(t, "127.0.0.1:0")
	see := views{T: t, l: l, port: tcpPort(l.Addr())}
	for _, c := range []struct {
		args []string
		look func(v *tracer)
		said string // at the end
	}{
		{nil, see.changes, "10 changes, 2 connections, 0 lost"},
		{[]string{"--connects"}, see.connects, "2 connects, 0 lost"},
		{[]string{"--accepts"}, see.accepts, "1 accept, 0 lost"},
		{[]string{"--listens"}, see.listens, "2 listens, 0 lost"},
		{[]string{"--resets"}, see.resets, ""},
		{[]string{"--drops", "dport 1 or sport 1"}, see.drops, ""},
		{[]string{"--retransmits"}, see.retransmits, ""},
	} {
		v := tracing(t, asMyself, append([]string{"-e", "-i", "--cgroup"}, c.args...)...)
		v.schema = schema
		c.look(v)
		last, said := v.end(t)
		if deref(last.Lost) != 0 || last.Source != "bpf" || c.said != "" && said != "sockeye: "+c.said+"\n" {
			t.Errorf("%v: %d lost, and it says %q", c.args, deref(last.Lost), said)
		}
	}
}

// mine checks that the owner is this process.
func (t views) mine(e traced) {
	t.Helper()
	if e.Source != "bpf" || deref(e.PID) != os.Getpid() || deref(e.OwnerStatus) != "known" {
		t.Errorf("%s %s by %s: the owner is %d, %s", e.Event, e.change(), e.Source, deref(e.PID), deref(e.OwnerStatus))
	}
}

func (t views) changes(v *tracer) {
	p := connect(t.T, t.l)
	local := tcpPort(p.client.LocalAddr())
	p.client.Close()
	if _, err := p.server.Read(make([]byte, 1)); err != io.EOF {
		t.Fatal(err)
	}
	p.server.Close()
	chains := map[bool]string{}
	for !strings.HasSuffix(chains[true], " CLOSED") || !strings.HasSuffix(chains[false], " CLOSED") {
		e := v.next(t.T)
		client := deref(e.RemotePort) == t.port
		if !client && deref(e.RemotePort) != local {
			continue
		}
		t.mine(e)
		if chains[client] == "" {
			chains[client] = e.OldState
		}
		if !strings.HasSuffix(chains[client], e.OldState) {
			t.Errorf("%s follows %s", e.change(), chains[client])
		}
		chains[client] += " " + e.NewState
	}
	if got := chains[true]; got != "CLOSED SYN_SENT ESTABLISHED FIN_WAIT_1 FIN_WAIT_2 CLOSED" {
		t.Errorf("the client: %s", got)
	}
	if got := chains[false]; got != "LISTEN SYN_RECEIVED ESTABLISHED CLOSE_WAIT LAST_ACK CLOSED" {
		t.Errorf("the server: %s", got)
	}
}

func (t views) connects(v *tracer) {
	began := time.Now()
	p := connect(t.T, t.l)
	took := time.Since(began)
	defer p.server.Close()
	defer p.client.Close()
	e := v.until(t.T, func(e traced) bool { return deref(e.LocalPort) == tcpPort(p.client.LocalAddr()) })
	if t.mine(e); e.change() != "SYN_SENT-ESTABLISHED" || e.Failure != "" || deref(e.Duration) <= 0 || deref(e.Duration) > float64(took.Microseconds())/1000+1 || e.Origin != "connect" {
		t.Errorf("%s, failure %q, %v ms of %v, %s", e.change(), e.Failure, deref(e.Duration), took, e.Origin)
	}
	other := listenTCP(t.T, "127.0.0.1:0")
	other.Close() // and nobody listens there
	if _, err := net.Dial("tcp", other.Addr().String()); err == nil {
		t.Fatal("somebody listens")
	}
	e = v.until(t.T, func(e traced) bool { return deref(e.RemotePort) == tcpPort(other.Addr()) })
	if t.mine(e); e.change() != "SYN_SENT-CLOSED" || e.Failure != "refused" {
		t.Errorf("%s, failure %q", e.change(), e.Failure)
	}
}

func (t views) accepts(v *tracer) {
	p := connect(t.T, t.l)
	defer p.server.Close()
	defer p.client.Close()
	e := v.next(t.T)
	if t.mine(e); deref(e.LocalPort) != t.port || deref(e.RemotePort) != tcpPort(p.client.LocalAddr()) || e.change() != "SYN_RECEIVED-ESTABLISHED" || e.Origin != "inherited" && e.Origin != "seeded" {
		t.Errorf("%d, %s, %s", deref(e.LocalPort), e.change(), e.Origin)
	}
}

func (t views) listens(v *tracer) {
	p := connect(t.T, t.l) // which is no listener
	p.client.Close()
	p.server.Close()
	other := listenTCP(t.T, "127.0.0.1:0")
	other.Close()
	for _, want := range []string{"CLOSED-LISTEN", "LISTEN-CLOSED"} {
		e := v.next(t.T)
		if t.mine(e); e.change() != want || deref(e.LocalPort) != tcpPort(other.Addr()) {
			t.Errorf("%s of %d", e.change(), deref(e.LocalPort))
		}
	}
}

func (t views) resets(v *tracer) {
	p := connect(t.T, t.l)
	p.client.SetLinger(0)
	p.client.Close()
	defer p.server.Close()
	e := v.until(t.T, func(e traced) bool { return e.Direction == "received" })
	if t.mine(e); e.Event != "reset" || deref(e.LocalPort) != t.port || deref(e.RemotePort) != tcpPort(p.client.LocalAddr()) {
		t.Errorf("%s at %d", e.Event, deref(e.LocalPort))
	}
}

func (t views) drops(v *tracer) {
	if _, err := net.Dial("tcp", "127.0.0.1:1"); err == nil {
		t.Fatal("somebody listens")
	}
	e := v.next(t.T)
	if e.Event != "drop" || e.Reason != "" && e.Reason != "NO_SOCKET" {
		t.Errorf("%s for %q", e.Event, e.Reason)
	}
}

func (t views) retransmits(v *tracer) {
	end := unanswered(t.T)
	e := v.until(t.T, func(e traced) bool { return int(deref(e.RemotePort)) == end.Port })
	if t.mine(e); e.Event != "retransmit" || e.State != "SYN_SENT" || e.Retransmitted != "segment" {
		t.Errorf("%s of %s in %s", e.Event, e.Retransmitted, e.State)
	}
}

// TestTraceTimedOut: a handshake that nobody answers is told when it is given up.
func TestTraceTimedOut(t *testing.T) {
	if !population.Alone(t) || !tracesByBPF(t) {
		return
	}
	end := unanswered(t)
	v := tracing(t, asMyself, "--connects", "failure = timed_out")
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	if err := unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_SYNCNT, 1); err != nil {
		t.Fatal(err)
	}
	// A signal of Go's scheduler interrupts the call, which is then taken up again.
	for err = unix.EINTR; err == unix.EINTR || err == unix.EALREADY; {
		err = unix.Connect(fd, end)
	}
	if err != unix.ETIMEDOUT {
		t.Fatal(err)
	}
	e := v.next(t)
	if deref(e.PID) != os.Getpid() || int(deref(e.RemotePort)) != end.Port || e.change() != "SYN_SENT-CLOSED" || e.Failure != "timed_out" || deref(e.Duration) < 1000 {
		t.Errorf("%+v", e)
	}
	if _, said := v.end(t); said != "sockeye: 1 connect, 0 lost\n" {
		t.Errorf("it says %q", said)
	}
}

// TestTraceMPTCP: a process that listened by MPTCP before the trace is the owner of what
// it gets, and of the end of its listener.
func TestTraceMPTCP(t *testing.T) {
	if !population.Alone(t) {
		return
	}
	if !tracesByBPF(t) {
		return
	}
	var multipath net.ListenConfig
	multipath.SetMultipathTCP(true)
	l, err := multipath.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	v := tracing(t, asMyself, fmt.Sprintf("sport = %d", tcpPort(l.Addr())))
	p := connect(t, l)
	p.server.Close()
	p.client.Close()
	l.Close()
	for e := (traced{}); e.change() != "LISTEN-CLOSED"; {
		if e = v.next(t); deref(e.PID) != os.Getpid() || e.Origin == "" {
			t.Errorf("%s: the owner is %d, %s", e.change(), deref(e.PID), e.Origin)
		}
	}
	v.end(t)
}

// unanswered sends a SYN that is not answered, since the queue of the listener is full,
// and returns where. The sockets stay open to the end of the test.
func unanswered(t *testing.T) *unix.SockaddrInet4 {
	t.Helper()
	open := func() int {
		fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { unix.Close(fd) })
		return fd
	}
	l := open()
	address := &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}
	if err := unix.Bind(l, address); err != nil {
		t.Fatal(err)
	}
	if err := unix.Listen(l, 0); err != nil {
		t.Fatal(err)
	}
	bound, err := unix.Getsockname(l)
	if err != nil {
		t.Fatal(err)
	}
	address = bound.(*unix.SockaddrInet4)
	for range 3 { // one has room, and one is counted before the queue is full
		if err := unix.Connect(open(), address); err != nil && err != unix.EINPROGRESS {
			t.Fatal(err)
		}
	}
	return address
}

// lifetime is what the test knows of one end of a connection.
type lifetime struct {
	sent, received  int
	shortest, whole time.Duration
}

// liveAndDie makes connections one after the other and returns what is known of each
// end, by its own address and that of the other.
func liveAndDie(t *testing.T, n int) map[string]lifetime {
	t.Helper()
	l := listenTCP(t, "127.0.0.1:0")
	ends := map[string]lifetime{}
	buf := make([]byte, 300_000)
	for i := range n {
		there, back := (i*7919)%len(buf), (i*104729)%5000
		began := time.Now()
		// Each has an address of its own: a port is given again a second after its end.
		own := &net.TCPAddr{IP: net.IPv4(127, 1, byte(i>>8), byte(i))}
		p := connectBy(t, &net.Dialer{LocalAddr: own}, l)
		open := time.Now()
		var sending sync.WaitGroup
		sending.Go(func() {
			if _, err := p.client.Write(buf[:there]); err != nil {
				t.Error(err)
			}
		})
		if _, err := io.ReadFull(p.server, make([]byte, there)); err != nil {
			t.Fatal(err)
		}
		sending.Wait()
		if _, err := p.server.Write(buf[:back]); err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadFull(p.client, make([]byte, back)); err != nil {
			t.Fatal(err)
		}
		shortest := time.Since(open)
		p.client.Close()
		if _, err := p.server.Read(buf[:1]); err != io.EOF {
			t.Fatalf("behind the end: %v", err)
		}
		p.server.Close()
		whole := time.Since(began)
		local, remote := p.client.LocalAddr().String(), l.Addr().String()
		ends[local+" "+remote] = lifetime{there, back, shortest, whole}
		ends[remote+" "+local] = lifetime{back, there, shortest, whole}
	}
	return ends
}

// TestTraceLifetimes: bytes and times are those that the test's own ends have counted.
func TestTraceLifetimes(t *testing.T) {
	if !population.Alone(t) {
		return
	}
	if !tracesByBPF(t) {
		return
	}
	n := 200
	if population.Long() {
		n = 5000
	}
	v := tracing(t, asMyself, "--lifetimes")
	want := liveAndDie(t, n)
	for range len(want) {
		e := v.next(t)
		local, _ := endOf(e.LocalAddress, e.LocalPort)
		remote, _ := endOf(e.RemoteAddress, e.RemotePort)
		key := fmt.Sprint(local, " ", remote)
		w, made := want[key]
		if !made {
			t.Fatalf("%s was not made, or is told twice", key)
		}
		delete(want, key)
		if e.Sent == nil || e.Received == nil || *e.Sent != w.sent || *e.Received != w.received {
			t.Errorf("%s: %d bytes sent and %d received, want %d and %d", key, deref(e.Sent), deref(e.Received), w.sent, w.received)
		}
		// The kernel may end it after close has returned.
		lasted := time.Duration(deref(e.Lifetime) * float64(time.Millisecond))
		if lasted < w.shortest-time.Millisecond || lasted > w.whole+10*time.Second {
			t.Errorf("%s: lasted %v, at least %v and at most %v", key, lasted, w.shortest, w.whole)
		}
		if deref(e.PID) != os.Getpid() || e.Origin == "inherited" {
			t.Errorf("%s: the owner is %d, %s", key, deref(e.PID), e.Origin)
		}
	}
	if last, said := v.end(t); deref(last.Lost) != 0 || said != fmt.Sprintf("sockeye: %d connections, 0 lost\n", 2*n) {
		t.Errorf("%d lost, and it says %q", deref(last.Lost), said)
	}
}

// TestTraceSlowReader: what comes while nobody reads is told later, or counted.
func TestTraceSlowReader(t *testing.T) {
	if !population.Alone(t) {
		return
	}
	if !tracesByBPF(t) {
		return
	}
	l := listenTCP(t, "127.0.0.1:0")
	v := tracing(t, asMyself, fmt.Sprintf("port = %d", tcpPort(l.Addr())))
	const each = 10 // changes of the two ends of a connection
	made := 0
	die := func() {
		p := connect(t, l)
		p.client.Close()
		if _, err := p.server.Read(make([]byte, 1)); err != io.EOF {
			t.Fatal(err)
		}
		p.server.Close()
		made += each
	}
	n := 1000
	if population.Long() {
		n = 30_000 // more changes than there is room for
	}
	for range n {
		die()
	}
	var told atomic.Int64
	end := make(chan traced)
	go func() {
		for v.lines.Scan() {
			var e traced
			if err := json.Unmarshal(v.lines.Bytes(), &e); err != nil {
				break
			}
			if e.Event == "end" {
				end <- e
				break
			}
			told.Add(1)
		}
		close(end)
	}()
	limit := time.Now().Add(time.Minute)
	for seen := int64(-1); seen != told.Load() || seen == 0; time.Sleep(200 * time.Millisecond) {
		if seen = told.Load(); time.Now().After(limit) {
			t.Fatalf("%d events, and no end of it", seen)
		}
	}
	before := told.Load()
	for die(); told.Load() < before+each; time.Sleep(10 * time.Millisecond) { // it goes on
		if time.Now().After(limit) {
			t.Fatal("what happens later is not told")
		}
	}
	if err := v.cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	e, ended := <-end
	if err := v.cmd.Wait(); err != nil || !ended {
		t.Fatalf("ended: %t, %v", ended, err)
	}
	if lost := deref(e.Lost); population.Long() != (lost > 0) || told.Load()+int64(lost) != int64(made) {
		t.Errorf("%d told and %d lost of %d", told.Load(), lost, made)
	}
}
