package platform

import (
	"context"
	"errors"
	"iter"
	"time"

	"sockeye/sock"
	"sockeye/sock/change"
)

var errOneNamespace = errors.New("the kernel tells the end of sockets in one network namespace")

// openPoll begins to list again and again and to tell what is different.
func openPoll(h *Host, ctx context.Context, req TraceRequest) (eventStream, []sock.Warning, error) {
	q := req.Query
	q.Want |= change.Needs
	if req.View == ViewLifetimes { // what is remembered of a connection is none any more
		q.States &^= sock.States(sock.TimeWait)
	}
	p := &polled{list: func(ctx context.Context) *Listing { return h.List(ctx, Request{Query: q}) }, after: time.After}
	p.tracker.Equal = p.equal
	first, _, err := p.look(ctx)
	if err != nil {
		return nil, nil, err
	}
	return p, first.Warnings, nil
}

// polled makes events of the differences of listings, the last of which is made when the
// context ends. What opens and closes between two of them is not seen.
type polled struct {
	list    func(context.Context) *Listing
	after   func(time.Duration) <-chan time.Time
	tracker change.Tracker
	changed map[*sock.Socket]sock.State // in this listing: what it was before
	event   sock.Event
	took    time.Duration
}

// equal reports whether the state of a socket is what it was. Its process may have
// closed it since, and the kernel finishes the connection: it keeps its owners.
func (p *polled) equal(before, after *sock.Socket) bool {
	if len(after.Owners) == 0 && len(before.Owners) > 0 {
		after.Owners, after.OwnerStatus = before.Owners, before.OwnerStatus
		after.Known |= before.Known & sock.OwnerFields
	}
	if before.State != after.State {
		p.changed[after] = before.State
		return false
	}
	return true
}

// look makes a listing and says what is different.
func (p *polled) look(ctx context.Context) (sock.Snapshot, []change.Row, error) {
	began := time.Now()
	p.changed = map[*sock.Socket]sock.State{}
	var all []*sock.Socket
	listing := p.list(ctx)
	for s, err := range listing.Sockets {
		if err != nil {
			return sock.Snapshot{}, nil, err
		}
		all = append(all, s.Clone())
	}
	snap := listing.Snapshot()
	rows := p.tracker.Compare(all, wholeTables(&snap))
	p.took = time.Since(began)
	return snap, rows, nil
}

// wholeTables reports whether every table was read to its end.
func wholeTables(snap *sock.Snapshot) bool {
	for _, w := range snap.Warnings {
		if w.Code == sock.CodeUnavailable || w.Code == sock.CodeInterrupted {
			return false
		}
	}
	return true
}

func (p *polled) events(ctx context.Context) iter.Seq2[*sock.Socket, error] {
	return func(yield func(*sock.Socket, error) bool) {
		last := false
		for !last {
			select {
			case <-ctx.Done():
				ctx, last = context.WithoutCancel(ctx), true
			case <-p.after(pauseAfter(p.took)):
			}
			_, rows, err := p.look(ctx)
			switch {
			case err != nil && ctx.Err() != nil:
				continue // to the last one
			case err != nil:
				yield(nil, err)
				return
			}
			for _, row := range rows {
				if s := p.eventOf(row); s != nil && !yield(s, nil) {
					return
				}
			}
			if !yield(nil, nil) {
				return
			}
		}
	}
}

// eventOf returns the socket of a row with what happened to it; nil if nothing did. The
// tracker keeps the row's own.
func (p *polled) eventOf(row change.Row) *sock.Socket {
	p.event = sock.Event{Source: sock.SourcePoll, Time: time.Now().UTC(), Duration: -1, Lifetime: -1}
	s := *row.Socket
	switch row.Kind {
	case change.Opened:
		p.event.Kind, p.event.NewState = sock.EventOpened, s.State
	case change.Changed:
		p.event.Kind, p.event.OldState, p.event.NewState = sock.EventState, p.changed[row.Socket], s.State
	case change.Closed:
		p.event.Kind, p.event.OldState, p.event.NewState = sock.EventClosed, s.State, sock.Closed
		s.State = sock.Closed
	default:
		return nil
	}
	s.Event, s.Known = &p.event, s.Known|sock.FieldEvent
	return &s
}

func (p *polled) lost() (uint64, error) { return 0, nil }
func (p *polled) close() error          { return nil }
