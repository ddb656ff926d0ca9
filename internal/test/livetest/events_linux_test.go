package livetest

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"sockeye/internal/test/population"
	"sockeye/sock"
	"sockeye/sockdiag"
)

// closedEvent is a line of --events --ndjson.
type closedEvent struct {
	Event string
	Lost  *uint64
	record
	TCPInfo struct {
		Received *uint64 `json:"bytes_received"`
		Sent     *uint64 `json:"bytes_sent"`
	} `json:"tcp_info"`
}

// eventsView is the program while it tells what closes.
type eventsView struct {
	cmd    *exec.Cmd
	lines  *bufio.Scanner
	errors *bufio.Reader
}

// startEvents starts the program, which tells what closes when it returns.
func startEvents(t *testing.T, as func(*exec.Cmd) *exec.Cmd, args ...string) *eventsView {
	t.Helper()
	v := &eventsView{cmd: as(sockeye(t, append([]string{"-E", "--ndjson", "--debug", "--duration", "300"}, args...)...))}
	out, err := v.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	errs, err := v.cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	v.lines, v.errors = bufio.NewScanner(out), bufio.NewReader(errs)
	if err := v.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for {
		line, err := v.errors.ReadString('\n')
		if err != nil {
			t.Fatalf("the view did not begin: %v", err)
		}
		if strings.HasPrefix(line, "sockeye: debug: what closes") {
			return v
		}
	}
}

// next returns the next event.
func (v *eventsView) next(t *testing.T) (e closedEvent) {
	t.Helper()
	if !v.lines.Scan() {
		t.Fatalf("the view has ended: %v", v.lines.Err())
	}
	if err := json.Unmarshal(v.lines.Bytes(), &e); err != nil {
		t.Fatalf("%v in %q", err, v.lines.Text())
	}
	return e
}

// end ends the view as people do, and returns the events that were left, how many
// were lost and what was said of that.
func (v *eventsView) end(t *testing.T) (left []closedEvent, lost uint64, said string) {
	t.Helper()
	for _, signal := range []os.Signal{os.Interrupt, unix.SIGCONT} { // it may be stopped
		if err := v.cmd.Process.Signal(signal); err != nil {
			t.Fatal(err)
		}
	}
	for {
		e := v.next(t)
		if e.Event == "end" {
			lost = deref(e.Lost)
			break
		}
		left = append(left, e)
	}
	text, err := io.ReadAll(v.errors)
	if err != nil {
		t.Fatal(err)
	}
	if err := v.cmd.Wait(); err != nil {
		t.Errorf("ended by SIGINT: %v", err)
	}
	return left, lost, string(text)
}

