package platform

import (
	"context"
	"iter"

	"sockeye/sock"
)

// joiner is a source that answers some queries for all families by one reading
// that it starts.
type joiner interface {
	sock.Starter
	Joins(q sock.Query) bool
}

func joins(src sock.Source, q sock.Query) bool {
	j, ok := src.(joiner)
	return ok && j.Joins(q)
}

// step is one reading: the states of a phase of one table, or of several if the
// first source joins them.
type step struct {
	table  sock.Table // the first of them if there are several
	query  sock.Query
	joined bool
	start  started
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
				all = append(all, &step{table: sock.Table{Protocol: p, Family: sock.IPv4}, query: pq, joined: true})
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

// read streams a step and reports whether the listing goes on. A joined reading
// is taken apart if a table of it is read from another source already, or if its
// source does not take it.
func (r *chainRun) read(ctx context.Context, s *step, yield func(*sock.Socket, error) bool) bool {
	if !s.joined {
		return r.table(ctx, s, yield)
	}
	if !r.elsewhere(s) {
		err, goOn := r.try(s, r.rows(ctx, s, 0), yield)
		if err == nil {
			for t := range s.query.Tables {
				r.note(t, 0, "", nil)
			}
			return goOn
		}
	}
	for _, part := range eachTable(s.query) {
		if !r.table(ctx, part, yield) {
			return false
		}
	}
	return true
}

// elsewhere reports whether a table of the step was found to be another
// source's, when it was read for other states.
func (r *chainRun) elsewhere(s *step) bool {
	for t := range s.query.Tables {
		if r.choice[t] != 0 {
			return true
		}
	}
	return false
}

// readAhead is how many readings are begun before their turn. Each holds a
// socket and a few buffers.
const readAhead = 5

// begin begins a reading, if its source can do that and the step waits for it.
func (r *chainRun) begin(ctx context.Context, s *step) {
	i := r.choice[s.table]
	if s.start.stop != nil || s.joined && r.elsewhere(s) || i >= len(r.sources) || r.sources[i].Fields(s.table.Protocol) == 0 {
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
	if p.ConnectionOriented() {
		states &^= sock.States(sock.Unconnected)
	} else if p != sock.Unix {
		states &= sock.States(sock.Established, sock.Unconnected, sock.Closed, sock.StateUnknown)
	}
	// Bound sockets are looked for among all sockets that have a port. The kernel
	// does that, with few rows to show for it, while the connections are read:
	// before them they would have to wait for it.
	bound := sock.States(sock.Bound)
	if !p.ConnectionOriented() {
		bound = 0
	}
	var split []sock.StateSet
	for _, s := range []sock.StateSet{states & sock.ListeningStates, states &^ sock.ListeningStates &^ bound, states & bound} {
		if s&^sock.States(sock.StateUnknown) != 0 {
			split = append(split, s)
		}
	}
	return split
}
