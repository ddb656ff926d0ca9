package cli

import (
	"context"
	"slices"
	"sync/atomic"

	"sockeye/platform"
	"sockeye/sock"
)

// endSources are the values of --event-source for the view. The destroy multicast tells
// no owner, so it is none of them.
var endSources = []string{"auto", sock.SourceBPF.String(), sock.SourcePoll.String()}

// topEnds tells the view of sockets as they end: of those that live shorter than the
// time between two listings nothing else does.
type topEnds struct {
	view   *topView
	forced bool
	trace  *platform.Trace // nil: not open yet
	stop   func()          // ends it
	// listed is what was listed last: of the rest no ends are told.
	listed atomic.Pointer[sock.Query]
}

// prepareEnds decides whether what ends is told, which takes nothing yet.
func (v *topView) prepareEnds() error {
	if v.o.eventSource != "" && !slices.Contains(endSources, v.o.eventSource) {
		return unknownWord("--event-source", v.o.eventSource, endSources)
	}
	source, err := v.o.readEventSource()
	if err != nil {
		return err
	}
	switch v.unseen = v.b.host.TraceRefused(); {
	case source == sock.SourcePoll:
		v.unseen = "--event-source poll"
	case !v.b.host.Fields().Has(sock.FieldCookie):
		v.unseen = "connections are listed without a cookie " + v.b.where
	}
	if v.unseen == "" || source == sock.SourceBPF {
		v.ends, v.b.briefs = &topEnds{view: v, forced: source == sock.SourceBPF}, true
	}
	return nil
}

// begin opens the trace if it was asked for by name: then it is an error if there is
// none. Else the screen does not wait for it.
func (e *topEnds) begin(ctx context.Context) (err error) {
	if e != nil && e.forced {
		ctx, e.stop = context.WithCancel(ctx)
		e.trace, err = e.open(ctx)
	}
	return err
}

// open opens the trace.
func (e *topEnds) open(ctx context.Context) (*platform.Trace, error) {
	q := sock.Query{Protocols: sock.Protocols(sock.TCP), Families: sock.Families(sock.IPv4, sock.IPv6), Want: e.view.o.wants(sock.FieldOwners)}
	if listed := e.listed.Load(); listed != nil {
		q.Want |= listed.Want
	}
	return e.view.b.host.Trace(ctx, platform.TraceRequest{Request: platform.Request{Query: q}, View: platform.ViewEnds})
}

// follow notes what is listed.
func (e *topEnds) follow(q sock.Query) {
	if e != nil {
		e.listed.Store(&q)
	}
}

// tell tells of ends until the context ends.
func (e *topEnds) tell(ctx context.Context, each func(*sock.Socket), lost func(uint64)) (err error) {
	t := e.trace
	if t != nil {
		defer context.AfterFunc(ctx, e.stop)()
	} else if t, err = e.open(ctx); err != nil {
		return err
	}
	defer t.Close() // its error is about owners that a listing looked for
	lost(0)
	for s, err := range t.Events(ctx) {
		switch q := e.listed.Load(); {
		case err != nil:
			return err
		case s == nil:
			if n, err := t.Lost(); err == nil {
				lost(n)
			}
		case q != nil && q.Protocols.Has(s.Protocol) && q.Families.Has(s.Family) && q.States.Has(s.Event.OldState):
			if e.view.o.noOwners() {
				s.Owners, s.OwnerStatus, s.Known = nil, 0, s.Known&^sock.OwnerFields
			}
			each(s)
			t.Want(q.Want) // of the next one
		}
	}
	return nil
}
