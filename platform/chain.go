package platform

import (
	"context"
	"errors"
	"iter"
	"slices"

	"sockeye/sock"
)

// chain asks several sources, the most exact first. Which one answers is
// decided for each table alone, and only before the table's first row.
type chain struct {
	sources []sock.Source
	// absent reports whether the error of the last source means that the
	// system has no such table, so that no such socket can exist.
	absent func(error) bool
}

// chainRun is one listing of a chain.
type chainRun struct {
	*chain
	choice    map[sock.Table]int // index of the source that answers
	used      []string           // names of the sources that answered, in order
	fallbacks []fallback
}

// fallback is one table that was read from a source other than the first.
type fallback struct {
	table    sock.Table
	from, to string
	err      error
}

// lister is a source that makes another for the streams of one listing, which
// ask at most what the query asks: they share what is looked up once.
type lister interface {
	Listing(q sock.Query) sock.Source
}

// listing returns the chain with the sources of one listing.
func (c *chain) listing(q sock.Query) *chain {
	own := *c
	own.sources = slices.Clone(c.sources)
	for i, src := range own.sources {
		if src, ok := src.(lister); ok {
			own.sources[i] = src.Listing(q)
		}
	}
	return &own
}

func (c *chain) run() *chainRun {
	return &chainRun{chain: c, choice: map[sock.Table]int{}}
}

// joiner is a source that answers some queries for all families by one reading.
type joiner interface {
	Joins(q sock.Query) bool
}

func joins(src sock.Source, q sock.Query) bool {
	j, ok := src.(joiner)
	return ok && j.Joins(q)
}

// step is one reading: the states of a phase of one table.
type step struct {
	table sock.Table // the first of them if there are several
	query sock.Query
	start started
}

// started is a reading that began before its turn.
type started struct {
	source int
	rows   iter.Seq2[*sock.Socket, error] // nil: not begun
	stop   func()
}

// steps returns the readings of a query: protocol by protocol, those that
// listen before the rest.
func (c *chain) steps(q sock.Query) []*step {
	var all []*step
	for p := range q.Protocols.All {
		for _, states := range phases(p, q.States) {
			pq := q.Protocol(p)
			pq.States = states
			if len(c.sources) > 0 && joins(c.sources[0], pq) {
				all = append(all, &step{table: sock.Table{Protocol: p, Family: sock.IPv4}, query: pq})
				continue
			}
			all = append(all, eachTable(pq)...)
		}
	}
	return all
}

// eachTable returns a reading for each table of a query.
func eachTable(q sock.Query) []*step {
	var all []*step
	for t := range q.Tables {
		all = append(all, &step{table: t, query: q.Only(t)})
	}
	return all
}

// apart returns the readings of a step whose tables are not all the first
// source's, as was seen when they were read for other states.
func (r *chainRun) apart(s *step) []*step {
	for t := range s.query.Tables {
		if r.choice[t] != 0 {
			return eachTable(s.query)
		}
	}
	return []*step{s}
}

// readAhead is how many readings are begun before their turn. Each holds a
// socket and a few buffers.
const readAhead = 5

// Sockets streams the tables of the query. The kernel works on the next ones
// while the reader is at one.
func (r *chainRun) Sockets(ctx context.Context, q sock.Query) iter.Seq2[*sock.Socket, error] {
	return func(yield func(*sock.Socket, error) bool) {
		r.chain = r.listing(q)
		all := r.steps(q)
		defer func() {
			for _, s := range all {
				if s.start.stop != nil {
					s.start.stop()
				}
			}
		}()
		for i, s := range all {
			for _, next := range all[i:min(i+1+readAhead, len(all))] {
				r.begin(ctx, next)
			}
			for _, part := range r.apart(s) {
				if !r.table(ctx, part, yield) {
					return
				}
			}
		}
	}
}

