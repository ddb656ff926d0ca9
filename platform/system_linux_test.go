package platform

import (
	"os"
	"strings"
	"testing"
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
