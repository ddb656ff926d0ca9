package bpfiter

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"sockeye/internal/test/population"
	"sockeye/procnet"
)

func command(program string, attr *syscall.SysProcAttr) *exec.Cmd {
	cmd := exec.Command(program)
	cmd.SysProcAttr = attr
	return cmd
}

// With the two capabilities, or the one that stands for them, an ordinary user
// sees what root sees in /proc.
func TestCapabilitiesThatSuffice(t *testing.T) {
	if !isolated(t) {
		return
	}
	set, err := population.Crowd(10, 10, 5)
	if err != nil {
		t.Fatal(err)
	}
	defer set.Close()
	binary := population.ReadableCopy(t)
	for name, attr := range map[string]*syscall.SysProcAttr{
		"BPF and PERFMON": population.AsNobody(unix.CAP_BPF, unix.CAP_PERFMON),
		"SYS_ADMIN":       population.AsNobody(unix.CAP_SYS_ADMIN),
	} {
		var answer found
		population.StartRoleBy(t, command(binary, attr), "find", &answer)
		if answer.Reason != "" || answer.Cause != "" {
			t.Errorf("%s: %s (%s)", name, answer.Reason, answer.Cause)
			continue
		}
		ix, err := procnet.At("/proc").Owners(t.Context(), procnet.OwnerQuery{Threads: true})
		if err != nil {
			t.Fatal(err)
		}
		var inodes []uint64
		for _, o := range answer.Owners {
			if len(inodes) == 0 || inodes[len(inodes)-1] != o.Inode {
				inodes = append(inodes, o.Inode)
			}
		}
		if d := cmp.Diff(ownersOf(ix, inodes), answer.Owners); d != "" || ix.Len() != len(answer.Owners) || ix.Len() < 50 {
			t.Errorf("%s: %d descriptors, %d in /proc: %s", name, len(answer.Owners), ix.Len(), d)
		}
	}
}

// Who may not is told why.
func TestRefusals(t *testing.T) {
	if !isolated(t) {
		return
	}
	binary := population.ReadableCopy(t)
	user := &syscall.SysProcAttr{
		Cloneflags:  unix.CLONE_NEWUSER,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: 0, Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: 0, Size: 1}},
	}
	for _, c := range []struct {
		name, role string
		attr       *syscall.SysProcAttr
		reason     string
	}{
		{"no capability", "find", population.AsNobody(), reasonCapabilities},
		{"BPF alone", "find", population.AsNobody(unix.CAP_BPF), reasonCapabilities},
		{"PERFMON alone", "find", population.AsNobody(unix.CAP_PERFMON), reasonCapabilities},
		{"ptrace rights", "find", population.AsNobody(unix.CAP_SYS_PTRACE, unix.CAP_DAC_READ_SEARCH), reasonCapabilities},
		{"root of a user namespace", "find", user, reasonUserNS},
		{"seccomp", "seccomp EPERM", nil, reasonPolicy},
		{"seccomp as if there were no such call", "seccomp ENOSYS", nil, reasonNoBPF},
	} {
		var answer found
		population.StartRoleBy(t, command(binary, c.attr), c.role, &answer)
		if answer.Reason != c.reason || len(answer.Owners) != 0 {
			t.Errorf("%s: reason %q (%s), want %q", c.name, answer.Reason, answer.Cause, c.reason)
		}
	}

	if err := unix.Mount("none", filepath.Dir(btfFile), "tmpfs", 0, ""); err != nil {
		t.Fatal(err)
	}
	_, err := Open("/proc")
	if reason(err) != reasonNoBTF || !strings.Contains(err.Error(), btfFile) {
		t.Errorf("without BTF: %v", err)
	}
	if err := os.WriteFile(btfFile, []byte("hello, this is no BTF at all"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Open("/proc"); reason(err) != reasonBTFBad {
		t.Errorf("with broken BTF: %v", err)
	}
	if err := os.WriteFile(btfFile, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Open("/proc"); reason(err) != reasonBTFBad {
		t.Errorf("with empty BTF: %v", err)
	}
}

// A limit of locked memory is raised where the kernel charges programs to it. Who
// may not raise it is told so, and not that a policy denies the program.
func TestLockedMemory(t *testing.T) {
	if !isolated(t) {
		return
	}
	charged := before(host{}.release(), 5, 11)
	binary := population.ReadableCopy(t)
	for name, c := range map[string]struct {
		attr   *syscall.SysProcAttr
		reason string
	}{
		"may raise it":     {nil, ""},
		"may not raise it": {population.AsNobody(unix.CAP_BPF, unix.CAP_PERFMON), reasonMemlock},
	} {
		if !charged {
			c.reason = ""
		}
		var answer found
		population.StartRoleBy(t, command(binary, c.attr), "memlock", &answer)
		if answer.Reason != c.reason {
			t.Errorf("%s: reason %q (%s), want %q", name, answer.Reason, answer.Cause, c.reason)
		}
	}
}
