package bpfiter

import (
	"os"
	"path/filepath"
	"strconv"
)

// MayTrace returns an [*UnavailableError] if this process lacks the rights to load
// programs, or the kernel has no BTF. proc is where the proc file system is mounted.
func MayTrace(proc string) error {
	k := host{}
	if err := mayTry(k, proc); err != nil {
		return err
	}
	file, err := os.Open(btfFile)
	if err != nil {
		return &UnavailableError{Reason: btfReason(err, k.release()), Err: err}
	}
	return file.Close()
}

// Refused returns the [*UnavailableError] of a call of bpf(2) that failed although
// [MayTrace] saw nothing against it. said is what the kernel's verifier wrote last, if
// it was the verifier that refused; oldest is the first kernel that takes the program.
func Refused(err error, said string, major, minor int) error {
	k := host{}
	if said != "" {
		err = &verifierError{errno: err, line: said}
	}
	if before(k.release(), major, minor) {
		return &UnavailableError{Reason: tooOld(major, minor), Err: err}
	}
	return refused(k, err)
}

// Before reports whether this kernel is older than a version, by its name.
func Before(major, minor int) bool { return before(host{}.release(), major, minor) }

// mayTry tells what can be told without trying: the kernel says EPERM to all of it.
func mayTry(k kernel, proc string) error {
	if strconv.IntSize < 64 {
		return &UnavailableError{Reason: reason32Bit} // the kernel's pointers are 64 bits wide
	}
	if caps, err := k.capabilities(); err == nil && !mayLoad(caps) {
		return &UnavailableError{Reason: reasonCapabilities}
	}
	if m, err := k.readFile(filepath.Join(proc, "self", "uid_map")); err == nil && !identityMap(m) {
		return &UnavailableError{Reason: reasonUserNS}
	}
	return nil
}

// refused is the error of a call of bpf(2).
func refused(k kernel, err error) error {
	reason := callReason(err)
	if reason == reasonVerifier {
		// Where memory may not be read, the kernel denies knowing the helper
		// that does it.
		if b, err := k.readFile("/sys/kernel/security/lockdown"); err == nil && confidential(b) {
			reason = reasonPolicy
		}
	}
	return &UnavailableError{Reason: reason, Err: err}
}