// shortConnections makes connections to a listener one after the other, closes them
// and returns how often each client sent, and its server received, how many bytes.
func shortConnections(t *testing.T, n int) map[string]int {
	t.Helper()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	sent := map[string]int{}
	buf := make([]byte, 2000)
	for i := range n {
		client, err := net.Dial("tcp4", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		server, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		bytes := 1 + i%1000
		if _, err := client.Write(buf[:bytes]); err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadFull(server, buf[:bytes]); err != nil {
			t.Fatal(err)
		}
		sent[fmt.Sprint("from ", client.LocalAddr(), " ", bytes)]++
		sent[fmt.Sprint("from ", client.LocalAddr(), " received ", bytes)]++
		// Not by a reset: the kernel forgets the peer and the counters then, before it
		// tells the end (tcp_disconnect).
		if err := client.Close(); err != nil {
			t.Fatal(err)
		}
		if _, err := server.Read(buf); err != io.EOF {
			t.Fatalf("behind the end: %v", err)
		}
		if err := server.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return sent
}

// TestEvents: every short connection is seen to end, at both ends, with its bytes.
func TestEvents(t *testing.T) {
	if !population.Alone(t) {
		return
	}
	n := 2000
	switch {
	case testing.Short(): // on an emulated machine
		n = 300
	case population.Long():
		n = 20000
	}
	held, err := net.Dial("tcp4", listenAndHold(t))
	if err != nil {
		t.Fatal(err)
	}
	v := startEvents(t, func(cmd *exec.Cmd) *exec.Cmd { return cmd }, "-t")
	seen, statuses := map[string]int{}, map[string]int{}
	got := make(chan int)
	go func() {
		ends := 0
		for ends < 2*n && v.lines.Scan() {
			var e closedEvent
			if json.Unmarshal(v.lines.Bytes(), &e) != nil || e.RemotePort == nil || e.State != "CLOSED" {
				continue
			}
			ends++
			// Most were opened and closed between two listings.
			statuses[deref(e.OwnerStatus)]++
			if known := deref(e.OwnerStatus) == "known"; known != (len(e.Owners) > 0) {
				t.Errorf("%d owners, and owner_status is %s", len(e.Owners), deref(e.OwnerStatus))
			}
			local, _ := endOf(e.LocalAddress, e.LocalPort)
			remote, _ := endOf(e.RemoteAddress, e.RemotePort)
			if bytes := deref(e.TCPInfo.Sent); bytes > 0 {
				seen[fmt.Sprint("from ", local, " ", bytes)]++
			} else if bytes := deref(e.TCPInfo.Received); bytes > 0 {
				seen[fmt.Sprint("from ", remote, " received ", bytes-1)]++ // the FIN counts
			}
		}
		got <- ends
	}()
	sent := shortConnections(t, n)
	select {
	case ends := <-got:
		if ends != 2*n {
			t.Fatalf("%d of %d ends are told", ends, 2*n)
		}
	case <-time.After(2 * time.Minute):
		v.cmd.Process.Kill()
		t.Fatalf("%d of %d ends are told after two minutes", <-got, 2*n)
	}
	if statuses["closed"] == 0 {
		t.Errorf("owner_status of connections that nobody saw: %v", statuses)
	}
	wrong := 0
	for key, times := range sent {
		if seen[key] != times {
			if wrong++; wrong < 4 {
				t.Errorf("%s bytes: told %d times, made %d times", key, seen[key], times)
			}
		}
	}
	if len(seen) != len(sent) || wrong > 0 {
		t.Errorf("%d of %d ends are wrong, %d are told", wrong, len(sent), len(seen))
	}
	held.Close()
	for local := held.LocalAddr().String(); ; {
		e := v.next(t)
		if end, _ := endOf(e.LocalAddress, e.LocalPort); fmt.Sprint(end) != local {
			continue
		}
		if deref(e.OwnerStatus) != "known" || deref(e.PID) != os.Getpid() {
			t.Errorf("the owner of %s is %d, %s", local, deref(e.PID), deref(e.OwnerStatus))
		}
		break
	}
	if _, lost, said := v.end(t); lost != 0 || said != "" {
		t.Errorf("%d are lost, %q", lost, said)
	}
}

// listenAndHold accepts one connection and keeps it to the end of the test.
func listenAndHold(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		if c, err := l.Accept(); err == nil {
			t.Cleanup(func() { c.Close() })
		}
	}()
	return l.Addr().String()
}

// TestEventsTable: rows come as sockets are closed, in each of the other formats.
func TestEventsTable(t *testing.T) {
	if !population.Alone(t) {
		return
	}
	listenAndHold(t)
	for _, c := range []struct {
		args []string
		want string // of the last line
	}{
		{nil, `^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ  tcp    127\.9\.0\.1:\d+ +- +0 B +0 B +0 +\S+ +(-|\d+)  \S+`},
		{[]string{"-C", "closed_at,local,state", "-H"}, `^20\S+Z  127\.9\.0\.1:\d+ +CLOSED$`},
		{[]string{"--csv"}, `^tcp,ipv4,CLOSED,127\.9\.0\.1,\d+,.*"",?.*,20\d\d-\S+Z`},
		{[]string{"--tsv", "-C", "local,closed_at"}, `^127\.9\.0\.1:\d+\t20\d\d-\S+Z$`},
		{[]string{"--template", "{{.local_address}} {{.closed_at}} {{.tcp_info.state}}"}, `^127\.9\.0\.1 20\d\d-\S+Z 7$`},
	} {
		cmd := sockeye(t, append([]string{"-E", "--debug", "--limit", "1", "--duration", "20", "sport > 0 and src 127.9.0.1"}, c.args...)...)
		errs, err := cmd.StderrPipe()
		if err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		cmd.Stdout = &out
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		said := bufio.NewReader(errs)
		for line := ""; !strings.Contains(line, "what closes"); {
			if line, err = said.ReadString('\n'); err != nil {
				t.Fatalf("%v: the view did not begin: %q, %v", c.args, line, err)
			}
		}
		l, err := net.Listen("tcp4", "127.9.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		l.Close()
		if err := cmd.Wait(); err != nil {
			t.Errorf("%v: %v", c.args, err)
		}
		lines := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
		if last := lines[len(lines)-1]; !regexp.MustCompile(c.want).MatchString(last) {
			t.Errorf("%v: %q, want %s", c.args, last, c.want)
		}
	}
}

// TestEventsAtTheEnd: what the kernel told before the view was ended is told, however
// much it is, or counted as lost.
func TestEventsAtTheEnd(t *testing.T) {
	if !population.Alone(t) {
		return
	}
	n := 1000            // which are told within the time that a program has to end, however slow
	if testing.Short() { // on an emulated machine
		n = 500
	}
	beside, err := sockdiag.New().Closings(&sock.Environment{}, sock.Query{
		Protocols: sock.Protocols(sock.TCP), Families: sock.Families(sock.IPv4), States: sock.AllStates,
	})
	if err != nil {
		t.Fatal(err)
	}
	defer beside.Close()
	v := startEvents(t, func(cmd *exec.Cmd) *exec.Cmd { return cmd }, "-t", "-4", "sport > 0 and dport > 0")
	if err := v.cmd.Process.Signal(unix.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	shortConnections(t, n)
	for ends := 0; ends < 2*n; { // who listens beside it is told as well
		s, err := beside.Next(true)
		if err != nil {
			t.Fatal(err)
		}
		if lost, err := beside.Lost(); lost > 0 || err != nil {
			t.Fatalf("%d are lost beside it, %v", lost, err)
		}
		if s != nil && s.Knows(sock.FieldRemote) {
			ends++
		}
	}
	if left, lost, _ := v.end(t); len(left)+int(lost) != 2*n {
		t.Errorf("%d ends are told and %d lost, of %d", len(left), lost, 2*n)
	}
}

// TestEventsWithheld: that owners are hidden is said when there are some, and once.
func TestEventsWithheld(t *testing.T) {
	if !population.Alone(t) {
		return
	}
	// open opens a listener and returns its port.
	open := func() (*net.TCPListener, uint16) {
		l, err := net.ListenTCP("tcp4", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
		if err != nil {
			t.Fatal(err)
		}
		return l, uint16(l.Addr().(*net.TCPAddr).Port)
	}
	v := startEvents(t, asNobody, "-t")
	// end closes a listener and returns the event of its end.
	end := func(l *net.TCPListener, port uint16) (e closedEvent) {
		l.Close()
		for deref(e.LocalPort) != port {
			e = v.next(t)
		}
		return e
	}
	hidden, port := open()
	said := make(chan string)
	go func() {
		line, _ := v.errors.ReadString('\n')
		said <- line
	}()
	for heard := false; !heard; { // it is said when something is told
		end(open())
		select {
		case line := <-said:
			heard = true
			// The listing may have found one that is opened and closed here, too.
			if !regexp.MustCompile(`^sockeye: (the owner of 1 socket is|the owners of 2 sockets are) hidden from this user; run as root to see them all\n$`).MatchString(line) {
				t.Errorf("said %q", line)
			}
		default:
		}
	}
	if e := end(hidden, port); deref(e.OwnerStatus) != "permission" || e.PID != nil {
		t.Errorf("owner_status %s, PID %d", deref(e.OwnerStatus), deref(e.PID))
	}
	if _, _, more := v.end(t); more != "" {
		t.Errorf("said once more: %q", more)
	}
}

// drops returns how many messages the netlink sockets of this namespace had no room
// for.
func drops(t *testing.T) (n uint64) {
	t.Helper()
	text, err := os.ReadFile("/proc/net/netlink")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		cells := strings.Fields(line)
		if len(cells) != 10 {
			t.Fatalf("/proc/net/netlink: %q", line)
		}
		if dropped, err := strconv.ParseUint(cells[8], 10, 64); err == nil { // not the header
			n += dropped
		}
	}
	return n
}

// roomForEnds returns about how many ends a user without rights has room for: an end
// takes a KiB, and the kernel doubles what was asked for.
func roomForEnds(t *testing.T) int {
	t.Helper()
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, 1<<30); err != nil {
		t.Fatal(err)
	}
	doubled, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF)
	if err != nil {
		t.Fatal(err)
	}
	return doubled / 2 >> 10
}

// TestEventsLost: what is closed while nobody reads is counted, and the view goes
// on. A user without rights has room for net.core.rmem_max: with 208 KiB, as most
// systems have, some 200 ends, with 4 MiB some 4,000. The kernel tells some time after
// the end, by a queue for each processor.
func TestEventsLost(t *testing.T) {
	if !population.Alone(t) {
		return
	}
	n := roomForEnds(t) * 2
	listenAndHold(t) // package net makes sockets of its own at the first time
	v := startEvents(t, asNobody, "-t", "--no-processes")
	if err := v.cmd.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	shortConnections(t, n)
	limit := time.Now().Add(30 * time.Second)
	for drops(t) == 0 && time.Now().Before(limit) {
		time.Sleep(20 * time.Millisecond)
	}
	if err := v.cmd.Process.Signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	// It goes on: of listeners that are closed from now on, one is told at least.
	const markAddress = "127.8.0.1"
	var told, marked atomic.Int64
	go func() {
		for v.lines.Scan() {
			var e closedEvent
			if json.Unmarshal(v.lines.Bytes(), &e) != nil || e.Event == "end" {
				continue
			}
			told.Add(1)
			if deref(e.LocalAddress) == markAddress {
				marked.Add(1)
			}
		}
	}()
	marks := int64(0)
	for limit := time.Now().Add(30 * time.Second); marked.Load() == 0; marks++ {
		if time.Now().After(limit) {
			t.Fatalf("of %d listeners that were closed none is told", marks)
		}
		mark, err := net.Listen("tcp4", markAddress+":0")
		if err != nil {
			t.Fatal(err)
		}
		mark.Close()
		time.Sleep(20 * time.Millisecond)
	}
	total := 2*int64(n) + 1 + marks // both ends of each connection, and the listeners
	for limit := time.Now().Add(30 * time.Second); told.Load()+int64(drops(t)) < total && time.Now().Before(limit); {
		time.Sleep(20 * time.Millisecond)
	}
	lost := drops(t)
	if told.Load()+int64(lost) != total || lost == 0 {
		t.Errorf("%d told and %d lost of %d", told.Load(), lost, total)
	}
	if err := v.cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	said, err := io.ReadAll(v.errors)
	if err := errors.Join(err, v.cmd.Wait()); err != nil {
		t.Errorf("ended by SIGINT: %v", err)
	}
	if want := fmt.Sprintf("sockeye: %d closed sockets are not told: they were closed faster than they could be read\n", lost); string(said) != want {
		t.Errorf("said: %q, want %d", said, lost)
	}
}
