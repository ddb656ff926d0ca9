package tracer

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"github.com/cilium/ebpf"
	"golang.org/x/sys/unix"

	"sockeye/internal/test/fault"
	"sockeye/internal/test/population"
)

// Who may not trace is told why, and the two capabilities that it needs suffice.
func TestRefusals(t *testing.T) {
	if !alone(t) {
		return
	}
	binary := population.ReadableCopy(t)
	user := &syscall.SysProcAttr{
		Cloneflags:  unix.CLONE_NEWUSER,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: 0, Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: 0, Size: 1}},
	}
	const capabilities = "needs CAP_BPF and CAP_PERFMON, or CAP_SYS_ADMIN"
	for _, c := range []struct {
		name   string
		attr   *syscall.SysProcAttr
		reason string
	}{
		{"no capability", population.AsNobody(), capabilities},
		{"BPF alone", population.AsNobody(unix.CAP_BPF), capabilities},
		{"root of a user namespace", user, "not allowed in a user namespace"},
		{"BPF and PERFMON", population.AsNobody(unix.CAP_BPF, unix.CAP_PERFMON), ""},
		{"SYS_ADMIN", population.AsNobody(unix.CAP_SYS_ADMIN), ""},
	} {
		if got := startBinary(t, binary, "open", c.attr); got.Reason != c.reason || (got.Cause != "") != (c.reason != "") {
			t.Errorf("%s: reason %q (%s), want %q", c.name, got.Reason, got.Cause, c.reason)
		}
	}
}

// A policy that forbids bpf(2), or some of its calls, is told as one.
func TestPolicy(t *testing.T) {
	if !alone(t) {
		return
	}
	for _, c := range []struct {
		name   string
		fault  fault.Fault
		reason string
	}{
		{"seccomp", fault.Fault{Call: "bpf", Errno: unix.EPERM}, "denied by kernel policy (lockdown, LSM or seccomp)"},
		{"no such call", fault.Fault{Call: "bpf", Errno: unix.ENOSYS}, "the kernel has no bpf(2)"},
		{"programs", fault.Fault{Call: "bpf", When: fault.Arg(0, unix.BPF_PROG_LOAD), Errno: unix.EPERM}, "denied by kernel policy (lockdown, LSM or seccomp)"},
		{"links", fault.Fault{Call: "bpf", When: fault.Arg(0, unix.BPF_LINK_CREATE), Errno: unix.EPERM}, "denied by kernel policy (lockdown, LSM or seccomp)"},
		{"iterators", fault.Fault{Call: "bpf", When: fault.Arg(0, unix.BPF_ITER_CREATE), Errno: unix.EACCES}, "denied by kernel policy (lockdown, LSM or seccomp)"},
	} {
		cmd := exec.Command("/proc/self/exe")
		cmd.Env = append(os.Environ(), roleEnv+"=open")
		cmd.Stderr = os.Stderr
		r, w, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		cmd.Stdout = w
		run, err := fault.Start(cmd, c.fault)
		if err != nil {
			t.Fatal(err)
		}
		w.Close()
		var got said
		out, err := io.ReadAll(r)
		if err == nil {
			err = json.Unmarshal(out, &got)
		}
		r.Close()
		if _, ended, runErr := run.Wait(); err != nil || ended != nil || runErr != nil {
			t.Fatalf("%s: %v, %v, %v: %s", c.name, err, ended, runErr, out)
		}
		if got.Reason != c.reason {
			t.Errorf("%s: reason %q (%s), want %q", c.name, got.Reason, got.Cause, c.reason)
		}
		if strings.Contains(got.Cause, "MEMLOCK") {
			t.Errorf("%s: a guess is told: %s", c.name, got.Cause)
		}
	}
}

// What the verifier says is told, and not what the library thinks of it.
func TestVerifierIsQuoted(t *testing.T) {
	err := refused(fmt.Errorf("load program: %w", &ebpf.VerifierError{
		Cause: unix.EINVAL, Log: []string{"0: (85) call unknown#46", "unknown func unknown#46", "processed 1 insns", ""},
	}))
	var unavailable *UnavailableError
	if !errors.As(err, &unavailable) || !strings.Contains(err.Error(), "unknown func unknown#46") || !errors.Is(err, unix.EINVAL) {
		t.Errorf("%v", err)
	}
	for in, want := range map[error]string{
		fmt.Errorf("map create: %w (MEMLOCK may be too low)", unix.EPERM): "denied by kernel policy (lockdown, LSM or seccomp)",
		errors.New("anything else"):                                       "the kernel refused the program",
	} {
		if !population.LinuxSince(t, 5, 12) {
			want = tooOld
		}
		if err := refused(in); !errors.As(err, &unavailable) || unavailable.Reason != want || strings.Contains(err.Error(), "MEMLOCK") {
			t.Errorf("%v: %v", in, err)
		}
	}
}

// A kernel is said to be too old if it is, and no other one.
func TestOldKernel(t *testing.T) {
	if !population.Alone(t) {
		return
	}
	old := !population.LinuxSince(t, 5, 12)
	if got := start(t, "open", nil); (got.Reason == tooOld) != old {
		t.Errorf("reason %q (%s); the kernel is old: %v", got.Reason, got.Cause, old)
	}
}

const tooOld = "the kernel is too old (Linux 5.12 is needed)"

// Without the kernel's types there is no trace.
func TestNoTypes(t *testing.T) {
	if !alone(t) {
		return
	}
	if err := unix.Mount("none", "/sys/kernel/btf", "tmpfs", 0, ""); err != nil {
		t.Fatal(err)
	}
	got := start(t, "open", nil)
	if got.Reason != "the kernel has no BTF, or /sys is not mounted" || !strings.Contains(got.Cause, "vmlinux") {
		t.Errorf("reason %q (%s)", got.Reason, got.Cause)
	}
}
