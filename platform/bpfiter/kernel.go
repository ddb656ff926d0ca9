package bpfiter

// kernel is what the search asks of the system. Errors are the system's own
// numbers; tests put others in their place.
type kernel interface {
	// capabilities returns the effective capabilities of this process, a bit
	// for each.
	capabilities() (uint64, error)
	// release returns the version of the kernel, such as "6.1.0-50-amd64".
	release() string
	// raiseMemlock raises RLIMIT_MEMLOCK as far as this process may, and reports
	// whether there is no limit any more.
	raiseMemlock() (unlimited bool)
	// mayCall returns the error of a program that no kernel takes: EINVAL, but
	// where a policy keeps this process from loading any.
	mayCall() error
	// readFile reads a small file.
	readFile(path string) ([]byte, error)
	// mapBTF returns the kernel's BTF, which is valid until release is called.
	mapBTF() (data []byte, release func(), err error)
	// load loads a program for the function of that BTF number. If there is room
	// in log, the kernel's verifier writes there what it thinks, with a NUL at
	// the end.
	load(program []byte, hook uint32, log []byte) (fd int, err error)
	// link attaches a program to the iterator.
	link(program int) (fd int, err error)
	// iterate starts an iteration, whose output is read from fd.
	iterate(link int) (fd int, err error)
	read(fd int, b []byte) (int, error)
	close(fd int)
}
