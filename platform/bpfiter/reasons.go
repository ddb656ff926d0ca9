package bpfiter

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"strings"
	"syscall"
)

// The reasons why the kernel does not look for owners.
const (
	reasonCapabilities = "needs CAP_BPF and CAP_PERFMON, or CAP_SYS_ADMIN"
	reasonUserNS       = "not allowed in a user namespace"
	reasonNoBTF        = "the kernel has no BTF, or /sys is not mounted"
	reasonBTFRefused   = "the kernel's BTF may not be read"
	reasonBTFBad       = "the kernel's BTF is not understood"
	reasonNoIterator   = "the kernel has no iterator over open files"
	reasonNoMember     = "the kernel's types are not those that are known"
	reasonVerifier     = "the kernel's verifier refused the program"
	reasonMemlock      = "RLIMIT_MEMLOCK is too low, and raising it needs CAP_SYS_RESOURCE"
	reasonPolicy       = "denied by kernel policy (lockdown, LSM or seccomp)"
	reasonNoBPF        = "the kernel has no bpf(2)"
	reason32Bit        = "not available to a 32-bit program"
	reasonOther        = "the kernel refused the program"
)

// reasonTooOld is said of kernels without the iterator.
var reasonTooOld = tooOld(5, 8)

// tooOld says which kernel is the first.
func tooOld(major, minor int) string {
	return fmt.Sprintf("the kernel is too old (Linux %d.%d is needed)", major, minor)
}

// Bits of the capability sets: linux/capability.h.
const (
	capSysAdmin = 21
	capPerfmon  = 38
	capBPF      = 39
)

// mayLoad reports whether the capabilities suffice.
func mayLoad(effective uint64) bool {
	const both = 1<<capBPF | 1<<capPerfmon
	return effective&(1<<capSysAdmin) != 0 || effective&both == both
}

// identityMap reports whether /proc/self/uid_map is that of the first user
// namespace: every number is mapped to itself (user_namespaces(7)). The kernel
// asks for the capabilities in that namespace.
func identityMap(uidMap []byte) bool {
	f := bytes.Fields(uidMap)
	return len(f) == 3 && string(f[0]) == "0" && string(f[1]) == "0" && string(f[2]) == "4294967295"
}

// confidential reports whether /sys/kernel/security/lockdown says that the
// kernel's memory may not be read.
func confidential(lockdown []byte) bool {
	return bytes.Contains(lockdown, []byte("[confidentiality]"))
}

// bootOffset reads the offset of CLOCK_BOOTTIME in nanoseconds from
// /proc/self/timens_offsets (time_namespaces(7)); the clock is a number, 7, in
// the oldest kernels that have the file. What is not there has no offset.
func bootOffset(timens []byte) int64 {
	for line := range strings.Lines(string(timens)) {
		f := strings.Fields(line)
		if len(f) != 3 || f[0] != "boottime" && f[0] != "7" {
			continue
		}
		seconds, err := strconv.ParseInt(f[1], 10, 64)
		nanoseconds, err2 := strconv.ParseInt(f[2], 10, 64)
		if err == nil && err2 == nil {
			return seconds*1e9 + nanoseconds
		}
	}
	return 0
}

// before reports whether a kernel is older than a version, by the two numbers with
// which its release begins. Of what it cannot tell it says no.
func before(release string, major, minor int) bool {
	var is [2]int
	if n, _ := fmt.Sscanf(release, "%d.%d", &is[0], &is[1]); n != 2 {
		return false
	}
	return is[0] < major || is[0] == major && is[1] < minor
}

// btfReason says why the kernel's BTF could not be had, or what it lacks.
func btfReason(err error, release string) string {
	lacks := errors.Is(err, fs.ErrNotExist) || errors.Is(err, errNoHook)
	switch {
	case lacks && before(release, 5, 8):
		return reasonTooOld
	case errors.Is(err, fs.ErrNotExist):
		return reasonNoBTF
	case errors.Is(err, fs.ErrPermission):
		return reasonBTFRefused
	case errors.Is(err, errNoHook):
		return reasonNoIterator
	case errors.Is(err, errMissing):
		return reasonNoMember
	}
	return reasonBTFBad
}

// callReason says why a call of bpf(2) was refused. It comes after the checks
// for the refusals that can be told beforehand.
func callReason(err error) string {
	var refused *verifierError
	switch {
	case errors.As(err, &refused):
		return reasonVerifier
	case errors.Is(err, syscall.EPERM), errors.Is(err, syscall.EACCES):
		return reasonPolicy
	case errors.Is(err, syscall.ENOSYS):
		return reasonNoBPF
	}
	return reasonOther
}

// verifierError says why the kernel's verifier refused a program.
type verifierError struct {
	errno error
	line  string
}

func (e *verifierError) Error() string { return e.errno.Error() + ": " + e.line }
func (e *verifierError) Unwrap() error { return e.errno }

// lastWords returns the line of the verifier's log that says why: the last one that
// is no statistics.
func lastWords(log []byte) string {
	text, _, _ := bytes.Cut(log, []byte{0})
	last := ""
	for line := range bytes.Lines(text) {
		if line := string(bytes.TrimSpace(line)); line != "" && !strings.HasPrefix(line, "processed ") {
			last = line
		}
	}
	return last
}
