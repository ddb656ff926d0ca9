package platform

import (
	"context"
	"errors"
	"iter"

	"sockeye/platform/tracer"
	"sockeye/sock"
)

// tracing is a [tracer.Tracer].
type tracing interface {
	Missing() []tracer.Missing
	Events() iter.Seq2[*tracer.Event, error]
	Lost() uint64
	Close() error
}

// optionsOf are what the kernel is to tell for a view: of changes of state those that
// it may take, and no other kind.
var optionsOf = map[View]tracer.Options{
	ViewStates:      {Kinds: tracer.KindsOf(tracer.StateChange)},
	ViewLifetimes:   {Kinds: tracer.KindsOf(tracer.StateChange), NewStates: sock.States(sock.Closed)},
	ViewConnects:    {Kinds: tracer.KindsOf(tracer.StateChange), OldStates: sock.States(sock.SynSent)},
	ViewAccepts:     {Kinds: tracer.KindsOf(tracer.StateChange), OldStates: sock.States(sock.SynReceived), NewStates: sock.States(sock.Established)},
	ViewListens:     {Kinds: tracer.KindsOf(tracer.StateChange), NewStates: sock.States(sock.Listen, sock.Closed)},
	ViewRetransmits: {Kinds: tracer.KindsOf(tracer.Retransmit, tracer.SynAckRetransmit)},
	ViewResets:      {Kinds: tracer.KindsOf(tracer.ResetSent, tracer.ResetReceived)},
	ViewDrops:       {Kinds: tracer.KindsOf(tracer.Drop)},
	ViewEnds:        {Kinds: tracer.KindsOf(tracer.StateChange), NewStates: sock.States(sock.FinWait1, sock.Closed), Buffer: endsBuffer},
	ViewFailures:    {Kinds: tracer.KindsOf(tracer.StateChange), OldStates: sock.States(sock.SynSent), NewStates: sock.States(sock.Closed), Buffer: endsBuffer},
}

// A socket has no cookie until somebody asks for it. What the kernel keeps in TIME_WAIT
// has that of the connection only if it had one by then, which is before its end is
// told: so ViewEnds asks as a connection begins to close.

// endsBuffer is room for 3,000 ends. The whole of a buffer counts as memory of the
// program, twice, and these views run beside what holds much.
const endsBuffer = 1 << 20

// TraceRefused returns why programs in the kernel cannot tell of events here, as far as
// that is known before they are loaded; empty if nothing is against it.
func (h *Host) TraceRefused() string {
	if h.tracer == nil {
		return errNoTracer.Error()
	}
	return reasonOf(tracer.May(h.chain.env.Proc))
}

// openTracer begins to tell by programs in the kernel.
func openTracer(h *Host, ctx context.Context, req TraceRequest) (eventStream, []sock.Warning, error) {
	if h.tracer == nil {
		return nil, nil, errNoTracer
	}
	o := optionsOf[req.View]
	o.Rules, o.Proc = rulesOf(req.Filter), h.chain.env.Proc
	if h.spaces == nil {
		if h.chain.env.Namespace == nil {
			return nil, nil, errNoNamespace
		}
		o.Namespaces = []uint64{h.chain.env.Namespace.Inode()}
	}
	t, err := h.tracer(ctx, o)
	if err != nil {
		return nil, nil, err
	}
	warnings, err := missing(t.Missing(), o.Kinds)
	if err != nil {
		return nil, nil, errors.Join(err, t.Close())
	}
	traced := &tracedEvents{tracing: t}
	if req.Query.Want.Has(sock.FieldOwners) && withListeners(&o) {
		traced.mptcp = h.mptcpOwners(ctx)
	}
	return traced, warnings, nil
}

// withListeners reports whether the socket of an event may be a listener or come from
// one. What goes out of SYN_SENT is neither.
func withListeners(o *tracer.Options) bool {
	return o.Kinds.Has(tracer.SynAckRetransmit) || o.Kinds.Has(tracer.StateChange) && o.OldStates != sock.States(sock.SynSent)
}

