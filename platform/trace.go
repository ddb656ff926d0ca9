package platform

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"

	"sockeye/platform/tracer"
	"sockeye/sock"
)

// TraceRequest is what is to be told as it happens.
type TraceRequest struct {
	Request
	View View
	// Source is what is to tell it; [sock.SourceUnknown] is the best that can.
	Source sock.EventSource
	// EveryState asks for each change of state: the best is none that tells ends alone.
	EveryState bool
}

// eventStream tells of events. It is used by one goroutine.
type eventStream interface {
	// events streams sockets with their events over one reused record until the
	// context ends, then what has been told already; nil whenever there is none at
	// hand. The filter of the request has not been looked at.
	events(context.Context) iter.Seq2[*sock.Socket, error]
	// lost returns how many events could not be told.
	lost() (uint64, error)
	// close ends the telling. The error is what was missed meanwhile.
	close() error
}

// traceSource is one of the ways to learn what happens.
type traceSource struct {
	source sock.EventSource
	// views are those that it can tell.
	views []View
	open  func(*Host, context.Context, TraceRequest) (eventStream, []sock.Warning, error)
}

// traceSources are the ways, the best first.
var traceSources = []traceSource{
	{sock.SourceBPF, []View{ViewStates, ViewLifetimes, ViewConnects, ViewAccepts, ViewListens, ViewRetransmits, ViewResets, ViewDrops, ViewEnds, ViewFailures}, openTracer},
	{sock.SourceDestroy, []View{ViewStates, ViewLifetimes}, openEnds},
	{sock.SourcePoll, []View{ViewStates, ViewLifetimes, ViewListens}, openPoll},
}

func (t *traceSource) tells(v View) bool { return slices.Contains(t.views, v) }

// tracedFields is what the programs in the kernel tell of a socket.
const tracedFields = sock.FieldLocal | sock.FieldRemote | sock.FieldInterface | sock.FieldMark | sock.FieldCookie | sock.FieldUID | sock.FieldUser |
	sock.FieldNetns | sock.FieldNetnsName | sock.FieldCgroupID | sock.FieldCgroup | sock.FieldOwners | sock.ProcessFields | sock.FieldPlace | sock.FieldTCPInfo

// endFields is what is told of one that the kernel frees, with what is remembered.
const endFields = sock.FieldLocal | sock.FieldRemote | sock.FieldInterface | sock.FieldCookie | sock.FieldTCPInfo | sock.FieldClosedAt |
	sock.FieldNetns | sock.FieldNetnsName | rememberedFields

// EndFields returns the facts that [Host.Closings] can tell.
func (h *Host) EndFields() sock.Field { return endFields }

// TraceFields returns the facts that the events of a source can hold; of the unknown
// one those that any can.
func (h *Host) TraceFields(s sock.EventSource) sock.Field {
	switch s {
	case sock.SourceBPF:
		return tracedFields | sock.FieldEvent
	case sock.SourceDestroy:
		return endFields | sock.FieldEvent
	}
	return h.Fields() | sock.FieldEvent
}

// NoTraceError says that nothing here can tell a view.
type NoTraceError struct {
	View View
	// Source is that which was asked for, or the best.
	Source sock.EventSource
	Err    error // why it does not; nil: it never can
}

func (e *NoTraceError) Error() string {
	what := e.View.String()
	if e.View == ViewStates {
		what = "changes of state"
	}
	if e.Err == nil {
		return fmt.Sprintf("%s are told by programs in the kernel (bpf) alone, not by %s", what, e.Source)
	}
	return fmt.Sprintf("%s cannot be traced here: %s", what, reasonOf(e.Err))
}

func (e *NoTraceError) Unwrap() error { return e.Err }

// Trace tells what happens to sockets. It is used by one goroutine.
type Trace struct {
	// Source is what tells it, and Refused why the best does not; empty if it is that.
	Source  sock.EventSource
	Refused string
	// Warnings are about what is missing from the beginning; see [Trace.Missed].
	Warnings []sock.Warning
	// Matched is how many events were told, and Connections how many connections they
	// were about, which is counted in ViewStates alone: other views tell each once, or
	// do not tell its end.
	Matched, Connections uint64

	req    TraceRequest
	stream eventStream
	notes  *traceNotes
	live   map[uint64]struct{} // cookies of Connections that have not ended
	parts  warnings
}

