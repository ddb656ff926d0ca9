package bpfiter

import (
	"fmt"
	"io"
	"os"
	"runtime"
	"unsafe"

	"golang.org/x/sys/unix"
)

// host is the kernel of this machine.
type host struct{}

func (host) capabilities() (uint64, error) { return Capabilities() }

// Capabilities returns the effective capabilities of the calling thread, a bit for
// each number of linux/capability.h.
func Capabilities() (uint64, error) {
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var data [2]unix.CapUserData // 32 bits each, the lower ones first
	if err := unix.Capget(&header, &data[0]); err != nil {
		return 0, fmt.Errorf("capget: %w", err)
	}
	return uint64(data[1].Effective)<<32 | uint64(data[0].Effective), nil
}

func (host) release() string {
	var name unix.Utsname
	if unix.Uname(&name) != nil {
		return ""
	}
	return unix.ByteSliceToString(name.Release[:])
}

func (host) raiseMemlock() (unlimited bool) {
	var limit unix.Rlimit
	if unix.Getrlimit(unix.RLIMIT_MEMLOCK, &limit) != nil {
		return false
	}
	for _, most := range []uint64{unix.RLIM_INFINITY, limit.Max} {
		if unix.Setrlimit(unix.RLIMIT_MEMLOCK, &unix.Rlimit{Cur: most, Max: max(most, limit.Max)}) == nil {
			return most == unix.RLIM_INFINITY
		}
	}
	return false
}

func (host) mayCall() error {
	attr := loadAttr{programType: unix.BPF_PROG_TYPE_TRACING, flags: 1 << 31}
	fd, err := bpf(unix.BPF_PROG_LOAD, unsafe.Pointer(&attr), unsafe.Sizeof(attr))
	if err == nil {
		_ = unix.Close(fd)
	}
	return err
}

func (host) readFile(path string) ([]byte, error) { return os.ReadFile(path) }

// btfFile is the type information of the kernel itself, without its modules.
const btfFile = "/sys/kernel/btf/vmlinux"

// mapBTF maps the file where the kernel can do that (Linux 6.16), and else reads
// its 5 MB into pages that go back to the kernel at once, not to the heap.
func (host) mapBTF() ([]byte, func(), error) {
	file, err := os.Open(btfFile)
	if err != nil {
		return nil, nil, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, nil, err
	}
	size := int(info.Size())
	data, err := unix.Mmap(int(file.Fd()), 0, size, unix.PROT_READ, unix.MAP_PRIVATE)
	if err != nil {
		if data, err = readPages(file, size); err != nil {
			return nil, nil, err
		}
	}
	return data, func() { _ = unix.Munmap(data) }, nil
}

// readPages reads size bytes into memory of their own, to be freed with munmap.
func readPages(r io.Reader, size int) ([]byte, error) {
	data, err := unix.Mmap(-1, 0, size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANONYMOUS)
	if err != nil {
		return nil, fmt.Errorf("memory for the BTF: %w", err)
	}
	if _, err := io.ReadFull(r, data); err != nil {
		_ = unix.Munmap(data)
		return nil, err
	}
	return data, nil
}

// The members of union bpf_attr for each command: linux/bpf.h. Pointers are 64
// bits wide, and there is no padding but what is named.
type (
	loadAttr struct {
		programType, count      uint32
		program, license        uint64
		logLevel, logSize       uint32
		log                     uint64
		kernelVersion, flags    uint32
		name                    [16]byte
		ifindex, attachType     uint32
		btf, functionSize       uint32
		functions               uint64
		functionCount, lineSize uint32
		lines                   uint64
		lineCount, attachBTF    uint32
	}
	linkAttr    struct{ program, target, attachType, flags uint32 }
	iterateAttr struct{ link, flags uint32 }
)

func (host) load(program []byte, hook uint32, log []byte) (int, error) {
	var pin runtime.Pinner
	defer pin.Unpin()
	terminated := []byte(license + "\x00")
	pin.Pin(&program[0])
	pin.Pin(&terminated[0])
	attr := loadAttr{
		programType: unix.BPF_PROG_TYPE_TRACING,
		count:       uint32(len(program) / insnSize),
		program:     uint64(uintptr(unsafe.Pointer(&program[0]))),
		license:     uint64(uintptr(unsafe.Pointer(&terminated[0]))),
		name:        [16]byte([]byte("sockeye_owners\x00\x00")),
		attachType:  unix.BPF_TRACE_ITER,
		attachBTF:   hook,
	}
	if len(log) > 0 {
		pin.Pin(&log[0])
		attr.logLevel, attr.logSize, attr.log = 1, uint32(len(log)), uint64(uintptr(unsafe.Pointer(&log[0])))
	}
	return bpf(unix.BPF_PROG_LOAD, unsafe.Pointer(&attr), unsafe.Sizeof(attr))
}

func (host) link(program int) (int, error) {
	attr := linkAttr{program: uint32(program), attachType: unix.BPF_TRACE_ITER}
	return bpf(unix.BPF_LINK_CREATE, unsafe.Pointer(&attr), unsafe.Sizeof(attr))
}

func (host) iterate(link int) (int, error) {
	attr := iterateAttr{link: uint32(link)}
	return bpf(unix.BPF_ITER_CREATE, unsafe.Pointer(&attr), unsafe.Sizeof(attr))
}

func (host) read(fd int, b []byte) (int, error) { return unix.Read(fd, b) }

func (host) close(fd int) { _ = unix.Close(fd) }

// bpf calls bpf(2) with a command that makes a descriptor, which is closed on
// exec: the kernel sees to that.
func bpf(command uintptr, attr unsafe.Pointer, size uintptr) (int, error) {
	fd, _, errno := unix.Syscall(unix.SYS_BPF, command, uintptr(attr), size)
	if errno != 0 {
		return -1, errno
	}
	return int(fd), nil
}
