package bpfiter

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"syscall"

	"sockeye/sock"
)

// search is one way through descriptors.
type search struct {
	*Finder
	query   Query
	program chosen
	want    *wanted
	builder *builder
	tally   *tally // nil: the search goes to its end
	buffer  []byte
	wary    int  // records that are read at a time, at least
	once    bool // no more than one full buffer is read
}

// errMore ends a search that may read one buffer.
var errMore = errors.New("there are more sockets")

// begin returns a search that has seen nothing.
func (f *Finder) begin(q Query, want *wanted, program chosen) *search {
	s := &search{
		Finder: f, query: q, program: program, want: want,
		builder: newBuilder(len(q.Want), f.offset),
		buffer:  make([]byte, wholeBuffer),
		wary:    1,
	}
	if program.counts {
		s.tally = newTally(want)
	}
	return s
}

// everywhere looks through every process.
func (s *search) everywhere(ctx context.Context) error {
	link := s.link
	if s.program.fd != s.Finder.program {
		own, err := s.kernel.link(s.program.fd, 0)
		if err != nil {
			// With what Open attached, then.
			s.program, s.tally = chosen{fd: s.Finder.program}, nil
		} else {
			link = own
			defer s.kernel.close(link)
		}
	}
	return s.through(ctx, link)
}

// within looks through some processes, one by one, as far as it takes to see every
// holder. Where the kernel does not restrict an iteration (before Linux 6.1) it
// sees nothing.
func (s *search) within(ctx context.Context, pids []int) error {
	pids = slices.Clone(pids)
	slices.Sort(pids)
	pids = slices.Compact(pids)
	for i, pid := range pids {
		if i == maxFirst || s.unrestricted.Load() || s.tally.complete() {
			return nil
		}
		if pid <= 0 {
			continue // 0 would stand for every process
		}
		link, err := s.kernel.link(s.program.fd, pid)
		if err != nil {
			s.unrestricted.Store(true)
			return nil
		}
		err = s.through(ctx, link)
		s.kernel.close(link)
		if err != nil {
			return err
		}
	}
	return nil
}

// certain returns the answer if every holder has been seen, and the processes are
// those that they were; else nil.
func (s *search) certain(ctx context.Context) (*Index, error) {
	if !s.tally.complete() || s.builder.replaced {
		// A socket may have been seen in a process that then turned out to be
		// gone, its holders dropped with it.
		return nil, nil
	}
	if same, err := s.confirmed(ctx); !same || err != nil {
		return nil, err
	}
	return s.builder.finish(), nil
}

// confirmed looks at the entries of sockets with several references again, and
// reports whether they are the same. See [tally].
func (s *search) confirmed(ctx context.Context) (bool, error) {
	if len(s.tally.shared) == 0 {
		return true, nil
	}
	again := s.begin(s.query, s.want, s.program)
	if err := again.within(ctx, s.tally.sharing()); err != nil {
		return false, err
	}
	return again.tally.complete() && samePlaces(s.tally.shared, again.tally.shared), nil
}

// Sizes of the buffer that is read into, in whole records, so that none is ever
// split.
const (
	// wholeBuffer is the most that fits the kernel's own buffer of 8 pages
	// (bpf_seq_read in kernel/bpf/bpf_iter.c).
	wholeBuffer = 8 * 4096 / recordSize * recordSize
	// mostWary is how many records are read at a time, at most, to stop soon
	// behind the last wanted one.
	mostWary = 4096 / recordSize
)

// bufferSize returns how much is read next. A read returns when it is full: with
// a buffer for the entries that are missing at least, it does so at the last of
// them, or before. Where most records are of sockets that nobody asked for, a
// read for each would cost more than some sockets too many.
func (s *search) bufferSize() int {
	if !s.tally.open() {
		return wholeBuffer
	}
	return max(s.wary, min(s.tally.need, wholeBuffer/recordSize)) * recordSize
}

// through reads the output of an iteration, to its end or until every holder has
// been seen.
func (s *search) through(ctx context.Context, link int) error {
	fd, err := s.kernel.iterate(link)
	if err != nil {
		return fmt.Errorf("%w: start the search: %w", sock.ErrUnavailable, err)
	}
	defer s.kernel.close(fd)
	for !s.tally.complete() {
		if err := ctx.Err(); err != nil {
			return err
		}
		n, err := s.kernel.read(fd, s.buffer[:min(s.bufferSize(), len(s.buffer))])
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
		wanted := 0
		for b := s.buffer[:n]; len(b) > 0; b = b[recordSize:] {
			if s.take(b) {
				wanted++
			}
		}
		if 2*wanted < n/recordSize {
			s.wary = min(2*s.wary, mostWary)
		}
		if s.once && n == len(s.buffer) {
			return errMore
		}
	}
	return nil
}

// take counts a record and adds it to the index if the query asks for it. It
// reports whether it does.
func (s *search) take(b []byte) bool {
	r := decodeRecord(b)
	if r.pid == 0 || r.inode == 0 {
		return false // it ended while it was looked at
	}
	slot, ok := s.want.find(r.inode)
	if !ok {
		return false
	}
	s.tally.note(slot, &r)
	if r.tid == 0 || s.query.Threads {
		s.builder.add(&r)
	}
	return true
}
