package platform

import (
	"context"
	"errors"
	"iter"
	"slices"

	"sockeye/sock"
)

// chain asks several sources in one environment, the most exact first. Which one
// answers is decided for each table alone, and only before the table's first row.
type chain struct {
	sources []sock.Source
	env     *sock.Environment
	// inUse, if not nil, counts the sockets of a protocol; see [procnet.InUse].
	inUse func(*sock.Environment, sock.Protocol) (sockets uint64, known bool)
}

// chainRun is one listing of a chain.
type chainRun struct {
	*chain
	sessions  []sock.Session     // of the sources
	steps     []*step            // the plan
	begun     int                // how many of them were begun
	choice    map[sock.Table]int // index of the source that answers
	used      []string           // names of the sources that answered, in order
	fallbacks []fallback
	absent    sock.ProtocolSet // protocols that were named, of which the kernel has no sockets
}

// fallback is one table that was read from a source other than the first.
type fallback struct {
	table    sock.Table
	from, to string
	lost     sock.Field // facts that were wanted and that only the first tells
	rows     bool       // there were sockets that lost them
	err      error
}

func (c *chain) run() *chainRun {
	return &chainRun{chain: c, choice: map[sock.Table]int{}}
}

// step is one reading of the plan: tables of one protocol in the states of one
// phase.
type step struct {
	query   sock.Query
	source  int // whose reading it is
	reading sock.Reading
}

// prefetched is how many readings are begun before their turn. Each holds a
// socket and a few buffers.
const prefetched = 5

// Sockets makes a plan and carries it out: it streams the tables of the query,
// protocol by protocol, those that listen before the rest. The kernel works on
// the next readings while the reader is at one.
func (r *chainRun) Sockets(ctx context.Context, q sock.Query) iter.Seq2[*sock.Socket, error] {
	return func(yield func(*sock.Socket, error) bool) {
		defer r.close()
		r.begin(q)
		r.rows(ctx, yield)
	}
}

// begin makes the plan, and begins the first readings.
func (r *chainRun) begin(q sock.Query) {
	for _, src := range r.sources {
		r.sessions = append(r.sessions, src.Open(r.env))
	}
	r.steps = r.plan(q)
	r.prefetch(0)
}

// prefetch begins the readings up to some behind a step.
func (r *chainRun) prefetch(at int) {
	for ; r.begun < min(at+1+prefetched, len(r.steps)); r.begun++ {
		if !r.elsewhere(r.steps[r.begun]) {
			r.steps[r.begun].reading.Prefetch()
		}
	}
}

// rows carries the plan out and reports whether the listing goes on.
func (r *chainRun) rows(ctx context.Context, yield func(*sock.Socket, error) bool) bool {
	for i, s := range r.steps {
		r.prefetch(i)
		if !r.carryOut(ctx, s, yield) {
			return false
		}
	}
	return true
}

// close frees what was begun.
func (r *chainRun) close() {
	for _, session := range r.sessions {
		session.Close()
	}
}

// plan returns the readings of a query from the first source that lists each
// protocol. A protocol that none lists has none.
func (r *chainRun) plan(q sock.Query) []*step {
	var plan []*step
	for p := range q.Protocols.All {
		i := slices.IndexFunc(r.sources, func(src sock.Source) bool { return src.Fields(p) != 0 })
		if i < 0 {
			continue
		}
		for phase := range q.Protocol(p).Phases {
			for _, reading := range r.sessions[i].Plan(phase) {
				plan = append(plan, &step{query: phase, source: i, reading: reading})
			}
		}
	}
	return plan
}

// elsewhere reports whether a table of the step was found to be another
// source's, when it was read for other states.
func (r *chainRun) elsewhere(s *step) bool {
	return slices.ContainsFunc(s.reading.Tables(), func(t sock.Table) bool { return r.choice[t] > s.source })
}

