package livetest

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"sockeye/internal/test/population"
)

// startDaemon starts the daemon of a container runtime in directories of its own, which
// end with the mount namespace of the test, and waits until a command succeeds.
func startDaemon(t *testing.T, answers func() error, words ...string) {
	t.Helper()
	for _, dir := range []string{"/run", "/var/lib"} {
		if err := unix.Mount("tmpfs", dir, "tmpfs", 0, ""); err != nil {
			t.Fatal(err)
		}
	}
	log := filepath.Join(t.TempDir(), "log")
	out, err := os.Create(log)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	daemon := exec.Command(words[0], words[1:]...)
	daemon.Stdout, daemon.Stderr = out, out
	daemon.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := daemon.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = daemon.Process.Signal(os.Interrupt)
		_ = daemon.Wait()
	})
	for deadline := time.Now().Add(time.Minute); answers() != nil; time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			text, _ := os.ReadFile(log)
			t.Fatalf("%s does not answer:\n%s", words[0], text)
		}
	}
}

// docker runs Debian's client.
func docker(args ...string) error {
	return exec.Command("/usr/bin/docker", args...).Run()
}

// rootFiles makes the file system of a container, in which there is busybox alone.
func rootFiles(t *testing.T) (root string) {
	t.Helper()
	root = t.TempDir()
	if err := os.Mkdir(filepath.Join(root, "bin"), 0o755); err != nil {
		t.Fatal(err)
	}
	busybox, err := os.ReadFile(program(t, "busybox"))
	if err == nil {
		err = os.WriteFile(filepath.Join(root, "bin/busybox"), busybox, 0o755)
	}
	if err != nil {
		t.Fatal(err)
	}
	return root
}

// untilListens waits until something listens at a port of a namespace.
func untilListens(t *testing.T, namespace, port string) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
		got := run(t, sockeye(t, "-tl", "-N", namespace, "sport", "=", port, "--count"))
		if got.stdout == "1\n" {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("nothing listens at port %s of %s\n%s", port, namespace, got.stderr)
		}
	}
}

// publishWeb starts dockerd with some options, and a container, "web" of "image", of which
// a port is published.
func publishWeb(t *testing.T, port string, options ...string) {
	t.Helper()
	startDaemon(t, func() error { return docker("info") }, append([]string{"dockerd", "--storage-driver=vfs"}, options...)...)
	root := rootFiles(t)
	archive := filepath.Join(t.TempDir(), "root.tar")
	if err := exec.Command("tar", "-C", root, "-cf", archive, ".").Run(); err != nil {
		t.Fatal(err)
	}
	must(t, "/usr/bin/docker", "import", archive, "image")
	must(t, "/usr/bin/docker", "run", "-d", "--name", "web", "-p", port, "image", "/bin/busybox", "httpd", "-f", "-p", "8099")
	t.Cleanup(func() { _ = docker("rm", "-f", "web") })
	untilListens(t, "web", "8099")
}

// TestDockerWithoutProxy: without docker-proxy the kernel forwards the published port,
// and sockeye says whereto, whatever dockerd itself holds.
func TestDockerWithoutProxy(t *testing.T) {
	if !population.Alone(t, "dockerd", "iptables", "busybox") {
		return
	}
	if _, err := os.Stat("/usr/bin/docker"); err != nil {
		population.Skip(t, err)
	}
	publishWeb(t, "8088:8099", "--userland-proxy=false", "--ip6tables=false")
	inside := strings.TrimSpace(run(t, sockeye(t, "-tl", "-N", "web", "sport = 8099", "-H", "-C", "pid")).stdout)
	got := run(t, sockeye(t, "port", "8088"))
	for _, want := range []string{
		"8088/tcp  forwarded to 172.17.0.2:8099 by ",
		"    busybox[" + inside + "] in container web (docker, image)\n",
	} {
		if got.status != 0 || !strings.Contains(got.stdout, want) || strings.Contains(got.stdout, "docker-proxy") {
			t.Errorf("port 8088: %d\n%s%swithout %q", got.status, got.stdout, got.stderr, want)
		}
	}
	// The rules for what arrives and for this machine's own packets are one forward.
	if n := strings.Count(got.stdout, "forwarded"); n != 1 {
		t.Errorf("port 8088 is forwarded %d times:\n%s", n, got.stdout)
	}
	// Beside it is the socket with which dockerd holds the port.
	rows := list(t, "--exposed", "--csv", "-H", "-C", "local,behind.address,behind.port,behind.process,behind.container",
		"sport = 8088 and owner_status = kernel")
	if rows != "0.0.0.0:8088,172.17.0.2,8099,busybox,web\n" {
		t.Errorf("what is exposed:\n%s", rows)
	}
}

