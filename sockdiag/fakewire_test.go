package sockdiag

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"syscall"
	"testing"

	"sockeye/sock"
	"sockeye/sock/socktest"
)

// A fakeKernel replays datagrams. Each request takes the next script; a script
// is what the receives that follow find. Requests are kept.
type fakeKernel struct {
	t        *testing.T
	scripts  [][]delivery
	requests [][]byte
	opened   int
	closed   int
	openErr  error
	sendErr  error
}

// delivery is what one receive finds: the messages of a datagram, or an error.
type delivery struct {
	messages []reply
	raw      []byte // instead of messages
	err      error
	// The messages answer another request, or go to another socket.
	otherSeq, otherPort bool
}

// reply is one message of a datagram, sent as the answer to the request.
type reply struct {
	kind, flags uint16
	payload     []byte
}

func datagram(replies ...reply) delivery { return delivery{messages: replies} }
func row(payload []byte) reply           { return reply{kind: sockDiagByFamily, payload: payload} }
func done(code int32) reply              { return reply{kind: nlmsgDone, payload: errnoPayload(code)} }
func failure(code syscall.Errno) reply {
	return reply{kind: nlmsgError, payload: append(errnoPayload(-int32(code)), make([]byte, nlmsgHeaderLen)...)}
}
func failed(err error) delivery { return delivery{err: err} }

func newFakeKernel(t *testing.T, scripts ...[]delivery) *fakeKernel {
	return &fakeKernel{t: t, scripts: scripts}
}

func (k *fakeKernel) source() *Source {
	return &Source{open: k.open, compile: (*compiler).program, bound: func() bool { return true }, tellsULP: func() bool { return false }}
}

// here is an environment that says nothing: that of the thread.
var here = &sock.Environment{}

func (k *fakeKernel) open() (wire, error) {
	if k.openErr != nil {
		return nil, k.openErr
	}
	k.opened++
	return &fakeWire{kernel: k}, nil
}

type fakeWire struct {
	kernel *fakeKernel
	seq    uint32
	queue  []delivery
	closed bool
}

func (w *fakeWire) port() uint32 { return testPort }

func (w *fakeWire) send(request []byte) error {
	k := w.kernel
	if k.sendErr != nil {
		return k.sendErr
	}
	if int(native.Uint32(request)) != len(request) {
		k.t.Errorf("the request says %d bytes and has %d", native.Uint32(request), len(request))
	}
	k.requests = append(k.requests, slices.Clone(request))
	if len(k.scripts) == 0 {
		k.t.Errorf("request %d was not expected", len(k.requests))
		return syscall.EINVAL
	}
	if len(w.queue) > 0 {
		k.t.Error("a request on a wire with unread replies: the kernel says EBUSY")
	}
	w.seq = native.Uint32(request[8:])
	w.queue, k.scripts = k.scripts[0], k.scripts[1:]
	return nil
}

func (w *fakeWire) receive(buf []byte) ([]byte, bool, error) {
	if w.closed {
		w.kernel.t.Error("receive on a closed wire")
	}
	if len(w.queue) == 0 {
		return nil, false, syscall.EAGAIN
	}
	next := w.queue[0]
	w.queue = w.queue[1:]
	if next.err != nil {
		return nil, false, next.err
	}
	b := next.raw
	for _, m := range next.messages {
		seq, port := w.seq, uint32(testPort)
		if next.otherSeq {
			seq += 100
		}
		if next.otherPort {
			port++
		}
		b = append(b, netlinkMessage(m.kind, m.flags, seq, port, m.payload)...)
	}
	n := copy(buf, b)
	return buf[:n], n < len(b), nil
}

func (w *fakeWire) close() {
	if w.closed {
		w.kernel.t.Error("a wire is closed twice")
	}
	w.closed = true
	w.kernel.closed++
}

// read runs a query over the fake, and returns the cookies of the rows and the
// errors, in order.
func (k *fakeKernel) read(q sock.Query) (cookies []uint64, errs []error) {
	return k.readWith(k.t.Context(), q)
}

// readWith reads twice, the second time a copy of the kernel and with every
// reading begun before its turn: the outcome must be the same.
func (k *fakeKernel) readWith(ctx context.Context, q sock.Query) (cookies []uint64, errs []error) {
	k.t.Helper()
	twin := *k
	twin.scripts, twin.requests = slices.Clone(k.scripts), slices.Clone(k.requests)
	cookies, errs = k.collect(socktest.Rows(ctx, k.source(), here, q))
	cookiesBegun, errsBegun := twin.collect(twin.prefetched(ctx, q))
	if !slices.Equal(cookies, cookiesBegun) || fmt.Sprint(errs) != fmt.Sprint(errsBegun) || len(k.requests) != len(twin.requests) {
		k.t.Errorf("prefetched: rows %v, errors %v, %d requests\nas asked: rows %v, errors %v, %d requests",
			cookiesBegun, errsBegun, len(twin.requests), cookies, errs, len(k.requests))
	}
	return cookies, errs
}

// prefetched begins each reading of a plan when the one before has ended, since
// the scripts are in the order of the requests.
func (k *fakeKernel) prefetched(ctx context.Context, q sock.Query) iter.Seq2[*sock.Socket, error] {
	return func(yield func(*sock.Socket, error) bool) {
		session := k.source().Open(here)
		defer session.Close()
		for _, r := range session.Plan(q) {
			r.Prefetch()
			for s, err := range r.Rows(ctx) {
				if !yield(s, err) {
					return
				}
			}
			if ctx.Err() != nil {
				return
			}
		}
	}
}

func (k *fakeKernel) collect(rows iter.Seq2[*sock.Socket, error]) (cookies []uint64, errs []error) {
	k.t.Helper()
	for s, err := range rows {
		if (s == nil) == (err == nil) {
			k.t.Errorf("socket %v with error %v", s, err)
		}
		if err != nil {
			errs = append(errs, err)
			continue
		}
		checkRecord(k.t, s)
		cookies = append(cookies, s.Cookie)
	}
	if k.opened != k.closed {
		k.t.Errorf("%d wires opened, %d closed", k.opened, k.closed)
	}
	return cookies, errs
}

// tcp4 asks for the one table tcp/ipv4.
func tcp4() sock.Query {
	return sock.Query{
		Protocols: sock.Protocols(sock.TCP), Families: sock.Families(sock.IPv4), States: sock.AllStates,
	}
}

// udpBoth asks for two tables that are read one after the other.
func udpBoth() sock.Query {
	q := tcp4()
	q.Protocols, q.Families = sock.Protocols(sock.UDP), sock.Families(sock.IPv4, sock.IPv6)
	return q
}
