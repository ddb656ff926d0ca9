package iphlpapi

import (
	"context"
	"iter"

	"sockeye/sock"
)

// Listing returns a source for the streams of one listing, which want at most
// what the query wants and run one after another: they share what is looked up
// of processes and services, so that it is looked up once.
func (s *Source) Listing(q sock.Query) sock.Source {
	return &shared{Source: s, owners: newOwners(&s.sys, q.Want)}
}

// shared is a source with the processes of one listing.
type shared struct {
	*Source
	owners *owners // nil: not wanted
}

// Sockets is [Source.Sockets].
func (s *shared) Sockets(ctx context.Context, q sock.Query) iter.Seq2[*sock.Socket, error] {
	return func(yield func(*sock.Socket, error) bool) { s.stream(ctx, q, s.owners, yield) }
}
