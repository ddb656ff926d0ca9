package sockdiag

import (
	"context"
	"errors"
	"syscall"
)

const (
	// initialBuffer holds the largest batch of a dump: the kernel fills at most
	// 32 KiB (netlink_recvmsg: max_recvmsg_len).
	initialBuffer = 32 << 10
	maxBuffer     = 1 << 20
	// maxSilence is how many receives in a row may find nothing: ten seconds.
	maxSilence = 50
	// maxForeign is how many datagrams in a row may be for somebody else.
	maxForeign = 4096
)

// session is a conversation with the kernel: one request at a time over one
// wire, which is opened when it is needed and read into one buffer.
type session struct {
	open func() (wire, error)
	w    wire
	seq  uint32
	buf  []byte
	// unfinished: replies to the last request may still come. The kernel begins
	// no other dump on this socket (EBUSY), so the next request takes a new one.
	unfinished bool
	// ahead: replies are received while earlier ones are read.
	ahead bool
	// sent: the next request is on its way already; failed says if it is not.
	sent   bool
	failed error
}

// outcome says what is known about a dump that has ended.
type outcome struct {
	// inconsistent: rows may be missing or doubled.
	inconsistent bool
	// truncated: the buffer was too small.
	truncated bool
	// malformed counts what could not be understood.
	malformed int
}

// rowFunc takes the payload of one SOCK_DIAG_BY_FAMILY message. It returns
// false in more if nobody wants any more.
type rowFunc func(payload []byte) (v verdict, more bool)

func (s *session) close() {
	if s.w != nil {
		s.w.close()
		s.w = nil
	}
}

// prepare sends the first request before anybody reads its replies.
func (s *session) prepare(request []byte) {
	s.failed = s.begin(request)
	s.sent = true
}

// begin sends a request, unless it was sent already.
func (s *session) begin(request []byte) error {
	if s.sent {
		s.sent = false
		return s.failed
	}
	if s.unfinished {
		s.close()
	}
	if s.buf == nil {
		s.buf = make([]byte, initialBuffer)
	}
	if s.w == nil {
		w, err := s.open()
		if err != nil {
			return &opError{"open", err}
		}
		if s.ahead {
			w = newAhead(w, len(s.buf))
		}
		s.w = w
	}
	s.seq++
	seal(request, s.seq)
	if err := s.w.send(request); err != nil {
		return &opError{"send", err}
	}
	s.unfinished = true
	return nil
}

// grow doubles the buffer, up to maxBuffer.
func (s *session) grow() {
	s.buf = make([]byte, min(2*len(s.buf), maxBuffer))
}

// receive waits for the next datagram.
func (s *session) receive(ctx context.Context) (datagram []byte, truncated bool, err error) {
	for silent := 0; silent < maxSilence; {
		if err := ctx.Err(); err != nil {
			return nil, false, err
		}
		datagram, truncated, err := s.w.receive(s.buf)
		switch {
		case err == nil:
			return datagram, truncated, nil
		case errors.Is(err, syscall.EINTR):
		case errors.Is(err, syscall.EAGAIN):
			silent++
		default:
			if _, told := errors.AsType[*opError](err); told {
				return nil, false, err
			}
			return nil, false, &opError{"receive", err}
		}
	}
	return nil, false, &opError{"receive", errSilent}
}

// dump sends a dump request and hands each row to row. The error is errStopped
// if row wanted no more. ENOBUFS and truncation end the dump early without an
// error: the message that ends it may be among those lost.
func (s *session) dump(ctx context.Context, request []byte, row rowFunc) (outcome, error) {
	var out outcome
	if err := s.begin(request); err != nil {
		return out, err
	}
	for foreign := 0; foreign < maxForeign; foreign++ {
		datagram, truncated, err := s.receive(ctx)
		if errors.Is(err, syscall.ENOBUFS) {
			out.inconsistent = true
			return out, nil
		}
		if err != nil {
			return out, err
		}
		b := batch{session: s, out: &out, row: row, messages: messages{datagram}, cut: truncated}
		if err := b.read(); err != nil || b.done {
			s.unfinished = !b.done
			return out, err
		}
		if truncated {
			out.inconsistent, out.truncated = true, true
			return out, nil
		}
		if b.own {
			foreign = -1
		}
	}
	return out, &opError{"receive", errForeign}
}

// batch is one datagram of a dump.
type batch struct {
	messages
	session *session
	out     *outcome
	row     rowFunc
	cut     bool // the datagram's end is lost
	own     bool // something in it is an answer to the request
	done    bool // the dump has ended
}

// read reads the messages of a batch.
func (b *batch) read() error {
	for {
		m, ok := b.next()
		if !ok {
			break
		}
		if m.seq != b.session.seq || m.port != b.session.w.port() {
			continue
		}
		b.own = true
		if m.flags&nlmFDumpIntr != 0 {
			b.out.inconsistent = true
		}
		if err := b.message(m); err != nil || b.done {
			return err
		}
	}
	if len(b.rest) > 0 && !b.cut {
		b.out.malformed++
	}
	return nil
}

// message reads one message that answers the request.
func (b *batch) message(m message) error {
	switch m.kind {
	case sockDiagByFamily, tcpDiagGetSock:
		v, more := b.row(m.payload)
		if v != understood {
			b.out.malformed++
		}
		if !more {
			return errStopped
		}
	case nlmsgDone:
		b.done = true
		// A handler that the kernel lacks is -ENOENT here, as in NLMSG_ERROR.
		// Old kernels sent no payload.
		if errno, _ := messageErrno(m.payload); errno != 0 {
			return syscall.Errno(errno)
		}
	case nlmsgError:
		errno, ok := messageErrno(m.payload)
		if errno != 0 {
			b.done = true
			return syscall.Errno(errno)
		}
		if !ok {
			b.out.malformed++
		}
	case nlmsgOverrun:
		b.out.inconsistent = true
	case nlmsgNoop:
	default:
		b.out.malformed++
	}
	return nil
}