// missing says what a kernel does not tell of what is wanted. It is an error if that is
// all. That it does not tell who writes is nothing to be said: the owner is learnt when
// the process reads or closes.
func missing(parts []tracer.Missing, wanted tracer.Kinds) (warnings []sock.Warning, err error) {
	left := wanted
	for _, m := range parts {
		for k := tracer.StateChange; k <= tracer.Drop; k++ {
			if wanted.Has(k) && k.String() == m.What {
				left &^= tracer.KindsOf(k)
				warnings = append(warnings, sock.Warning{Code: sock.CodeUnavailable, Message: "this kernel does not tell each " + m.What + ": " + m.Err.Error()})
				err = errors.Join(err, m.Err)
			}
		}
	}
	if left != 0 {
		err = nil
	}
	return warnings, err
}

var (
	errNoTracer    = errors.New("programs in the kernel are for Linux alone")
	errNoNamespace = errors.New("the own network namespace is not known without /proc")
)

// tracedEvents makes sockets of the tracer's events.
type tracedEvents struct {
	tracing
	event sock.Event
	mptcp mptcpOwners
}

func (t *tracedEvents) events(context.Context) iter.Seq2[*sock.Socket, error] {
	return func(yield func(*sock.Socket, error) bool) {
		for e, err := range t.Events() {
			var s *sock.Socket
			if err == nil && e != nil {
				s = &e.Socket
				t.event = eventOf(e)
				s.Event, s.Known = &t.event, s.Known|sock.FieldEvent
				t.mptcp.add(s)
			}
			if !yield(s, err) {
				return
			}
		}
	}
}

func (t *tracedEvents) lost() (uint64, error) { return t.Lost(), nil }
func (t *tracedEvents) close() error          { return t.Close() }

// eventOf is the event as the record has it.
func eventOf(e *tracer.Event) sock.Event {
	told := sock.Event{
		Source: sock.SourceBPF, Time: e.Time, Duration: -1, Lifetime: -1,
		Origin: originOf[e.Origin], Reason: e.Reason, Segments: e.Segments, Bytes: e.Bytes,
	}
	switch e.Kind {
	case tracer.StateChange:
		told.Kind, told.OldState, told.NewState, told.Failure = sock.EventState, e.OldState, e.NewState, failureOf[e.Failure]
		if e.Timed {
			told.Duration, told.Lifetime = e.Duration, e.Age
			told.DurationAtLeast, told.LifetimeAtLeast = e.DurationAtLeast, e.AgeAtLeast
		}
		if e.NewState == sock.Closed && e.Socket.Knows(sock.FieldTCPInfo) {
			told.Sent, told.Received, told.Counted = e.Sent, e.Received, true
		}
	case tracer.Retransmit:
		told.Kind, told.Retransmitted = sock.EventRetransmit, sock.SegmentAgain
	case tracer.SynAckRetransmit:
		told.Kind, told.Retransmitted = sock.EventRetransmit, sock.SynAckAgain
	case tracer.ResetSent:
		told.Kind, told.Direction = sock.EventReset, sock.Sent
	case tracer.ResetReceived:
		told.Kind, told.Direction = sock.EventReset, sock.Received
	case tracer.Drop:
		told.Kind = sock.EventDrop
	}
	return told
}

var originOf = map[tracer.Origin]sock.OwnerOrigin{
	tracer.Connect: sock.OriginConnect, tracer.Listen: sock.OriginListen, tracer.Read: sock.OriginRead, tracer.Write: sock.OriginWrite,
	tracer.Close: sock.OriginClose, tracer.Inherited: sock.OriginInherited, tracer.Seeded: sock.OriginSeeded,
}

var failureOf = map[tracer.Failure]sock.Failure{
	tracer.Refused: sock.FailureRefused, tracer.Reset: sock.FailureReset, tracer.TimedOut: sock.FailureTimedOut,
	tracer.Unreachable: sock.FailureUnreachable, tracer.Abandoned: sock.FailureAbandoned,
	tracer.Aborted: sock.FailureAborted, tracer.Failed: sock.FailureOther,
}
