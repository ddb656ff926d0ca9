package bpfiter

import (
	"context"
	"errors"
	"fmt"
	"syscall"

	"sockeye/sock"
)

// search is one call of Find.
type search struct {
	*Finder
	query   Query
	want    *wanted
	builder *builder
}

// start starts the iteration. filtered reports that the program itself looks for
// the wanted inodes alone.
//
// What the kernel does not do for us is done here, so that a refusal of the
// filter or of the restriction costs time only.
func (s *search) start() (fd int, filtered bool, err error) {
	program := s.program
	if few := s.want.few(); few != nil {
		if p, err := s.load(few); err == nil {
			defer s.kernel.close(p)
			program, filtered = p, true
		}
	}
	link, err := s.attach(program)
	if err != nil && filtered {
		filtered = false
		link, err = s.attach(s.program)
	}
	if err != nil {
		return -1, false, err
	}
	if link != s.link {
		defer s.kernel.close(link) // the iteration keeps it
	}
	fd, err = s.kernel.iterate(link)
	return fd, filtered, err
}

// attach returns a link for the program, restricted to the process that the
// query names where the kernel can (Linux 6.1).
func (s *search) attach(program int) (int, error) {
	if s.query.PID > 0 && !s.unrestricted.Load() {
		link, err := s.kernel.link(program, s.query.PID)
		if err == nil {
			return link, nil
		}
		s.unrestricted.Store(true)
	}
	if program == s.program {
		return s.link, nil
	}
	return s.kernel.link(program, 0)
}

// Sizes of the buffer that is read into, in whole records, so that none is ever
// split.
const (
	// wholeBuffer is the most that fits the kernel's own buffer of 8 pages
	// (bpf_seq_read in kernel/bpf/bpf_iter.c).
	wholeBuffer = 8 * 4096 / recordSize * recordSize
	// pageBuffer is what is read beyond the socket after which a search may
	// stop: some 50 microseconds.
	pageBuffer = 4096 / recordSize * recordSize
)

// bufferSize returns how much is read at a time.
func (s *search) bufferSize(filtered bool) int {
	switch {
	case !s.query.StopEarly || s.want.all:
		return wholeBuffer
	case filtered:
		// A read returns when it is full, so this one does at the first socket.
		return recordSize
	}
	return pageBuffer
}

// early reports whether nothing more need be read.
func (s *search) early() bool { return s.query.StopEarly && s.want.complete() }

// run reads the output of the iteration.
func (s *search) run(ctx context.Context, fd int, buf []byte) error {
	for !s.early() {
		if err := ctx.Err(); err != nil {
			return err
		}
		n, err := s.kernel.read(fd, buf)
		switch {
		case errors.Is(err, syscall.EAGAIN), errors.Is(err, syscall.EINTR):
			// EAGAIN: a million descriptors without output (MAX_ITER_OBJECTS in
			// kernel/bpf/bpf_iter.c). The next read goes on from there.
			continue
		case err != nil:
			return fmt.Errorf("%w: search: %w", sock.ErrUnavailable, err)
		case n == 0:
			return nil
		case n%recordSize != 0:
			return fmt.Errorf("%w: search: %d bytes are no whole records", sock.ErrUnavailable, n)
		}
		for b := buf[:n]; len(b) > 0; b = b[recordSize:] {
			s.take(b)
		}
	}
	return nil
}

// take adds a record to the index if the query asks for it.
func (s *search) take(b []byte) {
	r := decodeRecord(b)
	switch {
	case r.pid == 0 || r.inode == 0: // it ended while it was looked at
	case r.tid != 0 && !s.query.Threads:
	case s.query.PID != 0 && int(r.pid) != s.query.PID:
	case s.want.take(r.inode):
		s.builder.add(&r)
	}
}
