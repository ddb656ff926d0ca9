package platform

import (
	"context"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/shirou/gopsutil/v3/process"

	"sockeye/sock"
)

// thisHost opens this machine for a test.
func thisHost(t *testing.T) *Host {
	t.Helper()
	h, err := Open(Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { h.Close() })
	return h
}

func TestAutoPortsAreTheKernels(t *testing.T) {
	if ports := thisHost(t).AutoPorts(); ports[0] == 0 || ports[1] < ports[0] {
		t.Errorf("automatic ports %v", ports)
	}
}

func TestCgroupIDOfTheRoot(t *testing.T) {
	mounts, err := os.ReadFile("/proc/mounts")
	if err != nil || !strings.Contains(string(mounts), " cgroup2 ") {
		t.Skip("no control groups of version 2 are mounted here")
	}
	h := thisHost(t)
	if id, err := h.CgroupID("/"); err != nil || id == 0 {
		t.Errorf("the root control group is %d, %v", id, err)
	}
	if _, err := h.CgroupID("/no such group"); err == nil {
		t.Error("a control group that does not exist has a number")
	}
}

var atProc = &sock.Environment{Proc: proc}

// The start is what gopsutil says, which reads the time of the boot from
// /proc/stat.
func TestStartedAt(t *testing.T) {
	cmd := exec.Command("cat")
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		in.Close()
		if err := cmd.Wait(); err != nil {
			t.Error(err)
		}
	}()
	for _, pid := range []int{os.Getpid(), cmd.Process.Pid} {
		got, err := startedAt(t.Context(), atProc, pid)
		if err != nil {
			t.Fatal(err)
		}
		ms, err := (&process.Process{Pid: int32(pid)}).CreateTimeWithContext(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		// The kernel may round the second of the boot the other way.
		if apart := got.Sub(time.UnixMilli(ms)); apart.Abs() > time.Second {
			t.Errorf("process %d started at %v, says gopsutil %v later", pid, got, -apart)
		}
	}
	if _, err := startedAt(t.Context(), atProc, 1<<22+1); err == nil {
		t.Error("a process that cannot be started")
	}
}