// begin begins a reading, if its source can do that and the step waits for it.
func (r *chainRun) begin(ctx context.Context, s *step) {
	i := r.choice[s.table]
	if s.start.stop != nil || i >= len(r.sources) || r.sources[i].Fields(s.table.Protocol) == 0 {
		return
	}
	if src, ok := r.sources[i].(sock.Starter); ok {
		s.start.source = i
		s.start.rows, s.start.stop = src.Start(ctx, s.query)
	}
}

// rows returns the rows of a step from one source: those that were begun, or
// new ones.
func (r *chainRun) rows(ctx context.Context, s *step, source int) iter.Seq2[*sock.Socket, error] {
	if s.start.rows != nil && s.start.source == source {
		return s.start.rows
	}
	return r.sources[source].Sockets(ctx, s.query)
}

// phases splits the states that a protocol can have into what listens and the
// rest: two short dumps instead of one, so that listeners come first without
// anything being held back. The kernel skips what is not in the mask.
func phases(p sock.Protocol, states sock.StateSet) []sock.StateSet {
	if p.Stream() {
		states &^= sock.States(sock.Unconnected)
	} else if p != sock.Unix {
		states &= sock.States(sock.Established, sock.Unconnected, sock.Closed, sock.StateUnknown)
	}
	// Bound sockets stand in a table of their own, which takes the kernel as
	// long to go through as the connections: it does so at the same time.
	bound := sock.States(sock.Bound)
	if !p.Stream() {
		bound = 0
	}
	var split []sock.StateSet
	for _, s := range []sock.StateSet{states & sock.ListeningStates, states & bound, states &^ sock.ListeningStates &^ bound} {
		if s&^sock.States(sock.StateUnknown) != 0 {
			split = append(split, s)
		}
	}
	return split
}

// table streams one table from the first source that can read it. It reports
// whether the listing goes on.
func (r *chainRun) table(ctx context.Context, s *step, yield func(*sock.Socket, error) bool) bool {
	t := s.table
	var refusals []error
	from := ""
	for i := r.choice[t]; i < len(r.sources); i++ {
		src := r.sources[i]
		if src.Fields(t.Protocol) == 0 {
			continue // not a table of this source on any system: no news
		}
		err, goOn := r.try(s, r.rows(ctx, s, i), yield)
		if err == nil {
			r.note(t, i, from, errors.Join(refusals...))
			return goOn
		}
		if from == "" {
			from = src.Name()
		}
		refusals = append(refusals, err)
		r.choice[t] = i + 1
	}
	if len(refusals) == 0 || r.absent != nil && r.absent(refusals[len(refusals)-1]) {
		return true
	}
	return yield(nil, &sock.Partial{
		Code: sock.CodeUnavailable, Message: t.String() + " could not be read", Err: errors.Join(refusals...), Incomplete: true,
	})
}

// try streams a table from one source. The error is that of a source that
// cannot read the table at all; nothing was yielded then. What a source gives
// beyond the step is left out here: another step asks for it.
func (r *chainRun) try(step *step, table iter.Seq2[*sock.Socket, error], yield func(*sock.Socket, error) bool) (error, bool) {
	rows := false
	for s, err := range table {
		var partial *sock.Partial
		if err != nil && !rows && errors.Is(err, sock.ErrUnavailable) && !errors.As(err, &partial) {
			return err, true
		}
		rows = true
		if err == nil && !step.query.Allows(s) {
			continue
		}
		if !yield(s, err) {
			return nil, false
		}
		if err != nil && !errors.As(err, &partial) {
			return nil, false
		}
	}
	return nil, true
}

// note remembers which source answered.
func (r *chainRun) note(t sock.Table, i int, from string, refused error) {
	name := r.sources[i].Name()
	if !slices.Contains(r.used, name) {
		r.used = append(r.used, name)
	}
	r.choice[t] = i
	if refused != nil {
		r.fallbacks = append(r.fallbacks, fallback{table: t, from: from, to: name, err: refused})
	}
}
