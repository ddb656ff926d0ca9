package livetest

import (
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"sockeye/internal/test/fault"
	"sockeye/internal/test/population"
)

// TestTraceFallsBack: without the rights, without type information and with a policy
// against bpf(2) the next way tells what it can, which is said once; a view that it
// cannot tell is an error.
func TestTraceFallsBack(t *testing.T) {
	if !population.Alone(t) {
		return
	}
	noBPF := fault.Fault{Call: "bpf", Errno: syscall.EPERM}
	noDiag := fault.Fault{Call: "socket", When: fault.Both(fault.Arg(0, unix.AF_NETLINK), fault.Arg(2, unix.NETLINK_SOCK_DIAG)), Errno: syscall.EPERM}
	policy := "denied by kernel policy (lockdown, LSM or seccomp)"
	if got := run(t, sockeye(t, "trace", "--event-source", "bpf", "--duration", "0.01")); strings.Contains(got.stderr, tooOldToTrace) {
		policy = tooOldToTrace // which is the reason with a policy or without
	}
	failing := func(faults ...fault.Fault) func(*exec.Cmd) error {
		return func(cmd *exec.Cmd) error {
			_, err := fault.Start(cmd, faults...)
			return err
		}
	}
	for name, c := range map[string]struct {
		as     func(*exec.Cmd) *exec.Cmd
		start  func(*exec.Cmd) error
		args   []string
		source string
		said   string // before the first event; empty: nothing
	}{
		"no rights":             {asNobody, (*exec.Cmd).Start, nil, "destroy", "needs CAP_BPF and CAP_PERFMON, or CAP_SYS_ADMIN"},
		"no rights, lifetimes":  {asNobody, (*exec.Cmd).Start, []string{"--lifetimes"}, "destroy", "needs CAP_BPF"},
		"a policy":              {asMyself, failing(noBPF), nil, "destroy", policy},
		"a policy against both": {asMyself, failing(noBPF, noDiag), nil, "poll", policy},
		"forced ends":           {asMyself, (*exec.Cmd).Start, []string{"--event-source", "destroy"}, "destroy", ""},
		"forced listings":       {asMyself, (*exec.Cmd).Start, []string{"--event-source", "poll"}, "poll", ""},
	} {
		if name == "a policy against both" && runtime.GOARCH == "s390x" {
			continue // Go calls socketcall(2) there, which is not among the calls that can fail
		}
		t.Run(name, func(t *testing.T) {
			fallenBack(t, startTracing(t, c.as(sockeye(t, append([]string{"trace", "--ndjson", "--debug"}, c.args...)...)), c.start), c.source, c.said)
		})
	}
	if _, err := os.Stat("/sys/kernel/btf/vmlinux"); err == nil {
		if err := unix.Mount("none", "/sys/kernel/btf", "tmpfs", 0, ""); err != nil {
			t.Fatal(err)
		}
	}
	fallenBack(t, tracing(t, asMyself), "destroy", "the kernel has no BTF, or /sys is not mounted")
	// Nothing else tells these, and a listing tells of listeners.
	for _, view := range []string{"--connects", "--accepts", "--retransmits", "--resets", "--drops"} {
		got := run(t, sockeye(t, "trace", view))
		want := "sockeye: " + view[2:] + " cannot be traced here: the kernel has no BTF, or /sys is not mounted\n"
		if got.status != 3 || got.stdout != "" || got.stderr != want {
			t.Errorf("%s: exit status %d, %q, want %q", view, got.status, got.stderr, want)
		}
	}
	v := tracing(t, asMyself, "--listens")
	l := listenTCP(t, "127.0.0.1:0")
	if e := v.next(t); e.Event != "opened" || e.Source != "poll" || e.NewState != "LISTEN" || deref(e.LocalPort) != tcpPort(l.Addr()) || deref(e.PID) != os.Getpid() {
		t.Errorf("%+v", e)
	}
	l.Close()
	if e := v.next(t); e.Event != "closed" || e.change() != "LISTEN-CLOSED" || deref(e.PID) != os.Getpid() {
		t.Errorf("%+v", e)
	}
	v.end(t)
}

