package procnet

import (
	"errors"
	"unsafe"

	"golang.org/x/sys/unix"
)

// direntBuffer is how much of a directory is read at once, in bytes: about 1,300
// descriptors.
const direntBuffer = 32 << 10

// openDir opens a directory below another one.
func openDir(dir int, path string) (int, error) {
	for {
		fd, err := unix.Openat(dir, path, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
		if err != unix.EINTR {
			return fd, err
		}
	}
}

// getdents reads directory entries. A signal ends a reading early, so only 0
// means the end.
func getdents(dir int, buf []byte) (int, error) {
	for {
		n, err := unix.Getdents(dir, buf)
		if err != unix.EINTR {
			return n, err
		}
	}
}

// readNumbers returns the numbers among the names in a directory.
func readNumbers(dir int, buf []byte) ([]int32, error) {
	var numbers []int32
	for {
		n, err := getdents(dir, buf)
		if err != nil || n == 0 {
			return numbers, err
		}
		numbers = numberedEntries(numbers, buf[:n])
	}
}

// readlinkat reads a link whose name ends with a NUL. The call of package unix
// takes a string, which would be made and copied for every descriptor.
func readlinkat(dir int, name, buf []byte) (int, error) {
	n, _, errno := unix.Syscall6(unix.SYS_READLINKAT, uintptr(dir),
		uintptr(unsafe.Pointer(unsafe.SliceData(name))),
		uintptr(unsafe.Pointer(unsafe.SliceData(buf))), uintptr(len(buf)), 0, 0)
	if errno != 0 {
		return 0, errno
	}
	return int(n), nil
}

// sameFiles reports whether two threads share one descriptor table. A kernel
// without kcmp(2), or one that refuses it, says no.
func sameFiles(a, b int32) bool {
	const kcmpFiles = 2 // KCMP_FILES of linux/kcmp.h
	order, _, errno := unix.Syscall6(unix.SYS_KCMP, uintptr(a), uintptr(b), kcmpFiles, 0, 0, 0)
	return errno == 0 && order == 0
}

// isGone reports whether a process ended: its directory is gone, or is still
// open and empty.
func isGone(err error) bool {
	return errors.Is(err, unix.ENOENT) || errors.Is(err, unix.ESRCH)
}

// isRefusal reports whether the reader may not see something.
func isRefusal(err error) bool {
	return errors.Is(err, unix.EACCES) || errors.Is(err, unix.EPERM)
}
