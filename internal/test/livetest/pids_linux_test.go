package livetest

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"sockeye/internal/test/population"
)

// TestPIDsOfPort: a server with a worker of its own program, each of which started
// another program that inherited the listening socket. What listens is the first
// two.
func TestPIDsOfPort(t *testing.T) {
	if !population.Alone(t, "sh", "sleep") {
		return
	}
	if program(t, "sh") == program(t, "sleep") {
		t.Skip("sh and sleep are one program here (busybox)")
	}
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := strconv.Itoa(l.Addr().(*net.TCPAddr).Port)
	file, err := l.(*net.TCPListener).File()
	if err != nil {
		t.Fatal(err)
	}
	server := exec.Command("sh", "-c", "sh -c 'sleep 60; true' & sleep 60; true")
	server.ExtraFiles = []*os.File{file}
	server.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = syscall.Kill(-server.Process.Pid, syscall.SIGKILL)
		_ = server.Wait()
	})
	file.Close()
	l.Close()

	pids := func(option string) []string {
		return strings.Fields(run(t, sockeye(t, "port", port, option)).stdout)
	}
	deadline := time.Now().Add(20 * time.Second)
	all := pids("--pids=all")
	for len(all) < 4 && time.Now().Before(deadline) {
		time.Sleep(20 * time.Millisecond)
		all = pids("--pids=all")
	}
	if len(all) != 4 {
		t.Fatalf("holders %v, want four", all)
	}
	var want []string
	for _, pid := range all {
		name, err := os.ReadFile("/proc/" + pid + "/comm")
		if err != nil {
			t.Fatal(err)
		}
		if string(name) == "sh\n" {
			want = append(want, pid)
		}
	}
	if got := pids("--pids"); !slices.Equal(got, want) || len(got) != 2 {
		t.Errorf("what listens: %v, want %v of %v", got, want, all)
	}
	got := run(t, asNobody(sockeye(t, "port", port, "--pids")))
	if got.status != 3 || got.stdout != "" || !strings.Contains(got.stderr, "hidden") {
		t.Errorf("as nobody: exit status %d, %q, %q", got.status, got.stdout, got.stderr)
	}
}

// program returns the file behind a command.
func program(t *testing.T, name string) string {
	path, err := exec.LookPath(name)
	if err == nil {
		path, err = filepath.EvalSymlinks(path)
	}
	if err != nil {
		t.Fatal(err)
	}
	return path
}
