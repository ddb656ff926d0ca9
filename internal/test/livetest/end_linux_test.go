package livetest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"sockeye/internal/cli"
	"sockeye/internal/test/population"
)

// listenerOn starts a process that listens on a port, and waits until it does.
func listenerOn(t *testing.T, port string) *exec.Cmd {
	t.Helper()
	return startListener(t, exec.Command("busybox", "nc", "-ll", "-p", port, "-e", "cat"), port)
}

func startListener(t *testing.T, cmd *exec.Cmd, port string) *exec.Cmd {
	t.Helper()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if got := run(t, sockeye(t, "wait", "-tl", "sport", port, "--timeout", "30")); got.status != 0 {
		t.Fatalf("nothing listens on %s: %s", port, got.stderr)
	}
	return cmd
}

func reap(cmd *exec.Cmd) {
	cmd.Process.Kill()
	cmd.Wait()
}

func alive(cmd *exec.Cmd) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", cmd.Process.Pid))
	return err == nil && !strings.Contains(string(stat), ") Z ")
}

const lastPID = "/proc/sys/kernel/ns_last_pid"

// fewPIDs leaves the PID namespace 48 of them, which come round at once. Before Linux
// 6.14 the limit is that of the whole machine: it stays, and false is returned.
func fewPIDs(t *testing.T) bool {
	t.Helper()
	if !population.LinuxSince(t, 6, 14) {
		return false
	}
	// The kernel does not give the first 300 a second time.
	for _, set := range [][2]string{{"/proc/sys/kernel/pid_max", "348"}, {lastPID, "300"}} {
		if err := os.WriteFile(set[0], []byte(set[1]), 0); err != nil {
			t.Fatal(err)
		}
	}
	return true
}

// startAt starts a program again and again until it is the process of a PID that has
// become free. If they are not few the kernel is told which one is next.
func startAt(t *testing.T, pid int, few bool, args ...string) *exec.Cmd {
	t.Helper()
	for range 1000 {
		if !few {
			if err := os.WriteFile(lastPID, []byte(strconv.Itoa(pid-1)), 0); err != nil {
				t.Fatal(err)
			}
		}
		cmd := exec.Command(args[0], args[1:]...)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		if cmd.Process.Pid == pid {
			return cmd
		}
		reap(cmd)
	}
	t.Fatalf("no process got the PID %d", pid)
	return nil
}

// answering is the standard input of somebody who does something before the answer.
type answering struct{ before func() }

func (a answering) Read(b []byte) (int, error) {
	a.before()
	return copy(b, "y\n"), nil
}

// killHere runs kill in this process, at a terminal at which that is answered.
func killHere(t *testing.T, before func(), args ...string) (status int, out, errs string) {
	t.Helper()
	var stdout, stderr strings.Builder
	status = cli.Main(t.Context(), append([]string{"kill"}, args...), cli.IO{
		In: answering{before}, Asks: true, Out: &stdout, Err: &stderr, Getenv: os.Getenv, Now: time.Now, After: time.After,
	})
	return status, stdout.String(), stderr.String()
}

// TestKillReusedPID: while somebody is asked the process ends, and another one gets its
// PID, which may listen on the same port. It is never hit.
func TestKillReusedPID(t *testing.T) {
	t.Setenv("GOMAXPROCS", "2") // the threads of every Go program here have PIDs too
	if !population.Alone(t, "busybox") {
		return
	}
	runs := 20
	switch {
	case population.Long():
		runs = 500
	case testing.Short():
		runs = 5
	}
	few := fewPIDs(t)
	for i := range runs {
		victim := listenerOn(t, "8080")
		pid := victim.Process.Pid
		var other *exec.Cmd
		status, out, errs := killHere(t, func() {
			reap(victim)
			other = startAt(t, pid, few, "busybox", "sleep", "600")
			if i%2 == 1 {
				reap(other)
				other = startAt(t, pid, few, "busybox", "nc", "-ll", "-p", "8080", "-e", "cat")
			}
		}, "8080")
		if !alive(other) {
			t.Fatalf("run %d: another process with PID %d was hit: %s%s", i, pid, out, errs)
		}
		if !strings.HasPrefix(out, "gone  busybox["+strconv.Itoa(pid)) || i%2 == 0 && status != 0 {
			t.Errorf("run %d: status %d: %s%s", i, status, out, errs)
		}
		reap(other)
	}
}

