package sockdiag

import (
	"errors"
	"sync"
	"syscall"
	"time"
)

// prefetchDepth is how many datagrams of 32 KiB are received before they are read,
// batchSize how many are handed over at a time: each time wakes the reader.
const (
	prefetchDepth = 16
	batchSize     = 4
)

// prefetcher is a wire that receives while the reader decodes what came before. The
// kernel makes a dump inside of recvmsg, so this puts its work and ours on two
// processors. It reads up to the message that ends a dump and no further.
type prefetcher struct {
	wire
	size  int // of a buffer
	made  int // buffers, at most prefetchDepth
	full  chan batch
	empty chan []byte
	stop  chan struct{}
	// finished is closed when nothing more of the answer will be received.
	finished <-chan struct{}
	group    sync.WaitGroup

	// Of the reader:
	current  batch
	lent     []byte // the buffer of the last datagram
	captured time.Time
}

// arrival is what one receive of the wire beneath returned.
type arrival struct {
	buf       []byte // whole
	datagram  []byte
	truncated bool
	err       error
	at        time.Time // see exchange.captured
}

// batch is a few arrivals in their order.
type batch struct {
	arrivals [batchSize]arrival
	n, next  int
}

func newPrefetcher(w wire, size int) *prefetcher {
	return &prefetcher{
		wire: w, size: size, stop: make(chan struct{}),
		full: make(chan batch, prefetchDepth), empty: make(chan []byte, prefetchDepth),
	}
}

// send returns at once. The kernel begins a dump inside of sendmsg, and goes
// through a whole table there if nothing in it is asked for, so that too is done
// in the background; its error is the first thing that is received.
func (p *prefetcher) send(request []byte) error {
	p.group.Wait()                    // for the end of an answer that was read to its end
	seq := native.Uint32(request[8:]) // nlmsg_seq
	finished := make(chan struct{})
	p.finished, p.current = finished, batch{}
	p.group.Go(func() {
		defer close(finished)
		var b batch
		if err := p.wire.send(request); err != nil {
			b.add(arrival{err: &opError{"send", err}})
			p.hand(&b)
			return
		}
		p.read(seq, &b, time.Now())
	})
	return nil
}

func (b *batch) add(d arrival) {
	b.arrivals[b.n] = d
	b.n++
}

// read receives the answer to the request of this number, which was sent at a time.
func (p *prefetcher) read(seq uint32, b *batch, at time.Time) {
	for last := false; !last; {
		d := arrival{buf: p.buffer(b), at: at}
		if d.buf == nil {
			return
		}
		d.datagram, d.truncated, d.err = p.wire.receive(d.buf)
		at = time.Now()
		last = d.truncated || p.ends(d.datagram, seq) || d.err != nil && !errors.Is(d.err, syscall.EAGAIN) && !errors.Is(d.err, syscall.EINTR)
		b.add(d)
		if (last || d.err != nil || b.n == batchSize) && !p.hand(b) {
			return
		}
	}
}

// buffer returns a buffer that nobody reads, nil if the reader has gone. What
// was received must not wait for one.
func (p *prefetcher) buffer(b *batch) []byte {
	select {
	case b := <-p.empty:
		return b
	default:
	}
	if p.made < prefetchDepth {
		p.made++
		return make([]byte, p.size)
	}
	if !p.hand(b) {
		return nil
	}
	select {
	case b := <-p.empty:
		return b
	case <-p.stop:
		return nil
	}
}

// hand hands a batch to the reader, and reports whether there is one.
func (p *prefetcher) hand(b *batch) bool {
	if b.n == 0 {
		return true
	}
	select {
	case p.full <- *b:
		*b = batch{}
		return true
	case <-p.stop:
		return false
	}
}

// ends reports whether a datagram holds the message that ends the answer to the
// request of this number. It is asked of every datagram before the next one is
// received, so rows are only stepped over.
func (p *prefetcher) ends(b []byte, seq uint32) bool {
	for len(b) >= nlmsgHeaderLen {
		if kind := native.Uint16(b[4:]); kind == nlmsgDone || kind == nlmsgError {
			if p.end(b, seq) {
				return true
			}
		}
		n := align4(int(native.Uint32(b)))
		if n < nlmsgHeaderLen || n > len(b) {
			return false
		}
		b = b[n:]
	}
	return false
}

// end reports whether the first of the messages is the end.
func (p *prefetcher) end(b []byte, seq uint32) bool {
	m, ok := (&messages{b}).next()
	if !ok || m.seq != seq || m.port != p.wire.port() {
		return false
	}
	// An error of 0 is an acknowledgement: the answer follows.
	errno, _ := messageErrno(m.payload)
	return m.kind == nlmsgDone || errno != 0
}

// receive returns a datagram in a buffer of its own, not in the given one.
func (p *prefetcher) receive([]byte) ([]byte, bool, error) {
	if p.lent != nil {
		p.empty <- p.lent
		p.lent = nil
	}
	if p.current.next == p.current.n && !p.fetch() {
		return nil, false, syscall.EAGAIN // nothing more is on its way
	}
	d := &p.current.arrivals[p.current.next]
	p.current.next++
	p.lent, p.captured = d.buf, d.at
	return d.datagram, d.truncated, d.err
}

// fetch waits for the next batch; there is none behind the end of an answer.
func (p *prefetcher) fetch() bool {
	select {
	case p.current = <-p.full:
		return true
	case <-p.finished:
	}
	select {
	case p.current = <-p.full:
		return true
	default:
		return false
	}
}

func (p *prefetcher) close() {
	close(p.stop)
	p.group.Wait()
	p.wire.close()
}
