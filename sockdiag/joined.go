package sockdiag

import (
	"context"
	"errors"
	"time"

	"sockeye/sock"
)

// Lengths of struct inet_diag_sockid and of the cookie at its end.
const inetIDLen, cookieLen = 48, 8

// bothRequest returns the request for IPv4 and IPv6 together, the older one that
// has no family (struct inet_diag_req of linux/inet_diag.h; inet_diag_dump_compat
// asks for AF_UNSPEC). It takes the attribute with a program as the newer one does:
//
//	idiag_family u8, idiag_src_len u8, idiag_dst_len u8, idiag_ext u8,
//	struct inet_diag_sockid, idiag_states u32, idiag_dbs u32
func (r *reading) bothRequest() []byte {
	b := appendHeader(nil, tcpDiagGetSock, nlmFRequest|nlmFDump)
	b = append(b, 0, 0, 0, extensions(sock.TCP, r.query.Want))
	b = append(b, make([]byte, inetIDLen-cookieLen)...) // any ends, any device
	b = appendCookie(b, inetDiagNoCookie)
	b = native.AppendUint32(b, r.handler.mask(r.query.States))
	b = native.AppendUint32(b, 0)
	return appendProgram(b, r.program.code)
}

// both reads IPv4 and IPv6 by one pass. The rows of IPv6 wait for its end, so
// that the order is that of the tables. If they become many, the pass is given
// up for one of each family; what was yielded is not yielded again.
func (r *reading) both(ctx context.Context) {
	r.deferred = &deferred{}
	err := r.read(ctx, r.tables[0], r.request, func(payload []byte) (parsed, bool) {
		p := r.decode(payload)
		switch {
		case !p.row():
			return p, true
		case r.record.Family == sock.IPv6:
			return p, r.deferred.keep(identityOf(&r.record, payload), payload, r.exchange.captured)
		}
		return p, r.row(payload)
	})
	waiting := r.deferred
	r.deferred = nil
	switch {
	case waiting.full:
		r.ids.again()
		r.each(ctx)
	case errors.Is(err, errStopped):
	case err != nil && ctx.Err() == nil && !r.begun && len(waiting.messages) == 0:
		r.fail(ctx, err)
	default:
		r.rest(ctx, waiting, err)
	}
}

// each reads one family after the other, the first of which has yielded rows.
func (r *reading) each(ctx context.Context) {
	for i, t := range r.tables {
		if i > 0 {
			r.ids.clear()
			r.begun, r.malformed = false, false
		}
		if err := r.read(ctx, t, r.dumpRequest(t), r.message); err != nil && !r.failPart(ctx, t, err) {
			return
		}
	}
}

// rest yields the rows of IPv6, and what ended the pass early: it then ended for
// both tables.
func (r *reading) rest(ctx context.Context, waiting *deferred, err error) {
	more := waiting.each(func(payload []byte, at time.Time) bool {
		r.decode(payload)
		return r.yieldAt(at)
	})
	r.begun = true
	for _, t := range r.tables {
		if more = more && err != nil; !more {
			return
		}
		more = r.failPart(ctx, t, err)
	}
}

// failPart yields the failure of one of the families, and reports whether the
// other may follow.
func (r *reading) failPart(ctx context.Context, t sock.Table, err error) (more bool) {
	if errors.Is(err, errStopped) {
		return false
	}
	if canceled := ctx.Err(); canceled != nil {
		r.yield(nil, canceled)
		return false
	}
	return r.yield(nil, partOf(tableError(t, err, r.begun)))
}

// mostDeferred bounds the messages that wait for IPv4, in bytes: about 4,000.
const mostDeferred = 512 << 10

// deferred holds the messages of rows whose turn comes later.
type deferred struct {
	ids      identities
	messages []byte      // each behind its length, u32
	at       []time.Time // when each was read
	full     bool
}

// keep keeps a message, unless an earlier reading had it. It reports whether
// there was room.
func (d *deferred) keep(id uint64, payload []byte, at time.Time) bool {
	if len(d.messages)+len(payload) > mostDeferred {
		d.full = true
		return false
	}
	if d.ids.first(id) {
		d.messages = native.AppendUint32(d.messages, uint32(len(payload)))
		d.messages = append(d.messages, payload...)
		d.at = append(d.at, at)
	}
	return true
}

// each calls f for each message, until it wants no more.
func (d *deferred) each(f func(payload []byte, at time.Time) (more bool)) (more bool) {
	for i, b := 0, d.messages; len(b) > 0; i++ {
		n := 4 + int(native.Uint32(b))
		if !f(b[4:n], d.at[i]) {
			return false
		}
		b = b[n:]
	}
	return true
}
