package sockdiag

import (
	"errors"
	"sync"
	"syscall"
)

// aheadDepth is how many datagrams of 32 KiB are received before they are read,
// volleySize how many are handed over at a time: each time wakes the reader.
const (
	aheadDepth = 16
	volleySize = 4
)

// ahead is a wire that receives while the reader decodes what came before. The
// kernel makes a dump inside of recvmsg, so this puts its work and ours on two
// processors. It reads up to the message that ends a dump and no further.
type ahead struct {
	wire
	size  int // of a buffer
	made  int // buffers, at most aheadDepth
	full  chan volley
	empty chan []byte
	stop  chan struct{}
	// finished is closed when nothing more of the answer will be received.
	finished <-chan struct{}
	group    sync.WaitGroup

	// Of the reader:
	current volley
	lent    []byte // the buffer of the last datagram
}

// arrival is what one receive of the wire beneath returned.
type arrival struct {
	buf       []byte // whole
	datagram  []byte
	truncated bool
	err       error
}

// volley is a few arrivals in their order.
type volley struct {
	arrivals [volleySize]arrival
	n, next  int
}

func newAhead(w wire, size int) *ahead {
	return &ahead{
		wire: w, size: size, stop: make(chan struct{}),
		full: make(chan volley, aheadDepth), empty: make(chan []byte, aheadDepth),
	}
}

// send returns at once. The kernel begins a dump inside of sendmsg, and goes
// through a whole table there if nothing in it is asked for, so that too is done
// aside; its error is the first thing that is received.
func (a *ahead) send(request []byte) error {
	a.group.Wait()                    // for the end of an answer that was read to its end
	seq := native.Uint32(request[8:]) // nlmsg_seq
	finished := make(chan struct{})
	a.finished, a.current = finished, volley{}
	a.group.Go(func() {
		defer close(finished)
		var v volley
		if err := a.wire.send(request); err != nil {
			v.add(arrival{err: &opError{"send", err}})
			a.hand(&v)
			return
		}
		a.read(seq, &v)
	})
	return nil
}

func (v *volley) add(d arrival) {
	v.arrivals[v.n] = d
	v.n++
}

// read receives the answer to the request of this number.
func (a *ahead) read(seq uint32, v *volley) {
	for last := false; !last; {
		d := arrival{buf: a.buffer(v)}
		if d.buf == nil {
			return
		}
		d.datagram, d.truncated, d.err = a.wire.receive(d.buf)
		last = d.truncated || a.ends(d.datagram, seq) || d.err != nil && !errors.Is(d.err, syscall.EAGAIN) && !errors.Is(d.err, syscall.EINTR)
		v.add(d)
		if (last || d.err != nil || v.n == volleySize) && !a.hand(v) {
			return
		}
	}
}

// buffer returns a buffer that nobody reads, nil if the reader has gone. What
// was received must not wait for one.
func (a *ahead) buffer(v *volley) []byte {
	select {
	case b := <-a.empty:
		return b
	default:
	}
	if a.made < aheadDepth {
		a.made++
		return make([]byte, a.size)
	}
	if !a.hand(v) {
		return nil
	}
	select {
	case b := <-a.empty:
		return b
	case <-a.stop:
		return nil
	}
}

// hand hands a volley to the reader, and reports whether there is one.
func (a *ahead) hand(v *volley) bool {
	if v.n == 0 {
		return true
	}
	select {
	case a.full <- *v:
		*v = volley{}
		return true
	case <-a.stop:
		return false
	}
}

// ends reports whether a datagram holds the message that ends the answer to the
// request of this number. It is asked of every datagram before the next one is
// received, so rows are only stepped over.
func (a *ahead) ends(b []byte, seq uint32) bool {
	for len(b) >= nlmsgHeaderLen {
		if kind := native.Uint16(b[4:]); kind == nlmsgDone || kind == nlmsgError {
			if a.end(b, seq) {
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
func (a *ahead) end(b []byte, seq uint32) bool {
	m, ok := (&messages{b}).next()
	if !ok || m.seq != seq || m.port != a.wire.port() {
		return false
	}
	// An error of 0 is an acknowledgement: the answer follows.
	errno, _ := messageErrno(m.payload)
	return m.kind == nlmsgDone || errno != 0
}

// receive returns a datagram in a buffer of its own, not in the given one.
func (a *ahead) receive([]byte) ([]byte, bool, error) {
	if a.lent != nil {
		a.empty <- a.lent
		a.lent = nil
	}
	if a.current.next == a.current.n && !a.fetch() {
		return nil, false, syscall.EAGAIN // nothing more is on its way
	}
	d := &a.current.arrivals[a.current.next]
	a.current.next++
	a.lent = d.buf
	return d.datagram, d.truncated, d.err
}

// fetch waits for the next volley; there is none behind the end of an answer.
func (a *ahead) fetch() bool {
	select {
	case a.current = <-a.full:
		return true
	case <-a.finished:
	}
	select {
	case a.current = <-a.full:
		return true
	default:
		return false
	}
}

func (a *ahead) close() {
	close(a.stop)
	a.group.Wait()
	a.wire.close()
}
