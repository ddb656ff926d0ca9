package bpfiter

import (
	"context"
	"errors"
	"fmt"
	"syscall"

	"sockeye/sock"
)

// Find looks through the descriptors of every process, and of every thread that has
// a table of its own. The error is the context's, or wraps [sock.ErrUnavailable].
func (f *Finder) Find(ctx context.Context, q Query) (*Index, error) {
	if q.Want != nil && len(q.Want) == 0 {
		return &Index{}, ctx.Err()
	}
	s := search{want: newWanted(q.Want), builder: newBuilder(len(q.Want), f.offset)}
	link, release, err := f.linkTo(f.files(q), s.want)
	if err != nil {
		return nil, err
	}
	defer release()
	if err := f.read(ctx, link, &s); err != nil {
		return nil, err
	}
	return s.builder.finish(), nil
}

// linkTo returns a link to the program for some files with wanted inodes.
func (f *Finder) linkTo(files searched, want wanted) (link int, release func(), err error) {
	if files != sockets || want != nil {
		link, err = f.attach(files, want.spans())
		switch {
		case err == nil:
			return link, func() { f.kernel.close(link) }, nil
		case files != sockets:
			return -1, nil, fmt.Errorf("%w: %w", sock.ErrUnavailable, err)
		}
		// What the kernel does not do for us is done here, so that a refusal costs
		// time only.
	}
	link, err = f.all()
	return link, func() {}, err
}

// sockets are the files that owners are found by.
var sockets = searched{magic: magicSockets}

// files returns which files are searched. A kernel whose BTF does not say how a socket
// leads to its namespace tells of the files of namespaces alone.
func (f *Finder) files(q Query) searched {
	switch {
	case q.Anonymous:
		return searched{magic: magicAnonymous}
	case q.Namespaces:
		_, err := f.spaces()
		return searched{magic: magicNamespace, elsewhere: err == nil}
	}
	return sockets
}

// bufferSize is the most that fits the kernel's own buffer of 8 pages
// (bpf_seq_read in kernel/bpf/bpf_iter.c), in whole records, so that none is ever
// split.
const bufferSize = 8 * 4096 / recordSize * recordSize

// read reads the output of an iteration to its end.
func (f *Finder) read(ctx context.Context, link int, s *search) error {
	fd, err := f.kernel.iterate(link)
	if err != nil {
		return fmt.Errorf("%w: start the search: %w", sock.ErrUnavailable, err)
	}
	defer f.kernel.close(fd)
	buffer := make([]byte, bufferSize)
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		n, err := f.kernel.read(fd, buffer)
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
		for b := buffer[:n]; len(b) > 0; b = b[recordSize:] {
			s.take(b)
		}
	}
}

// search is what is made of the records of an iteration.
type search struct {
	want    wanted
	builder *builder
}

// take adds a record to the index if it is wanted.
func (s *search) take(b []byte) {
	r := decodeRecord(b)
	if r.pid == 0 || r.inode == 0 {
		return // it ended while it was looked at
	}
	if s.want.has(r.inode) {
		s.builder.add(&r)
	}
}
