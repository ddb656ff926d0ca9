package livetest

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	bpflink "github.com/cilium/ebpf/link"
	"golang.org/x/sys/unix"

	"sockeye/internal/test/population"
)

// allows returns a program that lets everything through.
func allows(t *testing.T, name string, kind ebpf.ProgramType, at ebpf.AttachType) *ebpf.Program {
	t.Helper()
	p, err := ebpf.NewProgram(&ebpf.ProgramSpec{
		Name: name, Type: kind, AttachType: at,
		Instructions: asm.Instructions{asm.Mov.Imm(asm.R0, 1), asm.Return()},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Close() })
	return p
}

// ownGroup makes a control group and takes this process into one below, which is mounted so
// that a program with CLONE_NEWCGROUP sees it as the whole hierarchy.
func ownGroup(t *testing.T) string {
	t.Helper()
	all, root := t.TempDir(), t.TempDir()
	if err := unix.Mount("cgroup2", all, "cgroup2", 0, ""); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = unix.Unmount(all, unix.MNT_DETACH) })
	was := all
	if file, err := os.ReadFile("/proc/self/cgroup"); err == nil {
		_, path, _ := strings.Cut(string(file), "0::")
		was = filepath.Join(all, strings.TrimSpace(path))
	}
	group, err := os.MkdirTemp(all, "sockeye-test-")
	if err != nil {
		t.Fatal(err)
	}
	below := filepath.Join(group, "below")
	t.Cleanup(func() {
		enter(t, was)
		for _, directory := range []string{below, group} {
			if err := os.Remove(directory); err != nil {
				t.Error(err)
			}
		}
	})
	if err := os.Mkdir(below, 0o755); err != nil {
		t.Fatal(err)
	}
	enter(t, below)
	if err := unix.Mount(below, root, "", unix.MS_BIND, ""); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = unix.Unmount(root, unix.MNT_DETACH) })
	return group
}

// enter takes this process into a control group.
func enter(t *testing.T, group string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(group, "cgroup.procs"), []byte("0"), 0); err != nil {
		t.Fatal(err)
	}
}

// attach attaches a program to a control group until the test ends, or the link is closed.
func attach(t *testing.T, group, name string, kind ebpf.ProgramType, at ebpf.AttachType) bpflink.Link {
	t.Helper()
	l, err := bpflink.AttachCgroup(bpflink.CgroupOptions{Path: group, Attach: at, Program: allows(t, name, kind, at)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l
}

// attachLookup attaches a program that may choose listeners to the network namespace.
func attachLookup(t *testing.T) bpflink.Link {
	t.Helper()
	space, err := os.Open("/proc/self/ns/net")
	if err != nil {
		t.Fatal(err)
	}
	defer space.Close()
	l, err := bpflink.AttachNetNs(int(space.Fd()), allows(t, "to_listener", ebpf.SkLookup, ebpf.AttachSkLookup))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l
}

// inGroup makes the group of the test all that a program sees.
func inGroup(cmd *exec.Cmd) *exec.Cmd {
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.Cloneflags |= unix.CLONE_NEWCGROUP
	return cmd
}

// TestForwardsByPrograms: where programs of eBPF choose where connections go, no port is
// said to be free; where they only permit or count, as those of systemd do, it is.
func TestForwardsByPrograms(t *testing.T) {
	if !population.Alone(t) {
		return
	}
	group := ownGroup(t)
	attach(t, group, "sd_fw_ingress", ebpf.CGroupSKB, ebpf.AttachCGroupInetIngress)
	attach(t, group, "sd_bind4", ebpf.CGroupSockAddr, ebpf.AttachCGroupInet4Bind)
	attach(t, group, "sd_devices", ebpf.CGroupDevice, ebpf.AttachCGroupDevice)
	is := func(when string, status int, stdout, stderr string, words ...string) {
		t.Helper()
		got := run(t, inGroup(sockeye(t, words...)))
		if got.status != status || got.stdout != stdout || !regexp.MustCompile(stderr).MatchString(got.stderr) {
			t.Errorf("%s: %q: %d, %q, %q", when, words, got.status, got.stdout, got.stderr)
		}
	}
	is("programs that permit", 1, "", "^sockeye: nothing uses port 8080\n$", "port", "8080")
	is("programs that permit", 1, "", "^$", "--exposed", "-H")

	const unknown = "no socket uses port 8080; whether it is forwarded is not known: programs of eBPF may redirect connections: "
	connect := attach(t, group, "to_backend", ebpf.CGroupSockAddr, ebpf.AttachCGroupInet4Connect)
	attach(t, group, "to_backend", ebpf.CGroupSockAddr, ebpf.AttachCGroupUDP6Sendmsg)
	both := regexp.QuoteMeta("to_backend (cgroup/connect4), to_backend (cgroup/sendmsg6)") + "\n$"
	is("one that chooses", 3, "", "^sockeye: "+unknown+both, "port", "8080")
	is("one that chooses", 3, "", "^$", "port", "8080", "-q")
	is("one that chooses", 3, "", both, "--exposed", "-H")
	is("one that chooses", 0, "8080\n", "^$", "port", "--free", "8080")
	is("one that chooses", 3, "8080\n", "^sockeye: whether it is forwarded is not known: .*"+both, "port", "--free", "--strict", "8080")
	if got := run(t, inGroup(sockeye(t, "port", "8080", "--json"))); got.status != 3 || strings.Contains(got.stdout, `"forwards"`) {
		t.Errorf("the document: %d, %s", got.status, got.stdout)
	}
	got := run(t, inGroup(sockeye(t, "--exposed", "--json")))
	if !strings.Contains(got.stdout, `"complete":false`) || !strings.Contains(got.stdout, "(cgroup/sendmsg6)") {
		t.Errorf("the document of what is exposed: %d, %s", got.status, got.stdout)
	}
	validate(t, compileSchema(t, ""), []string{"--exposed", "--json"}, got.stdout)
	if err := connect.Close(); err != nil {
		t.Fatal(err)
	}

	attachLookup(t)
	is("both kinds", 3, "", "^sockeye: "+unknown+regexp.QuoteMeta("to_listener (sk_lookup), to_backend (cgroup/sendmsg6)")+"\n$", "port", "8080")
	for _, test := range []struct {
		when   string
		cmd    *exec.Cmd
		stderr string
	}{
		{"without the right to names", asNobodyWith(sockeye(t, "port", "8080"), unix.CAP_NET_ADMIN, unix.CAP_BPF, unix.CAP_DAC_READ_SEARCH), unknown + `program \d+ \(sk_lookup\), program \d+ \(cgroup/sendmsg6\)` + "\n$"},
		{"in another namespace", inNewSpace(sockeye(t, "port", "8080")), unknown + `to_backend \(cgroup/sendmsg6\)` + "\n$"},
	} {
		if got := run(t, inGroup(test.cmd)); got.status != 3 || !regexp.MustCompile(test.stderr).MatchString(got.stderr) {
			t.Errorf("%s: %d, %q, want %q", test.when, got.status, got.stderr, test.stderr)
		}
	}
	if got := run(t, asNobody(sockeye(t, "port", "8080"))); strings.Contains(got.stderr, "eBPF") {
		t.Errorf("without rights: %d, %q", got.status, got.stderr)
	}
	listener, err := net.Listen("tcp4", "127.0.0.1:8080")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	is("on which something listens", 0, "127.0.0.1:8080\n", "^$", "port", "8080", "-H", "-C", "local")
}

// inNewSpace gives a program a network namespace of its own.
func inNewSpace(cmd *exec.Cmd) *exec.Cmd {
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET}
	return cmd
}
