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

func (c *chain) run() *chainRun {
	return &chainRun{chain: c, choice: map[sock.Table]int{}}
}

// Sockets streams the tables of the query protocol by protocol, those that
// listen before the rest.
func (r *chainRun) Sockets(ctx context.Context, q sock.Query) iter.Seq2[*sock.Socket, error] {
	return func(yield func(*sock.Socket, error) bool) {
		for p := range q.Protocols.All {
			for _, states := range phases(p, q.States) {
				for t := range q.Protocol(p).Tables {
					tq := q.Only(t)
					tq.States = states
					if !r.table(ctx, t, tq, yield) {
						return
					}
				}
			}
		}
	}
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
	var split []sock.StateSet
	for _, s := range []sock.StateSet{states & sock.ListeningStates, states &^ sock.ListeningStates} {
		if s&^sock.States(sock.StateUnknown) != 0 {
			split = append(split, s)
		}
	}
	return split
}

// table streams one table from the first source that can read it. It reports
// whether the listing goes on.
func (r *chainRun) table(ctx context.Context, t sock.Table, q sock.Query, yield func(*sock.Socket, error) bool) bool {
	var refusals []error
	from := ""
	for i := r.choice[t]; i < len(r.sources); i++ {
		src := r.sources[i]
		if src.Fields(t.Protocol) == 0 {
			continue // not a table of this source on any system: no news
		}
		err, goOn := r.try(ctx, src, q, yield)
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
// cannot read the table at all; nothing was yielded then.
func (r *chainRun) try(ctx context.Context, src sock.Source, q sock.Query, yield func(*sock.Socket, error) bool) (error, bool) {
	rows := false
	for s, err := range src.Sockets(ctx, q) {
		var partial *sock.Partial
		if err != nil && !rows && errors.Is(err, sock.ErrUnavailable) && !errors.As(err, &partial) {
			return err, true
		}
		rows = true
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