// carryOut streams a step and reports whether the listing goes on. A reading of
// several tables is taken apart if one of them is read from another source
// already, or if its source cannot read them as one.
func (r *chainRun) carryOut(ctx context.Context, s *step, yield func(*sock.Socket, error) bool) bool {
	tables := s.reading.Tables()
	if len(tables) == 1 {
		return r.table(ctx, s, tables[0], yield)
	}
	if !r.elsewhere(s) {
		err, goOn := try(s.reading.Rows(ctx), &s.query, yield)
		if err == nil {
			for _, t := range tables {
				r.note(t, s.source)
			}
			return goOn
		}
	}
	for _, t := range tables {
		if !r.table(ctx, &step{query: s.query, source: -1}, t, yield) {
			return false
		}
	}
	return true
}

// table streams one table from the first source that can read it: by the reading
// of the step if it is that source's, else by one that is planned now.
func (r *chainRun) table(ctx context.Context, s *step, t sock.Table, yield func(*sock.Socket, error) bool) bool {
	q := s.query.Only(t)
	var refusals []error
	var best sock.Source // the first that was asked
	for i := r.choice[t]; i < len(r.sources); i++ {
		src := r.sources[i]
		if src.Fields(t.Protocol) == 0 {
			continue // not a table of this source on any system: no news
		}
		reading := s.reading
		if i != s.source {
			reading = r.sessions[i].Plan(q)[0]
		}
		rows, passOn := false, yield
		if i > 0 {
			passOn = func(s *sock.Socket, err error) bool {
				rows = rows || s != nil
				return yield(s, err)
			}
		}
		err, goOn := try(reading.Rows(ctx), &q, passOn)
		if err == nil {
			r.note(t, i)
			if best != nil {
				r.fallbacks = append(r.fallbacks, fallback{table: t, from: best.Name(), to: src.Name(),
					lost: q.Want & best.Fields(t.Protocol) &^ src.Fields(t.Protocol), err: errors.Join(refusals...)})
			}
			r.noteRows(t, rows)
			if goOn && r.losesBound(q, i) {
				return yield(nil, &sock.Partial{Code: sock.CodeUnavailable, Incomplete: true,
					Message: src.Name() + " does not list TCP sockets that are bound and neither listen nor connect"})
			}
			return goOn
		}
		if best == nil {
			best = src
		}
		refusals = append(refusals, err)
		r.choice[t] = i + 1
	}
	if part := r.unread(&q, t, refusals); part != nil {
		return yield(nil, part)
	}
	return true
}

// noteRows notes whether a table that was read from another source than the first has
// sockets. It may be read for several states, one after the other.
func (r *chainRun) noteRows(t sock.Table, rows bool) {
	for i := range r.fallbacks {
		if f := &r.fallbacks[i]; f.table == t {
			f.rows = f.rows || rows
		}
	}
}

// losesBound reports whether a query for one protocol asks for bound sockets that
// the source with this index does not list, while one before it does.
func (r *chainRun) losesBound(q sock.Query, source int) bool {
	lists := func(src sock.Source) bool {
		return src.States(sock.TCP).Has(sock.Bound)
	}
	return q.Protocols.Has(sock.TCP) && q.States.Has(sock.Bound) &&
		!lists(r.sources[source]) && slices.ContainsFunc(r.sources[:source], lists)
}

// try streams the rows of a reading that the query asks: what a source gives
// beyond it is asked for by another. The error is that of a source that cannot
// read the table at all; nothing was yielded then.
func try(rows iter.Seq2[*sock.Socket, error], q *sock.Query, yield func(*sock.Socket, error) bool) (error, bool) {
	begun := false
	for s, err := range rows {
		if err == nil {
			begun = true
			if q.Allows(s) && !yield(s, nil) {
				return nil, false
			}
			continue
		}
		_, part := errors.AsType[*sock.Partial](err)
		if !begun && !part && errors.Is(err, sock.ErrUnavailable) {
			return err, true
		}
		begun = true
		if !yield(nil, err) || !part {
			return nil, false
		}
	}
	return nil, true
}

// note remembers which source answered.
func (r *chainRun) note(t sock.Table, i int) {
	name := r.sources[i].Name()
	if !slices.Contains(r.used, name) {
		r.used = append(r.used, name)
	}
	r.choice[t] = i
}
