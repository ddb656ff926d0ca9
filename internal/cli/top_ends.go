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
	trace  *platform.Trace
	stop   func() // ends it
	owners bool   // are wanted
	// listed is what was listed last: of the rest no ends are told.
	listed atomic.Pointer[sock.Query]
}

// openEnds begins to tell of ends if the kernel does. That it does not is an error if it
// was asked for by name. It is done before the first listing: to load programs takes
// memory for a moment, and a listing does.
func (v *topView) openEnds() error {
	if v.o.eventSource != "" && !slices.Contains(endSources, v.o.eventSource) {
		return unknownWord("--event-source", v.o.eventSource, endSources)
	}
	source, err := v.o.readEventSource()
	if err != nil {
		return err
	}
	set, _, err := v.o.chosenTables(tables{protocols: tcpAndUDP})
	switch {
	case err != nil:
		return err
	case !set.protocols.Has(sock.TCP):
		v.unseen = "TCP is not listed"
	case source == sock.SourcePoll:
		v.unseen = "--event-source poll"
	case !v.b.host.Fields().Has(sock.FieldCookie):
		v.unseen = "connections are listed without a cookie " + v.b.where
	default:
		v.unseen = v.b.host.TraceRefused()
	}
	if v.unseen != "" && source != sock.SourceBPF {
		return nil
	}
	q := sock.Query{Protocols: sock.Protocols(sock.TCP), Families: sock.Families(sock.IPv4, sock.IPv6), Want: v.o.wants(sock.FieldOwners)}
	ctx, stop := context.WithCancel(v.ctx)
	t, err := v.b.host.Trace(ctx, platform.TraceRequest{Request: platform.Request{Query: q}, View: platform.ViewEnds})
	switch {
	case err == nil:
		v.ends, v.b.briefs, v.unseen = &topEnds{trace: t, stop: stop, owners: !v.o.noOwners()}, true, ""
		return nil
	case source == sock.SourceBPF:
		stop()
		return err
	}
	stop()
	v.unseen = err.Error()
	return nil
}

// close ends the telling.
func (e *topEnds) close() {
	if e != nil {
		e.stop()
		e.trace.Close() // its error is about owners that a listing looked for
	}
}

// follow notes what is listed.
func (e *topEnds) follow(q sock.Query) {
	if e != nil {
		e.listed.Store(&q)
	}
}

// tell tells of ends until the context ends.
func (e *topEnds) tell(ctx context.Context, each func(*sock.Socket), lost func(uint64)) error {
	defer context.AfterFunc(ctx, e.stop)()
	lost(0)
	for s, err := range e.trace.Events(ctx) {
		switch q := e.listed.Load(); {
		case err != nil:
			return err
		case s == nil:
			if n, err := e.trace.Lost(); err == nil {
				lost(n)
			}
		case q != nil && q.Protocols.Has(s.Protocol) && q.Families.Has(s.Family) && q.States.Has(s.Event.OldState):
			if !e.owners {
				s.Owners, s.OwnerStatus, s.Known = nil, 0, s.Known&^sock.OwnerFields
			}
			each(s)
			e.trace.Want(q.Want) // of the next one
		}
	}
	return nil
}
