package livetest

import (
	"os/exec"
	"strings"
	"testing"

	"sockeye/internal/test/population"
)

// TestContainerd: a container that containerd's own client started is named, by its ID
// and its namespace of containerd, and its network namespace by it.
func TestContainerd(t *testing.T) {
	if !population.Alone(t, "containerd", "ctr", "runc", "busybox") {
		return
	}
	ctr := func(args ...string) error { return exec.Command("ctr", args...).Run() }
	startDaemon(t, func() error { return ctr("version") }, "containerd")
	root := rootFiles(t)
	must(t, "ctr", "run", "-d", "--rootfs", root, "store", "/bin/busybox", "httpd", "-f", "-p", "8099")
	t.Cleanup(func() {
		_ = ctr("task", "kill", "--signal", "SIGKILL", "store")
		_ = ctr("task", "delete", "--force", "store")
	})
	untilListens(t, "store", "8099")
	for _, args := range [][]string{
		{"-tl", "--all-netns", "container = store"},
		{"-tl", "-N", "container:store"},
	} {
		args = append(args, "--csv", "-H", "-C", "local_port,netns.name,process,container.runtime,container.id,container.namespace")
		if got := strings.TrimSpace(run(t, sockeye(t, args...)).stdout); got != "8099,store,busybox,containerd,store,default" {
			t.Errorf("%q: %q", args, got)
		}
	}
}
