package sockdiag

import (
	"os"

	"golang.org/x/sys/unix"
)

// release is that of the running kernel; empty if it cannot be told.
func release() string {
	var name unix.Utsname
	if err := unix.Uname(&name); err != nil {
		return ""
	}
	return unix.ByteSliceToString(name.Release[:])
}

// kernelTellsULP asks the running kernel.
func kernelTellsULP() bool { return isSince(release(), 6, 15) }

// kernelTellsBound asks the running kernel.
func kernelTellsBound() bool {
	release := release()
	if release == "" {
		return true
	}
	file, err := os.Open("/sys/kernel/btf/vmlinux")
	if err != nil {
		return knowsBound(release, nil)
	}
	defer file.Close()
	return knowsBound(release, file)
}
