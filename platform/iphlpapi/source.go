package iphlpapi

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"sync/atomic"

	"sockeye/sock"
)

// Source lists the TCP and UDP sockets of the machine with their owners. It may
// be used by several goroutines.
type Source struct {
	sys system
	// size is that of the largest buffer a listing needed, so that the next one
	// need not find it out by being refused.
	size    atomic.Int64
	present present
}

var _ sock.Source = (*Source)(nil)

// New returns the source of this machine. On a system other than Windows every
// table is unavailable.
func New() *Source { return &Source{sys: thisSystem()} }

// Name returns "iphlpapi".
func (*Source) Name() string { return "iphlpapi" }

const (
	udpFields = sock.FieldLocal | sock.FieldInterface | sock.FieldOwners | sock.FieldCreated | sock.FieldService | sock.FieldCreator
	tcpFields = udpFields | sock.FieldRemote
)

// Fields says what the tables tell of a protocol; nothing for a protocol
// without a table. FieldInterface is the index alone. Owners come with their
// PID and name, without a descriptor ([sock.NoFD]), and with the start time of
// the process where this user may read it.
func (*Source) Fields(p sock.Protocol) sock.Field {
	switch p {
	case sock.TCP:
		return tcpFields
	case sock.UDP:
		return udpFields
	}
	return 0
}

// Sockets streams the sockets that the query asks; see [sock.Source]. A table
// is read whole before its first row is given. The error of one that cannot be
// read is a [*TableError]; it ends the stream of a query for one table and comes
// in a [*sock.Partial] among several.
//
// Owners are looked up if the query wants them, services if it wants
// FieldService: that is a call for each service process and kind of socket.
func (s *Source) Sockets(ctx context.Context, q sock.Query) iter.Seq2[*sock.Socket, error] {
	return func(yield func(*sock.Socket, error) bool) { s.stream(ctx, q, newOwners(&s.sys, q.Want), yield) }
}

func (s *Source) stream(ctx context.Context, q sock.Query, o *owners, yield func(*sock.Socket, error) bool) {
	l := listing{ctx: ctx, query: q, yield: yield, reader: reader{sys: &s.sys}, owners: o}
	if n := s.size.Load(); n > 0 {
		l.reader.buf = make([]byte, n)
	}
	l.run()
	s.size.Store(max(s.size.Load(), int64(len(l.reader.buf))))
}

// listing is one run of [Source.Sockets].
type listing struct {
	ctx    context.Context
	query  sock.Query
	yield  func(*sock.Socket, error) bool
	reader reader
	owners *owners // nil: not wanted
	record sock.Socket
}

func (l *listing) run() {
	tables := 0
	for range l.query.Tables {
		tables++
	}
	for t := range l.query.Tables {
		err := l.one(t)
		if err == nil {
			continue
		}
		if errors.Is(err, errStopped) {
			return
		}
		if canceled := l.ctx.Err(); canceled != nil {
			l.yield(nil, canceled)
			return
		}
		failure := &TableError{Table: t, Err: err}
		if tables == 1 {
			l.yield(nil, failure)
			return
		}
		if !l.yield(nil, failure.partial()) {
			return
		}
	}
}

// errStopped says that the consumer wants no more.
var errStopped = errors.New("stopped")

// checkEvery is the number of rows between two looks at the context.
const checkEvery = 256

// one streams one table.
func (l *listing) one(t sock.Table) error {
	possible := l.query.States & statesOf(t.Protocol)
	if possible == 0 {
		return l.ctx.Err()
	}
	listeners := t.Protocol == sock.TCP && possible == sock.States(sock.Listen)
	want := detailFor(l.query.Want)
	rows, got, err := l.reader.open(l.ctx, t, want, listeners)
	if err != nil {
		return err
	}
	l.owners.nextTable()
	for i := range rows.count {
		if i%checkEvery == 0 && l.ctx.Err() != nil {
			return l.ctx.Err()
		}
		row := rows.at(i)
		l.record.Reset()
		rows.decode(row, &l.record)
		if !l.query.States.Has(l.record.State) {
			continue
		}
		l.owners.add(&rows, row, &l.record)
		if !l.yield(&l.record, nil) {
			return errStopped
		}
	}
	return l.parts(t, want, got)
}

// parts reports what a table that was read does not have.
func (l *listing) parts(t sock.Table, want, got detail) error {
	parts := []*sock.Partial{l.owners.failure()}
	switch {
	case got == want:
	case got == basic:
		parts = append(parts, &sock.Partial{Code: sock.CodeFallback, Incomplete: true,
			Message: fmt.Sprintf("this Windows does not tell the owners of %s", t)})
	default:
		parts = append(parts, &sock.Partial{Code: sock.CodeFallback,
			Message: fmt.Sprintf("this Windows tells neither creation times nor services of %s", t)})
	}
	for _, p := range parts {
		if p != nil && !l.yield(nil, p) {
			return errStopped
		}
	}
	return nil
}

// statesOf returns the states that a socket in a table of the protocol may have.
func statesOf(p sock.Protocol) sock.StateSet {
	switch p {
	case sock.TCP:
		return sock.AllStates &^ sock.States(sock.Unconnected)
	case sock.UDP:
		return sock.States(sock.Unconnected)
	}
	return sock.AllStates
}

// detailFor returns the smallest rows that hold what is wanted: those with a
// creation time are three to fourteen times as large. Owners need it too, to
// tell a process from a later one with its PID.
func detailFor(want sock.Field) detail {
	if want&(sock.FieldOwners|sock.FieldService|sock.FieldCreated|sock.ProcessFields) != 0 {
		return ownerModule
	}
	return ownerPID
}
