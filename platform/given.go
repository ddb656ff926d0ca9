package platform

import (
	"context"
	"iter"
	"time"

	"sockeye/sock"
)

// givenOwners completes the owners of a source that tells them itself, as those
// of systems other than Linux do. Nothing is searched: there are no inodes to
// search by. A row without an owner stays so, and says no more than the source
// knows.
type givenOwners struct {
	facts  *factReader
	lookup processLookup
	want   sock.Field
	began  time.Time // of the listing: an owner is older

	named map[*sock.Process]bool // those without a name that were looked up: whether they exist
}

// processLookup asks the system about a process.
type processLookup struct {
	name    func(ctx context.Context, pid int) (string, error)
	started func(ctx context.Context, pid int) (time.Time, bool)
	exists  func(ctx context.Context, pid int) bool
}

// attach returns the stream with what is wanted of the owners.
func (g *givenOwners) attach(ctx context.Context, rows iter.Seq2[*sock.Socket, error]) iter.Seq2[*sock.Socket, error] {
	return func(yield func(*sock.Socket, error) bool) {
		for s, err := range rows {
			if err == nil {
				g.complete(ctx, s)
			}
			if !yield(s, err) {
				return
			}
		}
	}
}

func (g *givenOwners) complete(ctx context.Context, s *sock.Socket) {
	if !s.Knows(sock.FieldOwners) {
		if s.State == sock.TimeWait {
			s.OwnerStatus = sock.OwnerTimeWait
			s.Known |= g.want & sock.FieldOwners
		}
		return
	}
	kept := s.Owners[:0]
	for _, o := range s.Owners {
		if o.Process != nil && g.there(ctx, o.Process) {
			kept = append(kept, o)
		}
	}
	if len(kept) == 0 && len(s.Owners) > 0 {
		s.OwnerStatus = sock.OwnerExited
	}
	s.Owners = kept
	for p := range s.PIDs {
		g.facts.fill(p, g.want&^p.Known, func(int) bool { return g.same(ctx, p) })
	}
}

// there gives a process the name that its source did not tell, and reports
// whether it is still the one that was told.
func (g *givenOwners) there(ctx context.Context, p *sock.Process) bool {
	if p.Name != "" {
		return true
	}
	alive, asked := g.named[p]
	if asked {
		return alive
	}
	name, err := g.lookup.name(ctx, p.PID)
	alive = g.lookup.exists(ctx, p.PID)
	if started, known := g.lookup.started(ctx, p.PID); known && started.After(g.began) {
		alive = false // another process, which has the PID now
	}
	if alive && err == nil {
		p.Name = name
	}
	if g.named == nil {
		g.named = map[*sock.Process]bool{}
	}
	g.named[p] = alive
	return alive
}

// same reports whether a PID still is the process that the source told: it
// began when that began, or, if the source did not say when that was, before
// the listing did. Times are compared in the milliseconds that gopsutil has.
func (g *givenOwners) same(ctx context.Context, p *sock.Process) bool {
	started, known := g.lookup.started(ctx, p.PID)
	if !known {
		return false
	}
	if p.Known.Has(sock.FieldStartedAt) {
		return started.UnixMilli() == p.StartedAt.UnixMilli()
	}
	return !started.After(g.began)
}
