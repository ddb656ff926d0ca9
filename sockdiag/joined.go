package sockdiag

import (
	"bytes"
	"context"
	"errors"
	"iter"

	"sockeye/sock"
)

// Joins reports whether [Source.Start] answers the query for IPv4 and IPv6 by
// one reading, in place of one for each. The kernel goes through all sockets of
// a protocol for either family, so that takes half as long where there are many.
//
// That is so for TCP, if one set of instructions holds for both families.
func (*Source) Joins(q sock.Query) bool {
	_, same := (&listing{query: q}).joinedProgram()
	return same
}

// joinedProgram returns the program that both families are asked with; same is
// false if the query is for other tables, or if they need different programs, or
// one of them none of its sockets. Bound sockets are few, so they are asked for
// without one.
func (l *listing) joinedProgram() (program []byte, same bool) {
	q := &l.query
	if q.Protocols != sock.Protocols(sock.TCP) || !q.Families.Has(sock.IPv4) || !q.Families.Has(sock.IPv6) {
		return nil, false
	}
	onlyBound := l.query.States == sock.States(sock.Bound)
	first := true
	for t := range l.query.Tables {
		p, possible := l.compiler(t).program(l.query.Where)
		switch {
		case onlyBound && possible:
			return nil, true
		case onlyBound:
		case !possible:
			return nil, false
		case first:
			program, first = p, false
		case !bytes.Equal(p, program):
			return nil, false
		}
	}
	return program, !onlyBound
}

// Lengths of struct inet_diag_sockid and of the cookie at its end.
const inetIDLen, cookieLen = 48, 8

// joinedRequest returns the request for both families, the older one that has
// none (struct inet_diag_req of linux/inet_diag.h; inet_diag_dump_compat asks
// for AF_UNSPEC). It takes the attribute with a program as the newer one does:
//
//	idiag_family u8, idiag_src_len u8, idiag_dst_len u8, idiag_ext u8,
//	struct inet_diag_sockid, idiag_states u32, idiag_dbs u32
func (l *listing) joinedRequest(program []byte) []byte {
	b := appendHeader(nil, tcpDiagGetSock, nlmFRequest|nlmFDump)
	b = append(b, 0, 0, 0, extensions(sock.TCP, l.query.Want))
	b = append(b, make([]byte, inetIDLen-cookieLen)...) // any ends, any device
	b = appendCookie(b, inetDiagNoCookie)
	b = native.AppendUint32(b, stateMask(sock.TCP, l.query.States))
	b = native.AppendUint32(b, 0)
	if len(program) > 0 {
		b = appendAttribute(b, inetDiagReqBytecode, program)
	}
	return b
}

// startJoined is [Source.Start] of a query that [Source.Joins] answers.
func (l *listing) startJoined(ctx context.Context, program []byte) (rows iter.Seq2[*sock.Socket, error], stop func()) {
	request := l.joinedRequest(program)
	if stateMask(sock.TCP, l.query.States) != 0 {
		l.session.prepare(request)
	}
	return func(yield func(*sock.Socket, error) bool) {
		l.yield = yield
		defer l.session.close()
		if l.session.sent {
			l.joined(ctx, request)
		}
	}, l.session.close
}

// joined lists both families by one reading. The rows of IPv6 wait for its end,
// so that the order is that of the tables. If they become many, the reading is
// given up for one of each family; what was yielded is not yielded again.
func (l *listing) joined(ctx context.Context, request []byte) {
	t := sock.Table{Protocol: sock.TCP, Family: sock.IPv4}
	l.inet.protocol = sock.TCP
	l.later = &aside{}
	err := l.read(ctx, t, request, func(payload []byte) (verdict, bool) {
		v := l.inet.decode(payload, &l.record)
		switch {
		case v == rejected:
			return v, true
		case l.record.Family == sock.IPv6:
			return v, l.later.keep(identityOf(&l.record, payload), payload)
		}
		return v, l.row(payload)
	})
	later := l.later
	l.later = nil
	switch {
	case later.full:
		l.ids.again()
		l.tables(ctx, resumed)
	case errors.Is(err, errStopped):
	case err != nil && ctx.Err() == nil && !l.begun && len(later.messages) == 0:
		l.yield(nil, tableError(t, err, false))
	default:
		l.rest(ctx, later, err)
	}
}

// rest yields the rows of IPv6, and what ended the reading early: it then ended
// for both tables.
func (l *listing) rest(ctx context.Context, later *aside, err error) {
	more := later.each(func(payload []byte) bool {
		l.inet.decode(payload, &l.record)
		return l.yield(&l.record, nil)
	})
	l.begun = true
	for t := range l.query.Tables {
		if more = more && err != nil; !more {
			return
		}
		more = l.fail(ctx, t, err)
	}
}

// mostAside bounds the messages that wait for the first family: about 4,000.
const mostAside = 512 << 10

// aside keeps the messages of rows for later.
type aside struct {
	ids      identities
	messages []byte // each behind its length, u32
	full     bool
}

// keep keeps a message, unless an earlier reading had it. It reports whether
// there was room.
func (a *aside) keep(id uint64, payload []byte) bool {
	if len(a.messages)+len(payload) > mostAside {
		a.full = true
		return false
	}
	if a.ids.first(id) {
		a.messages = native.AppendUint32(a.messages, uint32(len(payload)))
		a.messages = append(a.messages, payload...)
	}
	return true
}

// each calls f for each message, until it wants no more.
func (a *aside) each(f func(payload []byte) (more bool)) (more bool) {
	for b := a.messages; len(b) > 0; {
		n := 4 + int(native.Uint32(b))
		if !f(b[4:n]) {
			return false
		}
		b = b[n:]
	}
	return true
}
