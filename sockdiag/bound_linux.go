package sockdiag

import (
	"os"

	"golang.org/x/sys/unix"
)

// kernelTellsBound asks the running kernel.
func kernelTellsBound() bool {
	var name unix.Utsname
	if err := unix.Uname(&name); err != nil {
		return true
	}
	release := unix.ByteSliceToString(name.Release[:])
	file, err := os.Open("/sys/kernel/btf/vmlinux")
	if err != nil {
		return knowsBound(release, nil)
	}
	defer file.Close()
	return knowsBound(release, file)
}
