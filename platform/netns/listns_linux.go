package netns

import (
	"encoding/binary"
	"os"
	"unsafe"

	"golang.org/x/sys/unix"
)

// What is used of linux/nsfs.h, linux/fcntl.h and the list of system calls, which is one
// for all processors but MIPS: there is no call of this number there (ENOSYS). 6.18 has
// no listns(2), 7.2 has.
const (
	sysListns   = 470
	fdNsfsRoot  = -10003 // FD_NSFS_ROOT: what open_by_handle_at(2) takes for a mount point of nsfs
	fileidNsfs  = 0xf1   // FILEID_NSFS
	mostListed  = 1 << 16
	listnsPiece = 512
)

// listnsRequest is struct ns_id_req of linux/nsfs.h.
type listnsRequest struct {
	size, _ uint32
	after   uint64 // the number behind which the list goes on
	kind    uint32 // CLONE_NEW*
	_       uint32
	user    uint64 // the user namespace whose are meant; 0 for all
}

// listns returns the kernel's numbers of the network namespaces that this process may
// enter and that a process is in, or a file or a mount refers to; a socket does not
// count. In a PID namespace below the first they are its own alone. The error is ENOSYS where the kernel has no list.
func listns() (ids []uint64, err error) {
	req := listnsRequest{kind: unix.CLONE_NEWNET}
	req.size = uint32(unsafe.Sizeof(req))
	piece := make([]uint64, listnsPiece)
	for len(ids) < mostListed {
		n, _, errno := unix.Syscall6(sysListns, uintptr(unsafe.Pointer(&req)), uintptr(unsafe.Pointer(&piece[0])), listnsPiece, 0, 0, 0)
		if errno != 0 {
			return nil, &os.SyscallError{Syscall: "listns", Err: errno}
		}
		ids = append(ids, piece[:n]...)
		if n < listnsPiece {
			break
		}
		req.after = piece[n-1]
	}
	return ids, nil
}

// openID opens a namespace by its number: struct nsfs_file_handle of linux/nsfs.h, of
// which type and inode may be left out.
func openID(id uint64) (fd int, err error) {
	var handle [16]byte
	binary.NativeEndian.PutUint64(handle[:], id)
	fd, err = unix.OpenByHandleAt(fdNsfsRoot, unix.NewFileHandle(fileidNsfs, handle[:]), unix.O_RDONLY|unix.O_CLOEXEC)
	if err != nil {
		if err == unix.ESTALE {
			err = unix.ENOENT
		}
		return -1, &os.SyscallError{Syscall: "open_by_handle_at", Err: err}
	}
	return fd, nil
}
