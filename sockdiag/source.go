package sockdiag

import (
	"context"
	"iter"

	"sockeye/sock"
)

// Source lists the sockets of the network namespace of the calling thread. It
// holds nothing between calls and may be used by several goroutines.
type Source struct {
	open func() (wire, error)
}

var _ sock.Source = (*Source)(nil)

// New returns the source. Nothing is opened before something is asked.
func New() *Source { return &Source{open: openWire} }

// Name returns "sock_diag".
func (*Source) Name() string { return "sock_diag" }

// Sockets streams the sockets that the query asks; see [sock.Source]. The
// kernel is asked for the wanted states alone. It lists TCP, UDP, UDP-Lite, raw
// and unix sockets; other protocols are unavailable.
//
// A table that fails is a [*TableError]. If the query asks for one table only,
// that is the error that ends the stream; otherwise it comes in a
// [*sock.Partial] and the other tables follow. Further parts that may fail are
// an answer that never became consistent (CodeInterrupted) and replies that
// were not understood (CodeMalformed, once for each table).
//
// The netlink socket is opened by the goroutine that iterates, in the network
// namespace of its thread.
func (s *Source) Sockets(ctx context.Context, q sock.Query) iter.Seq2[*sock.Socket, error] {
	return func(yield func(*sock.Socket, error) bool) {
		l := listing{session: session{open: s.open}, query: q, yield: yield}
		defer l.session.close()
		l.tables(ctx, fresh)
	}
}

// Start is Sockets that begins before its rows are asked for: the kernel works
// on this answer while the reader is at another. The netlink socket is opened
// by the caller's goroutine. The rows may be asked for once; stop frees what
// the stream holds and must be called in any case.
//
// If [Source.Joins] says so, one reading answers for both families. A kernel
// that does not take its request is the error that ends the stream, and the
// families can be asked for one by one.
func (s *Source) Start(ctx context.Context, q sock.Query) (rows iter.Seq2[*sock.Socket, error], stop func()) {
	l := &listing{session: session{open: s.open, ahead: true}, query: q}
	if program, same := l.joinedProgram(); same {
		return l.startJoined(ctx, program)
	}
	if t, only := onlyTable(q); only && t.Protocol != sock.Unix {
		if request, _ := l.plan(t); request != nil {
			l.session.prepare(request)
		}
	}
	return func(yield func(*sock.Socket, error) bool) {
		l.yield = yield
		defer l.session.close()
		l.tables(ctx, fresh)
	}, l.session.close
}

// onlyTable returns the table of a query that asks for one alone.
func onlyTable(q sock.Query) (table sock.Table, only bool) {
	for t := range q.Tables {
		if only {
			return table, false
		}
		table, only = t, true
	}
	return table, only
}
