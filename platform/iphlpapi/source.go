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

// States says which states are documented. The peer of a datagram socket is not
// told, nor a TCP socket that is bound and neither listens nor connects, though a
// table may hold one.
func (*Source) States(p sock.Protocol) sock.StateSet {
	switch p {
	case sock.TCP:
		return p.Descriptor().States &^ sock.States(sock.Bound)
	case sock.UDP:
		return sock.States(sock.Unconnected)
	}
	return 0
}

// Open begins a session; see [sock.Source]. A table is read whole before its first
// row is given, so every failure says that it is unavailable.
//
// Owners are looked up if a query wants them, services if it wants FieldService:
// that is a call for each service process and kind of socket. The readings of a
// session share what is looked up of processes and services.
func (s *Source) Open(*sock.Environment) sock.Session {
	return &session{source: s, reader: reader{sys: &s.sys, buf: make([]byte, s.size.Load())}}
}

// session is a listing.
type session struct {
	source *Source
	reader reader
	want   sock.Field // by all that was planned
	owners *owners    // nil: not wanted, or not needed yet
}

// Plan returns a reading for each table.
func (s *session) Plan(q sock.Query) []sock.Reading {
	s.want |= q.Want
	var plan []sock.Reading
	for t := range q.Tables {
		plan = append(plan, &reading{session: s, query: q, table: t})
	}
	return plan
}

// Close remembers the size of the buffer for the next session.
func (s *session) Close() {
	s.source.size.Store(max(s.source.size.Load(), int64(len(s.reader.buf))))
}

// reading reads one table.
type reading struct {
	*session
	query  sock.Query
	table  sock.Table
	yield  func(*sock.Socket, error) bool
	record sock.Socket
}

func (r *reading) Tables() []sock.Table { return []sock.Table{r.table} }

// Prefetch does nothing: a table is one call.
func (r *reading) Prefetch() {}

// Rows streams the table.
func (r *reading) Rows(ctx context.Context) iter.Seq2[*sock.Socket, error] {
	return func(yield func(*sock.Socket, error) bool) {
		r.yield = yield
		if r.owners == nil {
			r.owners = newOwners(&r.source.sys, r.want)
		}
		err, canceled := r.read(ctx), ctx.Err()
		switch {
		case err == nil, errors.Is(err, errStopped):
		case canceled != nil:
			yield(nil, canceled)
		default:
			yield(nil, &sock.TableError{Source: r.source.Name(), Table: r.table, Err: sock.Unavailable(err)})
		}
	}
}

// errStopped says that the consumer wants no more.
var errStopped = errors.New("stopped")

// checkEvery is the number of rows between two looks at the context.
const checkEvery = 256

// read streams the rows.
func (r *reading) read(ctx context.Context) error {
	t := r.table
	possible := r.query.States & statesOf(t.Protocol)
	if possible == 0 {
		return ctx.Err()
	}
	listeners := t.Protocol == sock.TCP && possible == sock.States(sock.Listen)
	want := detailFor(r.query.Want)
	rows, got, err := r.reader.open(ctx, t, want, listeners)
	if err != nil {
		return err
	}
	r.owners.nextTable()
	for i := range rows.count {
		if i%checkEvery == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		row := rows.at(i)
		r.record.Reset()
		rows.decode(row, &r.record)
		if !r.query.States.Has(r.record.State) {
			continue
		}
		r.owners.add(&rows, row, &r.record)
		if !r.yield(&r.record, nil) {
			return errStopped
		}
	}
	return r.parts(t, want, got)
}

// parts reports what a table that was read does not have.
func (r *reading) parts(t sock.Table, want, got detail) error {
	parts := []*sock.Partial{r.owners.failure()}
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
		if p != nil && !r.yield(nil, p) {
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