// fallenBack checks that a source tells the end of a connection, and what was said.
func fallenBack(t *testing.T, v *tracer, source, said string) {
	t.Helper()
	const by = "changes of state cannot be traced ("
	if told := strings.Count(v.began, by); told != min(len(said), 1) || said != "" && !strings.Contains(v.began, by+said) {
		t.Errorf("it says %q, want %q", v.began, said)
	}
	l := listenTCP(t, "127.0.0.1:0")
	defer l.Close()
	p := connect(t, l)
	port := tcpPort(p.client.LocalAddr())
	if source == "poll" { // it must be seen before it ends
		e := v.until(t, func(e traced) bool { return deref(e.LocalPort) == port })
		if e.Event != "opened" || e.NewState != "ESTABLISHED" || e.Source != source {
			t.Errorf("%s %s by %s", e.Event, e.NewState, e.Source)
		}
	}
	if _, err := p.client.Write(make([]byte, 1000)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(p.server, make([]byte, 1000)); err != nil {
		t.Fatal(err)
	}
	p.server.Close() // which goes to TIME_WAIT, where a listing has it still
	if _, err := p.client.Read(make([]byte, 1)); err != io.EOF {
		t.Fatal(err)
	}
	p.client.Close()
	e := v.until(t, func(e traced) bool { return deref(e.LocalPort) == port && e.NewState == "CLOSED" })
	if e.Event != "closed" || e.Source != source || source == "destroy" && deref(e.TCPInfo.Sent) != 0 && deref(e.TCPInfo.Sent) != 1000 {
		t.Errorf("%s by %s, %d bytes", e.Event, e.Source, deref(e.TCPInfo.Sent))
	}
	if last, _ := v.end(t); last.Source != source || deref(last.Lost) != 0 {
		t.Errorf("the end is by %s, %d lost", last.Source, deref(last.Lost))
	}
}

// TestTraceNamespaces: those that are asked for, and no others.
func TestTraceNamespaces(t *testing.T) {
	if !population.Alone(t, "ip") {
		return
	}
	if !tracesByBPF(t) {
		return
	}
	if err := unix.Mount("tmpfs", "/run", "tmpfs", 0, ""); err != nil { // for the names of ip netns
		t.Fatal(err)
	}
	must(t, "ip", "netns", "add", "blue")
	own, named, all := tracing(t, asMyself, "--listens"), tracing(t, asMyself, "--listens", "-N", "blue"), tracing(t, asMyself, "--listens", "--all-netns", fmt.Sprintf("pid = %d", os.Getpid()))
	var inOther net.Listener
	inNamed(t, "blue", func() { inOther = listenTCP(t, "127.0.0.1:0") })
	here := listenTCP(t, "127.0.0.1:0")
	check := func(name string, v *tracer, want ...net.Listener) string {
		t.Helper()
		spaces := map[string]bool{}
		for _, l := range want {
			e := v.next(t)
			if deref(e.LocalPort) != tcpPort(l.Addr()) || deref(e.PID) != os.Getpid() {
				t.Errorf("%s: %d of %d, want %v", name, deref(e.LocalPort), deref(e.PID), l.Addr())
			}
			spaces[fmt.Sprint(e.Netns)] = true
		}
		if len(spaces) != len(want) {
			t.Errorf("%s: namespaces %v", name, spaces)
		}
		v.end(t)
		return fmt.Sprint(spaces)
	}
	check("own", own, here)
	check("named", named, inOther)
	if !strings.Contains(check("all", all, inOther, here), "blue") {
		t.Error("the namespace has no name")
	}
}

// TestTraceFlushes: a row is written when it has happened, whatever the format.
func TestTraceFlushes(t *testing.T) {
	if !population.Alone(t) {
		return
	}
	if !tracesByBPF(t) {
		return
	}
	for _, args := range [][]string{nil, {"--csv"}, {"--template", "{{.new_state}} {{.local_port}}"}, {"-H", "-C", "time,new_state,local"}} {
		cmd := sockeye(t, append([]string{"trace", "--listens", "--debug"}, args...)...)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		v := &tracer{cmd: cmd}
		errs, err := cmd.StderrPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		limit := time.AfterFunc(time.Minute, func() { cmd.Process.Kill() })
		v.readBegin(t, errs)
		l := listenTCP(t, "127.0.0.1:0")
		text := make([]byte, 0, 4096)
		for !strings.Contains(string(text), "LISTEN") || text[len(text)-1] != '\n' {
			n, err := out.Read(text[len(text):cap(text)])
			if text = text[:len(text)+n]; err != nil {
				t.Fatalf("%v: %q, %v", args, text, err)
			}
		}
		if port := l.Addr().String()[len("127.0.0.1:"):]; !strings.Contains(string(text), port) {
			t.Errorf("%v: %q does not tell %s", args, text, port)
		}
		limit.Stop()
		cmd.Process.Signal(os.Interrupt)
		if err := cmd.Wait(); err != nil {
			t.Errorf("%v: %v", args, err)
		}
		l.Close()
	}
}