// TestKill: what listens ends, its clients do not, and who takes the port is named.
func TestKill(t *testing.T) {
	if !population.Alone(t, "busybox") {
		return
	}
	server := listenerOn(t, "8080")
	client := clientOf(t, "8080")
	// Without anybody to ask, and only said.
	if got := run(t, sockeye(t, "kill", "8080")); got.status != 2 || !alive(server) {
		t.Errorf("status %d: %s", got.status, got.stderr)
	}
	if got := run(t, sockeye(t, "kill", "8080", "--dry-run")); got.status != 0 || !alive(server) || !strings.HasPrefix(got.stdout, "would end  busybox[") {
		t.Errorf("status %d: %s%s", got.status, got.stdout, got.stderr)
	}
	got := run(t, sockeye(t, "kill", "8080", "--yes", "--json"))
	var answer struct {
		Processes []struct {
			PID    int
			Result string
		}
	}
	if err := json.Unmarshal([]byte(got.stdout), &answer); err != nil || got.status != 0 {
		t.Fatalf("%v, status %d: %s%s", err, got.status, got.stdout, got.stderr)
	}
	if p := answer.Processes; len(p) != 1 || p[0].PID != server.Process.Pid || p[0].Result != "ended" {
		t.Errorf("%+v", p)
	}
	if server.Wait(); !alive(client) {
		t.Error("a client was ended too")
	}
	if got := run(t, sockeye(t, "kill", "8080", "--yes")); got.status != 1 {
		t.Errorf("a free port: status %d: %s%s", got.status, got.stdout, got.stderr)
	}
	// With its connections, of which the kernel keeps something: that is nobody's.
	both := listenerOn(t, "8083")
	clientOf(t, "8083")
	if got := run(t, sockeye(t, "kill", "8083", "-a", "--yes")); got.status != 0 || strings.Count(got.stdout, "ended  ") != 2 || got.stderr != "" {
		t.Errorf("status %d: %s%s", got.status, got.stdout, got.stderr)
	}
	both.Wait()
	// What does not hear TERM gets KILL.
	deaf := startListener(t, exec.Command("sh", "-c", "trap '' TERM; exec busybox nc -ll -p 8081 -e cat"), "8081")
	if got := run(t, sockeye(t, "kill", "8081", "--yes", "--grace", "0.1")); got.status != 0 || !strings.HasPrefix(got.stdout, "killed") {
		t.Errorf("status %d: %s%s", got.status, got.stdout, got.stderr)
	}
	deaf.Wait()
}

// clientOf starts a process that is connected to a port, and waits until it is.
func clientOf(t *testing.T, port string) *exec.Cmd {
	t.Helper()
	client := exec.Command("busybox", "nc", "127.0.0.1", port)
	in, err := client.StdinPipe()
	if err == nil {
		err = client.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		in.Close()
		reap(client)
	})
	if got := run(t, sockeye(t, "wait", "-t", "sport", port, "state", "established", "--timeout", "30")); got.status != 0 {
		t.Fatal(got.stderr)
	}
	return client
}

// TestKillTaken: who has the port in the place of what was ended is named, and where that
// is hidden it is said. Both programs stand still while the port changes hands.
func TestKillTaken(t *testing.T) {
	if !population.Alone(t, "busybox") {
		return
	}
	for name, c := range map[string]struct {
		as   func(*exec.Cmd) *exec.Cmd
		want string
	}{
		"named":  {func(cmd *exec.Cmd) *exec.Cmd { return cmd }, `^sockeye: tcp \*:8085 is held by \S+\[1\] now\n$`},
		"hidden": {asNobody, `(?m)^sockeye: tcp \*:8085 is there now, without a process that is known: a process whose descriptors this user may not see may hold it: root sees all$`},
	} {
		t.Run(name, func(t *testing.T) {
			server := startListener(t, c.as(exec.Command("busybox", "nc", "-ll", "-p", "8085", "-e", "cat")), "8085")
			send(t, server, syscall.SIGSTOP)
			kill := c.as(sockeye(t, "kill", "8085", "--yes", "--grace", "600", "--json"))
			var out, errs bytes.Buffer
			kill.Stdout, kill.Stderr = &out, &errs
			if err := kill.Start(); err != nil {
				t.Fatal(err)
			}
			untilPending(t, server)
			send(t, kill, syscall.SIGSTOP)
			send(t, server, syscall.SIGCONT)
			server.Wait()
			l, err := net.Listen("tcp", ":8085")
			if err != nil {
				t.Fatal(err)
			}
			defer l.Close()
			send(t, kill, syscall.SIGCONT)
			kill.Wait()
			if status := kill.ProcessState.ExitCode(); status != 3 || !regexp.MustCompile(c.want).MatchString(errs.String()) {
				t.Errorf("status %d: %s", status, errs.String())
			}
			took := strings.Count(out.String(), `"pid":1,`) == 1 && strings.Contains(out.String(), `"result":"took_over"`)
			if !strings.Contains(out.String(), `"result":"ended"`) || took != (name == "named") {
				t.Error(out.String())
			}
		})
	}
}

