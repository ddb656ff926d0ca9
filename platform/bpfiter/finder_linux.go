package bpfiter

import (
	"encoding/binary"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"syscall"
)

// Finder looks for the owners of sockets. It may be used by several goroutines
// at a time.
type Finder struct {
	kernel kernel
	layout layout
	// offset is that of the time namespace, in nanoseconds.
	offset int64
	// all returns a link to the program for every socket, which is kept; held is that
	// link once there is one, else -1.
	all  func() (link int, err error)
	held int
	// spaces returns the layout with what a search for namespaces needs.
	spaces func() (*layout, error)
}

// Open finds out whether the kernel looks for owners here. Every refusal is an
// [*UnavailableError]. The Finder may hold a descriptor until it is closed. proc is
// where the proc file system is mounted.
func Open(proc string) (*Finder, error) { return open(host{}, proc) }

func open(k kernel, proc string) (*Finder, error) {
	f, err := prepare(k, proc)
	if err != nil {
		return nil, err
	}
	if _, err := f.all(); err != nil {
		return nil, err
	}
	return f, nil
}

// Prepare is Open without the proof: no program is loaded, and the first search may
// be refused with an [*UnavailableError].
func Prepare(proc string) (*Finder, error) { return prepare(host{}, proc) }

func prepare(k kernel, proc string) (*Finder, error) {
	if err := mayTry(k, proc); err != nil {
		return nil, err
	}
	f := &Finder{kernel: k, held: -1}
	f.spaces, f.all = sync.OnceValues(f.readSpaces), sync.OnceValues(f.attachAll)
	if err := f.readLayout(); err != nil {
		return nil, &UnavailableError{Reason: btfReason(err, k.release()), Err: err}
	}
	// Without the file there are no time namespaces, and before Linux 5.11 the start
	// times in /proc have no offset in them.
	if b, err := k.readFile(filepath.Join(proc, "self", "timens_offsets")); err == nil && !before(k.release(), 5, 11) {
		f.offset = bootOffset(b)
	}
	return f, nil
}

// Close frees what the Finder holds. It must not be used afterwards.
func (f *Finder) Close() error {
	if f.held >= 0 {
		f.kernel.close(f.held)
	}
	return nil
}

// attachAll loads the program for every socket.
func (f *Finder) attachAll() (link int, err error) {
	link, err = f.attach(sockets, everything)
	unlimited := false
	if errors.Is(err, syscall.EPERM) && f.chargesMemlock() {
		unlimited = f.kernel.raiseMemlock()
		link, err = f.attach(sockets, everything)
	}
	if err != nil {
		return -1, f.refused(err, unlimited)
	}
	f.held = link
	return link, nil
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

// readSpaces returns the layout with what leads to network namespaces.
func (f *Finder) readSpaces() (*layout, error) {
	data, release, err := f.kernel.mapBTF()
	if err != nil {
		return nil, err
	}
	defer release()
	l := f.layout
	return &l, l.findSpaces(data)
}

// refused is the error of a call of bpf(2); unlimited says that it was not
// for RLIMIT_MEMLOCK.
func (f *Finder) refused(err error, unlimited bool) error {
	if errors.Is(err, syscall.EPERM) && f.chargesMemlock() && !unlimited && errors.Is(f.kernel.mayCall(), syscall.EINVAL) {
		return &UnavailableError{Reason: reasonMemlock, Err: err}
	}
	return refused(f.kernel, err)
}

// chargesMemlock reports whether the kernel charges programs to RLIMIT_MEMLOCK, and
// says EPERM beyond it: since Linux 5.11 it charges them to the control group.
func (f *Finder) chargesMemlock() bool { return before(f.kernel.release(), 5, 11) }

// attach loads the program for files with an inode in some spans, and returns a link
// to it, which keeps the program.
func (f *Finder) attach(files searched, spans []span) (link int, err error) {
	l := &f.layout
	if files.elsewhere {
		if l, err = f.spaces(); err != nil {
			return -1, err
		}
	}
	filled, err := fill(nativeProgram(), binary.NativeEndian, l, files, spans)
	if err != nil {
		return -1, err
	}
	program, err := f.load(filled, nil)
	if err != nil {
		return -1, f.explain(filled, err)
	}
	defer f.kernel.close(program)
	if link, err = f.kernel.link(program); err != nil {
		return -1, fmt.Errorf("attach the program: %w", err)
	}
	return link, nil
}

// loadTries bounds how often a load that a signal interrupted is tried again.
// The Go runtime interrupts its threads with signals.
const loadTries = 20

// load loads a program.
func (f *Finder) load(program, log []byte) (fd int, err error) {
	for range loadTries {
		fd, err = f.kernel.load(program, f.layout.hook, log)
		if !errors.Is(err, syscall.EAGAIN) && !errors.Is(err, syscall.EINTR) {
			break
		}
	}
	return fd, err
}

// logSize is room for what the verifier writes, in bytes: some 10,000 for this
// program.
const logSize = 1 << 20

// explain returns the error of a load with the last words of the verifier, if it was
// the verifier that refused the program: it is asked again for them.
func (f *Finder) explain(program []byte, err error) error {
	log := make([]byte, logSize)
	if fd, again := f.load(program, log); again == nil {
		f.kernel.close(fd)
		return fmt.Errorf("load the program: %w", err)
	}
	if line := lastWords(log); line != "" {
		err = &verifierError{errno: err, line: line}
	}
	return fmt.Errorf("load the program: %w", err)
}
