package portable

import (
	"context"
	"errors"
	"iter"
	"os"
	"runtime"

	"sockeye/sock"
)

// Source lists the TCP and UDP sockets that gopsutil, lsof or netstat finds.
type Source struct {
	traits traits
	root   bool // the reader is root
	gather func(ctx context.Context, env *sock.Environment, kind string) (answer, error)
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

// States says what can be told on this system; see the package.
func (s *Source) States(p sock.Protocol) sock.StateSet {
	switch {
	case s.Fields(p) == 0:
		return 0
	case p == sock.UDP && !s.traits.peers:
		return sock.States(sock.Unconnected)
	}
	return p.Descriptor().States &^ sock.States(sock.Bound)
}

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

// Open begins a session; see [sock.Source]. The system is asked once for all that
// was planned, since it may run a program for each question, and before the first
// row: every failure says that a table is unavailable.
func (s *Source) Open(env *sock.Environment) sock.Session { return &session{Source: s, env: env} }

// session is a listing: one answer of the system.
type session struct {
	*Source
	env   *sock.Environment
	query sock.Query // all that was planned
	asked bool
	all   *collected
	err   error
	told  bool // what is wrong with the answer
}

// Plan returns a reading for each table.
func (s *session) Plan(q sock.Query) []sock.Reading {
	s.query.Protocols |= q.Protocols
	s.query.Families |= q.Families
	s.asked = false
	var plan []sock.Reading
	for t := range q.Tables {
		plan = append(plan, &reading{session: s, table: t, states: q.States})
	}
	return plan
}

func (*session) Close() {}

// errNoTable is the cause for a table that is not listed here.
var errNoTable = errors.New("not listed on this system")

// collect asks the system for all that was planned.
func (s *session) collect(ctx context.Context) (*collected, error) {
	if !s.asked {
		s.asked = true
		kind := kindOf(s.query)
		if kind == "" || !s.traits.lists {
			s.all, s.err = nil, errNoTable
		} else {
			told, err := s.gather(ctx, s.env, kind)
			s.all, s.err = s.traits.collect(told), err
		}
	}
	return s.all, s.err
}

// reading is one table of the answer.
type reading struct {
	*session
	table  sock.Table
	states sock.StateSet
	record sock.Socket
}

func (r *reading) Tables() []sock.Table { return []sock.Table{r.table} }

// Prefetch does nothing: all tables are one answer.
func (r *reading) Prefetch() {}

// Rows streams the table.
func (r *reading) Rows(ctx context.Context) iter.Seq2[*sock.Socket, error] {
	return func(yield func(*sock.Socket, error) bool) {
		if err := ctx.Err(); err != nil {
			yield(nil, err)
			return
		}
		all, err := r.collect(ctx)
		if canceled := ctx.Err(); canceled != nil {
			yield(nil, canceled)
			return
		}
		if r.Fields(r.table.Protocol) == 0 {
			err = errNoTable
		}
		if err != nil {
			yield(nil, &sock.TableError{Source: r.Name(), Table: r.table, Err: sock.Unavailable(err)})
			return
		}
		for i := range all.tables[r.table] {
			if f := &all.tables[r.table][i]; r.states.Has(f.state) {
				r.fill(f)
				if !yield(&r.record, nil) {
					return
				}
			}
		}
		if r.told {
			return
		}
		r.told = true
		for _, p := range []*sock.Partial{all.partial(), r.hidden()} {
			if p != nil && !yield(nil, p) {
				return
			}
		}
	}
}

// fill makes the record of a socket.
func (r *reading) fill(f *found) {
	s := &r.record
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
func (r *reading) hidden() *sock.Partial {
	if r.root || !r.traits.ownOnly {
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
