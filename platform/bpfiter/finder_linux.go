package bpfiter

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"sync/atomic"
	"syscall"
)

// Finder looks for the owners of sockets. It may be used by several goroutines
// at a time.
type Finder struct {
	kernel kernel
	layout layout
	// offset is that of the time namespace, in nanoseconds.
	offset int64
	// program and link are for every socket of every process.
	program, link int
	// unrestricted is set once the kernel has turned out not to restrict an
	// iteration to a process.
	unrestricted atomic.Bool
	// short is how many bytes of records a search may give for which no program
	// of its own is loaded.
	short int
	// few is set when a search was that short.
	few atomic.Bool
}

// Open finds out whether the kernel looks for owners here, and prepares it. Every
// refusal is an [*UnavailableError]. The Finder holds two descriptors until it is
// closed.
func Open() (*Finder, error) {
	f, err := open(host{})
	if err == nil && tasks() > manyTasks {
		f.short = 0
	}
	return f, err
}

// manyTasks is from how many threads on a machine on no search is taken for a
// short one: each takes a few microseconds.
const manyTasks = 500

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
	f := &Finder{kernel: k, short: wholeBuffer}
	if err := f.readLayout(); err != nil {
		return nil, &UnavailableError{Reason: btfReason(err), Err: err}
	}
	var err error
	if f.program, err = f.load(everything, false); err != nil {
		return nil, f.refused(err)
	}
	if f.link, err = k.link(f.program, 0); err != nil {
		k.close(f.program)
		return nil, f.refused(fmt.Errorf("attach the program: %w", err))
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
	f.kernel.close(f.program)
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

// load loads the program for some spans of inodes; it counts references if that is
// asked for and the kernel allows it.
func (f *Finder) load(spans []span, count bool) (int, error) {
	program, err := fill(nativeProgram(), binary.NativeEndian, &f.layout, spans, count)
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

// chosen is the program of a search.
type chosen struct {
	fd     int
	counts bool // it counts references
}

// choose loads the program that suits best. What the kernel does not do for us
// is done here, so that a refusal costs time only.
func (f *Finder) choose(want *wanted) chosen {
	spans := want.spans()
	for _, count := range []bool{true, false} {
		if count && !f.layout.countable {
			continue
		}
		if fd, err := f.load(spans, count); err == nil {
			return chosen{fd, count}
		}
	}
	return chosen{fd: f.program}
}

// findAtOnce looks for every socket, with the program that is loaded already. On
// a machine with few sockets that is over before the kernel has verified another
// program; there is no answer if it has many and not all are wanted.
func (f *Finder) findAtOnce(ctx context.Context, q Query, want *wanted) (*Index, error) {
	s := f.begin(q, want, chosen{fd: f.program})
	if !want.all {
		if f.short == 0 {
			return nil, nil
		}
		s.buffer, s.once = s.buffer[:f.short], true
	}
	switch err := s.everywhere(ctx); {
	case errors.Is(err, errMore):
		return nil, nil
	case err != nil:
		return nil, err
	}
	if !want.all {
		f.few.Store(true)
	}
	return s.builder.finish(), nil
}

// Find looks through the descriptors of every process for sockets. The error is
// the context's, or wraps [sock.ErrUnavailable].
func (f *Finder) Find(ctx context.Context, q Query) (*Index, error) {
	if q.Want != nil && len(q.Want) == 0 {
		return &Index{}, ctx.Err()
	}
	want := newWanted(q.Want)
	if want.all || len(q.First) == 0 || f.few.Load() {
		if ix, err := f.findAtOnce(ctx, q, want); ix != nil || err != nil {
			return ix, err
		}
	}
	program := f.choose(want)
	if program.fd != f.program {
		defer f.kernel.close(program.fd)
	}
	if program.counts && len(q.First) > 0 {
		s := f.begin(q, want, program)
		if err := s.within(ctx, q.First); err != nil {
			return nil, err
		}
		if ix, err := s.certain(ctx); ix != nil || err != nil {
			return ix, err
		}
	}
	// From the start, whatever was seen: what was seen twice would pass for two
	// holders.
	s := f.begin(q, want, program)
	if err := s.everywhere(ctx); err != nil {
		return nil, err
	}
	if s.tally.complete() {
		if ix, err := s.certain(ctx); ix != nil || err != nil {
			return ix, err
		}
		s = f.begin(q, want, program)
		s.tally = nil
		if err := s.everywhere(ctx); err != nil {
			return nil, err
		}
	}
	return s.builder.finish(), nil
}
