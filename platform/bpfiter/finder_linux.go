package bpfiter

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"syscall"
)

// Finder looks for the owners of sockets. It may be used by several goroutines
// at a time.
type Finder struct {
	kernel kernel
	layout layout
	// offset is that of the time namespace, in nanoseconds.
	offset int64
	link   int // to the program for every socket
}

// Open finds out whether the kernel looks for owners here, and prepares it. Every
// refusal is an [*UnavailableError]. The Finder holds a descriptor until it is
// closed.
func Open() (*Finder, error) { return open(host{}) }

func open(k kernel) (*Finder, error) {
	if strconv.IntSize < 64 {
		return nil, &UnavailableError{Reason: reason32Bit} // the kernel's pointers are 64 bits wide
	}
	// What can be told without trying is told first: the kernel says EPERM to
	// all of it.
	if caps, err := k.capabilities(); err == nil && !mayLoad(caps) {
		return nil, &UnavailableError{Reason: reasonCapabilities}
	}
	if m, err := k.readFile("/proc/self/uid_map"); err == nil && !identityMap(m) {
		return nil, &UnavailableError{Reason: reasonUserNS}
	}
	f := &Finder{kernel: k}
	if err := f.readLayout(); err != nil {
		return nil, &UnavailableError{Reason: btfReason(err), Err: err}
	}
	var err error
	if f.link, err = f.attach(everything); err != nil {
		return nil, f.refused(err)
	}
	// Without the file there are no time namespaces.
	if b, err := k.readFile("/proc/self/timens_offsets"); err == nil {
		f.offset = bootOffset(b)
	}
	return f, nil
}

// Close frees what the Finder holds. It must not be used afterwards.
func (f *Finder) Close() error {
	f.kernel.close(f.link)
	return nil
}

func (f *Finder) readLayout() error {
	data, release, err := f.kernel.mapBTF()
	if err != nil {
		return err
	}
	defer release()
	f.layout, err = findLayout(data)
	return err
}

// refused is the error of a call of bpf(2) in Open.
func (f *Finder) refused(err error) error {
	reason := callReason(err)
	if reason == reasonTooOld {
		// Where memory may not be read, the kernel denies knowing the helper
		// that does it: EINVAL.
		if b, err := f.kernel.readFile("/sys/kernel/security/lockdown"); err == nil && confidential(b) {
			reason = reasonPolicy
		}
	}
	return &UnavailableError{Reason: reason, Err: err}
}

// loadTries bounds how often a load that a signal interrupted is tried again.
// The Go runtime interrupts its threads with signals.
const loadTries = 20

// attach loads the program for some spans of inodes and returns a link to it, which
// keeps the program.
func (f *Finder) attach(spans []span) (link int, err error) {
	program, err := f.load(spans)
	if err != nil {
		return -1, err
	}
	defer f.kernel.close(program)
	if link, err = f.kernel.link(program); err != nil {
		return -1, fmt.Errorf("attach the program: %w", err)
	}
	return link, nil
}

// load loads the program for some spans of inodes.
func (f *Finder) load(spans []span) (int, error) {
	program, err := fill(nativeProgram(), binary.NativeEndian, &f.layout, spans)
	if err != nil {
		return -1, err
	}
	for try := 1; ; try++ {
		fd, err := f.kernel.load(program, f.layout.hook)
		if err == nil {
			return fd, nil
		}
		if try == loadTries || !errors.Is(err, syscall.EAGAIN) && !errors.Is(err, syscall.EINTR) {
			return -1, fmt.Errorf("load the program: %w", err)
		}
	}
}
