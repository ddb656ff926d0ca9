package platform

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"sockeye/sock"
)

// ErrNoClosings is returned by [Host.Closings] where nobody tells when a socket is
// closed.
var ErrNoClosings = errors.New("what closes is told by sock_diag of Linux alone")

// ClosingProtocols are those of whose sockets the kernel tells the end.
var ClosingProtocols = sock.Protocols(sock.TCP, sock.UDP)

// closingSource tells of sockets as they are closed; see [sockdiag.Closings].
type closingSource interface {
	Next(wait bool) (*sock.Socket, error)
	Lost() (uint64, error)
	Malformed() int
	Stop() error
	Close()
}

// Closings tells of sockets as they are closed, with the owners that they had when
// they were last seen. It is used by one goroutine.
type Closings struct {
	request Request
	source  closingSource
	notes   *annotator
	seen    *lastSeen // nil: owners are not wanted
	stop    context.CancelFunc
	done    chan struct{}
}

// TellsClosings reports whether [Host.Closings] can tell anything.
func (h *Host) TellsClosings() bool { return h.closings != nil }

// Closings begins to tell of the sockets that a request asks, until the context ends
// or it is closed. States are not looked at: all are CLOSED.
func (h *Host) Closings(ctx context.Context, req Request) (*Closings, error) {
	if h.closings == nil {
		return nil, ErrNoClosings
	}
	req.Query.Protocols &= ClosingProtocols
	req.Query.States = sock.AllStates
	req.Query.Want |= req.Filter.Needs()
	if h.noOwners {
		req.Query.Want &^= sock.OwnerFields
	}
	source, err := h.closings(req.Query)
	if err != nil {
		return nil, fmt.Errorf("what closes cannot be told: %w", err)
	}
	c := &Closings{request: req, source: source, notes: h.newAnnotator(req.Query.Want), done: make(chan struct{})}
	ctx, c.stop = context.WithCancel(ctx)
	if req.Query.Want&rememberedFields == 0 {
		close(c.done)
		return c, nil
	}
	c.seen = &lastSeen{}
	// After the source was opened: what closes meanwhile is told, and known.
	list := func() *Listing {
		q := req.Query
		q.Want = q.Want&rememberedFields | sock.FieldCookie
		return h.List(ctx, Request{Query: q})
	}
	if err := c.seen.look(list()); err != nil {
		close(c.done)
		c.Close()
		return nil, err
	}
	go func() {
		defer close(c.done)
		c.seen.keepLooking(ctx, list)
	}()
	return c, nil
}

// Sockets streams the sockets over one reused record, as they are closed, until the
// context ends; then it yields what the kernel had told until then. It yields nil
// whenever there is none at hand, so that the consumer can show what it has.
func (c *Closings) Sockets(ctx context.Context) iter.Seq2[*sock.Socket, error] {
	return func(yield func(*sock.Socket, error) bool) {
		ended := false
		for wait := false; ; {
			if !ended && ctx.Err() != nil {
				ended = true
				if err := c.source.Stop(); err != nil {
					yield(nil, err)
					return
				}
			}
			s, err := c.source.Next(wait && !ended)
			switch {
			case err != nil:
				yield(nil, err)
				return
			case ended && s == nil:
				return
			case s == nil:
				if !wait && !yield(nil, nil) {
					return
				}
				wait = true
				continue
			}
			wait = false
			if c.complete(s); c.request.Filter.Match(s) && !yield(s, nil) {
				return
			}
		}
	}
}

// complete adds what is known of a socket from the listings, and the names.
func (c *Closings) complete(s *sock.Socket) {
	s.ClosedAt, s.Known = time.Now().UTC(), s.Known|sock.FieldClosedAt
	if c.seen != nil {
		c.seen.recall(s, c.request.Query.Want)
	}
	c.notes.add(s)
}

// Listed is what is to be said of the listing in which owners were last looked for; of
// none it is complete.
func (c *Closings) Listed() sock.Snapshot {
	if c.seen == nil {
		return sock.Snapshot{Complete: true}
	}
	return c.seen.last.Load().snapshot
}

// Lost returns how many sockets could not be told of, since they were closed faster
// than they were read.
func (c *Closings) Lost() (uint64, error) {
	lost, err := c.source.Lost()
	return lost + uint64(c.source.Malformed()), err
}

// Close ends the telling. The error is that of a listing in which owners were looked
// for again: those of some sockets may be missing.
func (c *Closings) Close() error {
	c.stop()
	<-c.done
	c.source.Close()
	if c.seen == nil {
		return nil
	}
	return c.seen.failed
}