// Trace begins to tell what happens to the TCP sockets that a request asks for. What
// cannot be told at all is a [*NoTraceError].
func (h *Host) Trace(ctx context.Context, req TraceRequest) (*Trace, error) {
	req.Query.Protocols &= sock.Protocols(sock.TCP)
	req.Query.States = sock.AllStates &^ sock.States(sock.Bound) // which nothing but a listing knows
	req.Query.Want |= req.Filter.Needs()
	if h.noOwners {
		req.Query.Want &^= sock.OwnerFields
	}
	var refused error // of the best, about which something can be done
	for i := range traceSources {
		way := &traceSources[i]
		switch {
		case req.Source != sock.SourceUnknown && req.Source != way.source:
			continue
		case req.Source == sock.SourceUnknown && (!way.tells(req.View) || req.EveryState && way.source == sock.SourceDestroy):
			continue
		case !way.tells(req.View):
			return nil, &NoTraceError{View: req.View, Source: way.source}
		}
		stream, warnings, err := way.open(h, ctx, req)
		if err == nil {
			return newTrace(h, req, stream, &Trace{Source: way.source, Refused: reasonOf(refused), Warnings: warnings}), nil
		}
		if refused == nil {
			refused = err
		}
		if ctx.Err() != nil {
			break
		}
	}
	return nil, &NoTraceError{View: req.View, Source: req.Source, Err: refused}
}

// reasonOf is the reason of an error for people, empty for none.
func reasonOf(err error) string {
	var unavailable *tracer.UnavailableError
	switch {
	case err == nil:
		return ""
	case errors.As(err, &unavailable):
		return unavailable.Reason
	}
	return err.Error()
}

func newTrace(h *Host, req TraceRequest, stream eventStream, t *Trace) *Trace {
	t.req, t.stream, t.live = req, stream, map[uint64]struct{}{}
	if h != nil {
		t.notes = newTraceNotes(h, req.Query.Want)
	}
	return t
}

// ReplayTrace returns a trace of what was recorded.
func ReplayTrace(from sock.Recording, lost func() uint64, req TraceRequest) *Trace {
	return newTrace(nil, req, &replayed{from, req.Query, lost}, &Trace{})
}

// replayed tells the events of a recording.
type replayed struct {
	from  sock.Recording
	query sock.Query
	left  func() uint64
}

func (r *replayed) events(ctx context.Context) iter.Seq2[*sock.Socket, error] {
	return r.from.Sockets(ctx, r.query)
}
func (r *replayed) lost() (uint64, error) { return r.left(), nil }
func (r *replayed) close() error          { return nil }

// Events streams the sockets to which something of the view happened, over one reused
// record, as their filter matches them; nil whenever there is none at hand, so that
// the consumer can show what it has. What was left out is in [Trace.Missed].
func (t *Trace) Events(ctx context.Context) iter.Seq2[*sock.Socket, error] {
	return func(yield func(*sock.Socket, error) bool) {
		for s, err := range t.stream.events(ctx) {
			var partial *sock.Partial
			switch {
			case errors.As(err, &partial):
				t.parts.add(partial.Warning())
				continue
			case err != nil:
				yield(nil, err)
				return
			case s == nil:
				t.notes.idle()
				if !yield(nil, nil) {
					return
				}
				continue
			}
			if t.told(s) && !yield(s, nil) {
				return
			}
		}
	}
}

// Missed returns what was left out of the events so far.
func (t *Trace) Missed() []sock.Warning { return t.parts.all() }

// told completes an event and reports whether it is one that is meant.
func (t *Trace) told(s *sock.Socket) bool {
	if s.Event == nil || !t.req.Query.Protocols.Has(s.Protocol) || !t.req.Query.Families.Has(s.Family) {
		return false
	}
	meant := t.req.View.takes(s)
	if meant {
		t.notes.add(s)
		meant = t.req.Filter.Match(s)
	}
	t.count(s, meant)
	return meant
}

// count counts an event and its connection, which is forgotten at its end.
func (t *Trace) count(s *sock.Socket, meant bool) {
	if meant {
		t.Matched++
	}
	if t.req.View != ViewStates || !s.Knows(sock.FieldCookie) || s.Event.Kind > sock.EventState {
		return
	}
	if _, known := t.live[s.Cookie]; meant && !known && s.Event.NewState != sock.Listen && s.Event.OldState != sock.Listen {
		t.Connections++
		t.live[s.Cookie] = struct{}{}
	}
	if s.Event.NewState == sock.Closed {
		delete(t.live, s.Cookie)
	}
}

// Want changes which facts are told of sockets, from the next event on.
func (t *Trace) Want(want sock.Field) {
	if t.notes == nil || want == t.req.Query.Want {
		return
	}
	t.req.Query.Want = want
	t.notes = newTraceNotes(t.notes.host, want)
}

// Lost returns how many events could not be told, since they came faster than they
// could be read.
func (t *Trace) Lost() (uint64, error) { return t.stream.lost() }

// Close ends the telling. The error is that of a listing in which owners were looked
// for: those of some sockets may be missing.
func (t *Trace) Close() error { return t.stream.close() }