// TestDocker: what listens in a real container is listed with its namespace and its
// container, by name and image, and the namespace is entered by the container's name.
func TestDocker(t *testing.T) {
	if !population.Alone(t, "dockerd", "docker-proxy", "busybox") {
		return
	}
	if _, err := os.Stat("/usr/bin/docker"); err != nil {
		population.Skip(t, err)
	}
	publishWeb(t, "127.0.0.1:8088:8099", "--iptables=false", "--ip6tables=false")
	columns := "local_port,netns.name,process,container.runtime,container.name,container.image"
	for _, test := range []struct {
		args []string
		want string
	}{
		{[]string{"-tl", "--all-netns", "container = web"}, "8099,web,busybox,docker,web,image"},
		{[]string{"-tl", "-N", "container:web"}, "8099,web,busybox,docker,web,image"},
		{[]string{"-tl", "--all-netns", "sport = 8088"}, "8088,host,docker-proxy,,,"},
	} {
		args := append(test.args, "--csv", "-H", "-C", columns)
		if got := strings.TrimSpace(run(t, sockeye(t, args...)).stdout); got != test.want {
			t.Errorf("%q: %q, want %q", args, got, test.want)
		}
	}
	inside := strings.TrimSpace(run(t, sockeye(t, "-tl", "-N", "web", "sport = 8099", "-H", "-C", "pid")).stdout)
	got := strings.TrimSpace(run(t, sockeye(t, "port", "8088", "--csv", "-H", "-C",
		"process,parent_process,behind.address,behind.port,behind.pid,behind.process,behind.container,behind.runtime")).stdout)
	if want := "docker-proxy,dockerd,172.17.0.2,8099," + inside + ",busybox,web,docker"; got != want {
		t.Errorf("behind the published port: %q, want %q", got, want)
	}
	told := run(t, sockeye(t, "port", "8088")).stdout
	if want := "    leads to 172.17.0.2:8099, busybox[" + inside + "] in container web (docker, image)\n"; !strings.Contains(told, want) {
		t.Errorf("people are told\n%swithout\n%s", told, want)
	}
	throughProxy(t)
}

// throughProxy connects to the published port: each of the four ends of the two
// connections that this makes knows the process at the other one.
func throughProxy(t *testing.T) {
	t.Helper()
	conn, err := net.Dial("tcp4", "127.0.0.1:8088")
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	name, err := os.ReadFile("/proc/self/comm")
	if err != nil {
		t.Fatal(err)
	}
	client := strings.TrimSpace(string(name))
	own := fmt.Sprint(conn.LocalAddr().(*net.TCPAddr).Port)
	want := []string{
		"127.0.0.1,8088," + own + ",host,docker-proxy," + client + ",host,",
		"127.0.0.1," + own + ",8088,host," + client + ",docker-proxy,host,",
		"172.17.0.1,*,8099,host,docker-proxy,busybox,web,web",
		"172.17.0.2,8099,*,web,busybox,docker-proxy,host,",
	}
	between := regexp.MustCompile(`(172.17.0.1,)\d+|(172.17.0.2,8099,)\d+`) // a port that the proxy did not choose
	var got []string
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
		out := run(t, sockeye(t, "-t", "--all-netns", "state established and port in (8088, 8099)", "--csv", "-H",
			"-C", "local_address,local_port,remote_port,netns.name,process,peer_process,peer_netns.name,peer_container.name"))
		got = strings.Split(between.ReplaceAllString(strings.TrimSpace(out.stdout), "$1$2*"), "\n")
		slices.Sort(got)
		if slices.Sort(want); slices.Equal(got, want) {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("the ends are\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	}
}
