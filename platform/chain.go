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
			if !r.read(ctx, s, yield) {
				return
			}
		}
	}
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
		if err == nil {
			rows = true
			if step.query.Allows(s) && !yield(s, nil) {
				return nil, false
			}
			continue
		}
		_, part := errors.AsType[*sock.Partial](err)
		if !rows && !part && errors.Is(err, sock.ErrUnavailable) {
			return err, true
		}
		rows = true
		if !yield(nil, err) || !part {
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
