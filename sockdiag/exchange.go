package sockdiag

import (
	"context"
	"errors"
	"syscall"
	"time"
)

const (
	// initialBuffer holds the largest datagram of a dump: the kernel fills at most
	// 32 KiB (netlink_recvmsg: max_recvmsg_len).
	initialBuffer = 32 << 10
	maxBuffer     = 1 << 20
	// maxSilence is how many receives in a row may find nothing: ten seconds.
	maxSilence = 50
	// maxForeign is how many datagrams in a row may be for somebody else.
	maxForeign = 4096
)

// exchange is requests to the kernel and its answers: one at a time over one wire,
// which is opened when it is needed and read into one buffer.
type exchange struct {
	open func() (wire, error)
	w    wire
	seq  uint32
	buf  []byte
	// unfinished: replies to the last request may still come. The kernel begins
	// no other dump on this socket (EBUSY), so the next request takes a new one.
	unfinished bool
	// prefetch: replies are received while earlier ones are read.
	prefetch bool
	// captured is when the kernel wrote the datagram that was received last: it
	// writes one ahead, inside of the call before (netlink_dump), which ended then.
	captured, ended time.Time
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

// rowFunc takes the payload of one message about a socket or a tracked connection. It returns
// false in more if nobody wants any more.
type rowFunc func(payload []byte) (p parsed, more bool)

// close frees what the exchange holds.
func (e *exchange) close() {
	e.hangUp()
	e.buf = nil
}

// hangUp closes the wire; the next request takes a new one.
func (e *exchange) hangUp() {
	if e.w != nil {
		e.w.close()
		e.w = nil
	}
}

// prepare sends the first request before anybody reads its replies. Where no
// more files may be opened it does nothing: there may be one less when the request
// has its turn. It reports whether that is so.
func (e *exchange) prepare(request []byte) (noFiles bool) {
	e.failed = e.begin(request)
	noFiles = errors.Is(e.failed, syscall.EMFILE) || errors.Is(e.failed, syscall.ENFILE)
	e.sent = !noFiles
	return noFiles
}

// begin sends a request, unless it was sent already.
func (e *exchange) begin(request []byte) error {
	if e.sent {
		e.sent = false
		return e.failed
	}
	if e.unfinished {
		e.hangUp()
	}
	if e.buf == nil {
		e.buf = make([]byte, initialBuffer)
	}
	if e.w == nil {
		w, err := e.open()
		if err != nil {
			return &opError{"open", err}
		}
		if e.prefetch {
			w = newPrefetcher(w, len(e.buf))
		}
		e.w = w
	}
	e.seq++
	seal(request, e.seq)
	if err := e.w.send(request); err != nil {
		return &opError{"send", err}
	}
	e.ended = time.Now()
	e.unfinished = true
	return nil
}

// grow doubles the buffer, up to maxBuffer.
func (e *exchange) grow() {
	e.buf = make([]byte, min(2*len(e.buf), maxBuffer))
}

// receive waits for the next datagram.
func (e *exchange) receive(ctx context.Context) (datagram []byte, truncated bool, err error) {
	for silent := 0; silent < maxSilence; {
		if err := ctx.Err(); err != nil {
			return nil, false, err
		}
		datagram, truncated, err := e.w.receive(e.buf)
		switch {
		case err == nil:
			if p, ahead := e.w.(*prefetcher); ahead {
				e.captured = p.captured
			} else {
				e.captured, e.ended = e.ended, time.Now()
			}
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
func (e *exchange) dump(ctx context.Context, request []byte, row rowFunc) (outcome, error) {
	var out outcome
	if err := e.begin(request); err != nil {
		return out, err
	}
	for foreign := 0; foreign < maxForeign; foreign++ {
		datagram, truncated, err := e.receive(ctx)
		if errors.Is(err, syscall.ENOBUFS) {
			out.inconsistent = true
			return out, nil
		}
		if err != nil {
			return out, err
		}
		a := answer{exchange: e, out: &out, row: row, messages: messages{datagram}, cut: truncated}
		if err := a.read(); err != nil || a.done {
			e.unfinished = !a.done
			return out, err
		}
		if truncated {
			out.inconsistent, out.truncated = true, true
			return out, nil
		}
		if a.own {
			foreign = -1
		}
	}
	return out, &opError{"receive", errForeign}
}

// answer is one datagram of a dump.
type answer struct {
	messages
	exchange *exchange
	out      *outcome
	row      rowFunc
	cut      bool // the datagram's end is lost
	own      bool // something in it is an answer to the request
	done     bool // the dump has ended
}

// read reads the messages of a datagram.
func (a *answer) read() error {
	for {
		m, ok := a.next()
		if !ok {
			break
		}
		if m.seq != a.exchange.seq || m.port != a.exchange.w.port() {
			continue
		}
		a.own = true
		if m.flags&nlmFDumpIntr != 0 {
			a.out.inconsistent = true
		}
		if err := a.message(m); err != nil || a.done {
			return err
		}
	}
	if len(a.rest) > 0 && !a.cut {
		a.out.malformed++
	}
	return nil
}

// message reads one message that answers the request.
func (a *answer) message(m message) error {
	switch m.kind {
	case sockDiagByFamily, tcpDiagGetSock, ctNew:
		p, more := a.row(m.payload)
		if p.malformed() {
			a.out.malformed++
		}
		if !more {
			return errStopped
		}
	case nlmsgDone:
		a.done = true
		// A handler that the kernel lacks is -ENOENT here, as in NLMSG_ERROR.
		// Old kernels sent no payload.
		if errno, _ := messageErrno(m.payload); errno != 0 {
			return syscall.Errno(errno)
		}
	case nlmsgError:
		errno, ok := messageErrno(m.payload)
		if errno != 0 {
			a.done = true
			return syscall.Errno(errno)
		}
		if !ok {
			a.out.malformed++
		}
	case nlmsgOverrun:
		a.out.inconsistent = true
	case nlmsgNoop:
	default:
		a.out.malformed++
	}
	return nil
}

// wire carries netlink messages to and from the kernel. It is the one seam for
// tests, which replay bytes through it. Its errors are the operating system's.
type wire interface {
	// port returns the netlink port id of this end, which the kernel puts into
	// each reply.
	port() uint32
	// send sends one datagram.
	send(datagram []byte) error
	// receive waits a moment for one datagram and returns it, in buf or in memory
	// of the wire that is its caller's until the next call. truncated reports
	// that there was too little room and the rest of the datagram is lost. If
	// nothing came the error is EAGAIN; it may be EINTR for no reason.
	receive(buf []byte) (datagram []byte, truncated bool, err error)
	close()
}