// TestKillNotPermitted: who may see a process of another user may not end it for that.
func TestKillNotPermitted(t *testing.T) {
	if !population.Alone(t, "busybox") {
		return
	}
	server := listenerOn(t, "8087")
	defer reap(server)
	may := []uintptr{unix.CAP_SYS_PTRACE, unix.CAP_DAC_READ_SEARCH}
	if got := run(t, asNobodyWith(sockeye(t, "kill", "8087", "--yes", "--json"), may...)); got.status != 3 || !alive(server) ||
		!strings.Contains(got.stdout, `"result":"not_permitted","error":"operation not permitted"`) || !strings.Contains(got.stderr, "was not ended: operation not permitted") {
		t.Errorf("status %d: %s%s", got.status, got.stdout, got.stderr)
	}
	// Without that right nobody is seen to hold it.
	if got := run(t, asNobody(sockeye(t, "kill", "8087", "--yes"))); got.status != 3 || !alive(server) || got.stdout != "" || !strings.Contains(got.stderr, "who holds tcp *:8087 is hidden") {
		t.Errorf("hidden: status %d: %s%s", got.status, got.stdout, got.stderr)
	}
	if got := run(t, asNobody(sockeye(t, "kill", "process", "busybox", "--yes"))); got.status != 3 || got.stdout != "" || !strings.Contains(got.stderr, "is not known") {
		t.Errorf("by name: status %d: %s%s", got.status, got.stdout, got.stderr)
	}
}

// TestKillInterrupted: who is ended while it waits says all the same what was signalled.
func TestKillInterrupted(t *testing.T) {
	if !population.Alone(t, "busybox") {
		return
	}
	server := listenerOn(t, "8086")
	defer reap(server)
	send(t, server, syscall.SIGSTOP)
	kill := sockeye(t, "kill", "8086", "--yes", "--grace", "600")
	var out, errs bytes.Buffer
	kill.Stdout, kill.Stderr = &out, &errs
	if err := kill.Start(); err != nil {
		t.Fatal(err)
	}
	untilPending(t, server)
	send(t, kill, syscall.SIGINT)
	kill.Wait()
	if status := kill.ProcessState.ExitCode(); status != 130 || !strings.HasPrefix(out.String(), "goes on  busybox[") || errs.Len() > 0 {
		t.Errorf("status %d: %s%s", status, out.String(), errs.String())
	}
}

func send(t *testing.T, cmd *exec.Cmd, s syscall.Signal) {
	t.Helper()
	if err := cmd.Process.Signal(s); err != nil {
		t.Fatal(err)
	}
}

// untilPending waits until TERM is on its way to a process that stands still.
func untilPending(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	pending := regexp.MustCompile(`(?m)^ShdPnd:\s*[0-9a-f]+[4-7c-f]...$`) // bit 14
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(time.Millisecond) {
		status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", cmd.Process.Pid))
		if err != nil {
			t.Fatal(err)
		}
		if pending.Match(status) {
			return
		}
	}
	t.Fatal("no TERM within a minute")
}

// TestKillSpecial: the first process, a proxy and the program itself are not ended as
// others are.
func TestKillSpecial(t *testing.T) {
	if !population.Alone(t, "busybox") {
		return
	}
	// This process is the first of its namespace.
	l, err := net.Listen("tcp4", "127.0.0.1:8090")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if got := run(t, sockeye(t, "kill", "8090")); got.status != 2 || !strings.Contains(got.stderr, "is the first process") {
		t.Errorf("status %d: %s%s", got.status, got.stdout, got.stderr)
	}
	status, out, errs := killHere(t, func() { t.Error("asked about itself") }, "8090", "--yes")
	if status != 1 || !strings.HasPrefix(out, "never ended") {
		t.Errorf("itself: status %d: %s%s", status, out, errs)
	}
	busybox, err := exec.LookPath("busybox")
	if err != nil {
		t.Fatal(err)
	}
	program, err := os.ReadFile(busybox)
	if err != nil {
		t.Fatal(err)
	}
	proxy := &exec.Cmd{Path: filepath.Join(t.TempDir(), "docker-proxy"), Args: []string{"busybox", "nc", "-ll", "-p", "8091", "-e", "cat"}}
	if err := os.WriteFile(proxy.Path, program, 0o755); err != nil {
		t.Fatal(err)
	}
	startListener(t, proxy, "8091")
	defer reap(proxy)
	if got := run(t, sockeye(t, "kill", "8091")); got.status != 2 || !strings.Contains(got.stderr, "is a proxy in front of a container") || !alive(proxy) {
		t.Errorf("status %d: %s%s", got.status, got.stdout, got.stderr)
	}
	if got := run(t, sockeye(t, "kill", "8091", "--yes")); got.status != 0 || !strings.HasPrefix(got.stdout, "ended  docker-proxy[") {
		t.Errorf("status %d: %s%s", got.status, got.stdout, got.stderr)
	}
	if err := proxy.Wait(); err == nil || errors.Is(err, exec.ErrNotFound) {
		t.Errorf("the proxy ended by itself: %v", err)
	}
}
