package sockdiag

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"

	"sockeye/sock"
)

// Dump writes the kernel's own messages about TCP sockets to w, in the format of
// `ss -D`: struct nlmsghdr with struct inet_diag_msg and its attributes, one
// behind the other, in the byte order of this machine. One NLMSG_DONE stands at
// the end and none between IPv4 and IPv6, because ss stops reading at the first; a
// dump of which a part failed has none, and so is known to be incomplete.
//
// It streams the sockets whose messages it has written: those of the query that
// keep allows, which may add to the record what it compares; a nil keep allows
// all. A table that fails is a [*sock.Partial], the only one of a query the error
// that ends the stream, as does that of a failed write. A dump is made to be
// looked at later, so every fact that the kernel tells only when asked is asked
// for. Protocols other than TCP are left out.
func (s *Source) Dump(ctx context.Context, env *sock.Environment, q sock.Query, w io.Writer, keep func(*sock.Socket) bool) iter.Seq2[*sock.Socket, error] {
	q = q.Protocol(sock.TCP)
	q.Want = sock.AllFields
	return func(yield func(*sock.Socket, error) bool) {
		out := &dumpWriter{w: w, keep: keep}
		session := s.session(env)
		defer session.Close()
		var tables []sock.Table
		for t := range q.Tables {
			tables = append(tables, t)
		}
		whole := true
		for _, t := range tables {
			r := session.planTable(q, t)
			r.dump = out
			for s, err := range r.Rows(ctx) {
				if failed, ok := errors.AsType[*sock.TableError](err); ok && len(tables) > 1 {
					err = partOf(failed)
				}
				partial, part := errors.AsType[*sock.Partial](err)
				whole = whole && !(part && partial.Incomplete)
				if !yield(s, err) || err != nil && !part {
					return
				}
			}
			if out.err != nil {
				break
			}
		}
		if out.err == nil && whole {
			out.message(nlmsgDone, 0, 0, make([]byte, 4))
		}
		if out.err != nil {
			yield(nil, fmt.Errorf("write the dump: %w", out.err))
		}
	}
}

// dumpWriter writes messages. After the first error it writes no more.
type dumpWriter struct {
	w    io.Writer
	keep func(*sock.Socket) bool
	buf  []byte
	err  error
}

// row writes the message of a row that is kept, and reports whether it did. Its
// header is the one that the kernel sent, but for NLM_F_DUMP_INTR: a reading
// that had it was followed by one that had not, or told as interrupted.
func (d *dumpWriter) row(r *reading, payload []byte) bool {
	if d.err != nil || d.keep != nil && !d.keep(&r.record) {
		return false
	}
	forgetKeys(payload)
	return d.message(sockDiagByFamily, r.exchange.seq, r.exchange.w.port(), payload)
}

// message writes one message of a dump, padded to four bytes.
func (d *dumpWriter) message(kind uint16, seq, port uint32, payload []byte) bool {
	const multi = 0x2 // NLM_F_MULTI
	b := appendHeader(d.buf[:0], kind, multi)
	native.PutUint32(b[12:], port)
	b = append(b, payload...)
	seal(b, seq)
	d.buf = append(b, make([]byte, align4(len(payload))-len(payload))...)
	_, d.err = d.w.Write(d.buf)
	return d.err == nil
}
