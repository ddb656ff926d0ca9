package portable

import (
	"context"
	"iter"

	"sockeye/sock"
)

// Listing returns a source for the streams of one listing, which ask at most
// what the query asks and run one after another: the system, which may run a
// program for each question, is asked once for all of them.
func (s *Source) Listing(q sock.Query) sock.Source { return &shared{Source: s, query: q} }

// shared is a source with the sockets of one listing.
type shared struct {
	*Source
	query sock.Query
	asked bool
	all   *collected
	err   error
}

// Sockets is [Source.Sockets].
func (s *shared) Sockets(ctx context.Context, q sock.Query) iter.Seq2[*sock.Socket, error] {
	return func(yield func(*sock.Socket, error) bool) {
		l := listing{Source: s.Source, ctx: ctx, query: q, yield: yield}
		l.run(func() (*collected, error) {
			if !s.asked {
				s.asked = true
				s.all, s.err = s.collect(ctx, s.query)
			}
			return s.all, s.err
		})
	}
}
