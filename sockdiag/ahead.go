package sockdiag

import (
	"errors"
	"sync"
	"syscall"
)

// aheadDepth is how many datagrams wait for the reader: 32 KiB each.
const aheadDepth = 8

// ahead is a wire that receives while the reader decodes what came before. The
// kernel makes a dump inside of recvmsg, so this puts its work and ours on two
// processors. It reads up to the message that ends a dump and no further.
type ahead struct {
	wire
	full  chan arrival
	empty chan []byte
	stop  chan struct{}
	// finished is closed when nothing more of the answer will be received.
	finished <-chan struct{}
	group    sync.WaitGroup
}

// arrival is what one receive of the wire beneath returned.
type arrival struct {
	buf       []byte
	n         int
	truncated bool
	err       error
}

func newAhead(w wire, size int) *ahead {
	a := &ahead{wire: w, full: make(chan arrival, aheadDepth), empty: make(chan []byte, aheadDepth), stop: make(chan struct{})}
	for range aheadDepth {
		a.empty <- make([]byte, size)
	}
	return a
}

// send returns at once. The kernel begins a dump inside of sendmsg, and goes
// through a whole table there if nothing in it is asked for, so that too is done
// aside; its error is the first thing that is received.
func (a *ahead) send(request []byte) error {
	a.group.Wait()                    // for the end of an answer that was read to its end
	seq := native.Uint32(request[8:]) // nlmsg_seq
	finished := make(chan struct{})
	a.finished = finished
	a.group.Go(func() {
		defer close(finished)
		if err := a.wire.send(request); err != nil {
			a.full <- arrival{buf: <-a.empty, err: &opError{"send", err}}
			return
		}
		a.read(seq)
	})
	return nil
}

func (a *ahead) read(seq uint32) {
	for {
		var d arrival
		select {
		case d.buf = <-a.empty:
		case <-a.stop:
			return
		}
		d.n, d.truncated, d.err = a.wire.receive(d.buf)
		last := d.truncated || a.ends(d.buf[:d.n], seq) || d.err != nil && !errors.Is(d.err, syscall.EAGAIN) && !errors.Is(d.err, syscall.EINTR)
		select {
		case a.full <- d:
		case <-a.stop:
			return
		}
		if last {
			return
		}
	}
}

// ends reports whether a datagram holds the message that ends the answer to the
// request of this number.
func (a *ahead) ends(b []byte, seq uint32) bool {
	for all := (messages{b}); ; {
		m, ok := all.next()
		if !ok {
			return false
		}
		if m.seq != seq || m.port != a.wire.port() {
			continue
		}
		// An error of 0 is an acknowledgement: the answer follows.
		if errno, _ := messageErrno(m.payload); m.kind == nlmsgDone || m.kind == nlmsgError && errno != 0 {
			return true
		}
	}
}

func (a *ahead) receive(buf []byte) (int, bool, error) {
	var d arrival
	select {
	case d = <-a.full:
	case <-a.finished:
		select {
		case d = <-a.full:
		default:
			return 0, false, syscall.EAGAIN // nothing more is on its way
		}
	}
	n := copy(buf, d.buf[:d.n])
	a.empty <- d.buf
	return n, d.truncated || n < d.n, d.err
}

func (a *ahead) close() {
	close(a.stop)
	a.group.Wait()
	a.wire.close()
}
