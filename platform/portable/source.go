package portable

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"os"
	"runtime"

	"sockeye/sock"
)

// Source lists the TCP and UDP sockets that gopsutil, lsof or netstat finds. It holds nothing
// between calls and may be used by several goroutines.
type Source struct {
	traits traits
	root   bool // the reader is root
	gather func(ctx context.Context, kind string) (answer, error)
}

var _ sock.Source = (*Source)(nil)

// New returns the source of this machine.
func New() *Source {
	s := &Source{traits: systems[runtime.GOOS], root: os.Geteuid() == 0, gather: gather}
	if s.traits.program != nil {
		s.gather = s.traits.program.gather
	}
	return s
}

// Name returns "portable".
func (*Source) Name() string { return "portable" }

// Fields says what can be told on this system; see the package. Owners come
// without the name of the process, and without a descriptor ([sock.NoFD]) on
// Windows. FieldInterface is the scope of a link-local address.
func (s *Source) Fields(p sock.Protocol) sock.Field { return s.traits.fields(p) }

// FieldsOn says what [Source.Fields] does on a system, by Go's name for it.
func FieldsOn(system string, p sock.Protocol) sock.Field { return systems[system].fields(p) }

func (t traits) fields(p sock.Protocol) sock.Field {
	if !t.lists || p != sock.TCP && p != sock.UDP {
		return 0
	}
	fields := sock.FieldLocal
	if p == sock.TCP || t.peers {
		fields |= sock.FieldRemote
	}
	if t.owners {
		fields |= sock.FieldOwners
	}
	if t.scopes {
		fields |= sock.FieldInterface
	}
	return fields
}

// TableError says that a table cannot be read. Everything is read before the
// first row is given, so it wraps [sock.ErrUnavailable] as well as the cause.
type TableError struct {
	Table sock.Table
	Err   error
}

// Error names the table and the cause.
func (e *TableError) Error() string { return fmt.Sprintf("portable: %s: %v", e.Table, e.Err) }

// Unwrap returns [sock.ErrUnavailable] and the cause.
func (e *TableError) Unwrap() []error { return []error{sock.ErrUnavailable, e.Err} }

// errNoTable is the cause for a table that is not listed here.
var errNoTable = errors.New("not listed on this system")

// Sockets streams the sockets that the query asks; see [sock.Source]. The system
// is asked once for all tables, before the first row. The error of a table that
// cannot be read is a [*TableError]; it ends the stream of a query for one table
// and comes in a [*sock.Partial] among several.
func (s *Source) Sockets(ctx context.Context, q sock.Query) iter.Seq2[*sock.Socket, error] {
	return func(yield func(*sock.Socket, error) bool) {
		l := listing{Source: s, ctx: ctx, query: q, yield: yield}
		l.run(func() (*collected, error) { return s.collect(ctx, q) })
	}
}

// listing is one run of [Source.Sockets].
type listing struct {
	*Source
	ctx    context.Context
	query  sock.Query
	yield  func(*sock.Socket, error) bool
	record sock.Socket
}

// collect asks the system for what the query asks.
func (s *Source) collect(ctx context.Context, q sock.Query) (*collected, error) {
	kind := kindOf(q)
	if kind == "" || !s.traits.lists {
		return nil, errNoTable
	}
	told, err := s.gather(ctx, kind)
	return s.traits.collect(told), err
}

func (l *listing) run(collect func() (*collected, error)) {
	if err := l.ctx.Err(); err != nil {
		l.yield(nil, err)
		return
	}
	all, err := collect()
	if canceled := l.ctx.Err(); canceled != nil {
		l.yield(nil, canceled)
		return
	}
	for t := range l.query.Tables {
		if !l.table(t, all, err) {
			return
		}
	}
	if all == nil || err != nil {
		return
	}
	for _, p := range []*sock.Partial{all.partial(), l.hidden()} {
		if p != nil && !l.yield(nil, p) {
			return
		}
	}
}

// table streams one table, and reports whether the listing goes on.
func (l *listing) table(t sock.Table, all *collected, err error) bool {
	if l.Fields(t.Protocol) == 0 {
		err = errNoTable
	}
	if err != nil {
		failure := &TableError{Table: t, Err: err}
		if l.tables() == 1 {
			l.yield(nil, failure)
			return false
		}
		return l.yield(nil, &sock.Partial{
			Code: sock.CodeUnavailable, Message: "a table could not be read", Err: failure, Incomplete: true,
		})
	}
	for i := range all.tables[t] {
		if f := &all.tables[t][i]; l.query.States.Has(f.state) {
			l.fill(f)
			if !l.yield(&l.record, nil) {
				return false
			}
		}
	}
	return true
}

func (l *listing) tables() (n int) {
	for range l.query.Tables {
		n++
	}
	return n
}

// fill makes the record of a socket.
func (l *listing) fill(f *found) {
	s := &l.record
	s.Reset()
	s.Protocol, s.Family, s.State = f.table.Protocol, f.table.Family, f.state
	s.Local, s.Known = f.local, sock.FieldLocal
	if f.remote.IsValid() {
		s.Remote, s.Known = f.remote, s.Known|sock.FieldRemote
	}
	if f.scope != (scope{}) {
		s.IfIndex, s.Interface, s.Known = f.scope.index, f.scope.name, s.Known|sock.FieldInterface
	}
	if len(f.owners) > 0 {
		sock.SortOwners(f.owners)
		s.Owners, s.OwnerStatus, s.Known = f.owners, sock.OwnerKnown, s.Known|sock.FieldOwners
	}
}

// hidden returns what a user who is not root does not see.
func (l *listing) hidden() *sock.Partial {
	if l.root || !l.traits.ownOnly {
		return nil
	}
	return &sock.Partial{Code: sock.CodePermission, Incomplete: true,
		Message: "lsof shows the sockets of this user's processes only; run as root to see all"}
}

// kindOf returns the kind of connections, in gopsutil's words, that is asked for; none
// if the query asks for none that it knows.
func kindOf(q sock.Query) string {
	kind := ""
	switch p := q.Protocols; {
	case p.Has(sock.TCP) && p.Has(sock.UDP):
		kind = "inet"
	case p.Has(sock.TCP):
		kind = "tcp"
	case p.Has(sock.UDP):
		kind = "udp"
	default:
		return ""
	}
	switch f := q.Families; {
	case f.Has(sock.IPv4) && f.Has(sock.IPv6):
		return kind
	case f.Has(sock.IPv4):
		return kind + "4"
	case f.Has(sock.IPv6):
		return kind + "6"
	}
	return ""
}
