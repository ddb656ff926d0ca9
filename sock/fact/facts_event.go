package fact

import (
	"math"
	"slices"
	"time"

	"sockeye/sock"
)

// eventFacts say what happened to a socket, as trace tells it. An event of NDJSON has
// the first three in front of everything else.
var eventFacts = []*Fact{
	eventChoice(Fact{
		Name: "event", Values: sock.EventKindNames(), Words: "events",
		Doc: "what happened to the socket, as trace tells it", Example: "event = state",
	}, func(e *sock.Event) *sock.EventKind { return &e.Kind }),
	ofEvent(Fact{
		Name: "time", Kind: Time, Least: 1, micro: true,
		Doc: "when it happened, to the microsecond", Example: "time >= 2026-11-20", show: showClock,
		number:    func(s *sock.Socket) (uint64, bool) { return Nanoseconds(toldOf(s).Time), true },
		setNumber: func(s *sock.Socket, v uint64) { eventOf(s).Time = timeOf(v).Truncate(time.Microsecond) },
	}),
	eventChoice(Fact{
		Name: "event_source", Values: sock.EventSourceNames(),
		Doc:     "who told it: programs in the kernel (bpf), the kernel when it frees a socket (destroy), or the difference of two listings (poll)",
		Example: "event_source = bpf",
	}, func(e *sock.Event) *sock.EventSource { return &e.Source }),
	eventChoice(Fact{
		Name: "old_state", Values: stateChoices(), Header: "OLD",
		Doc: "state before a change of it", Example: "old_state = syn_sent",
	}, func(e *sock.Event) *sock.State { return &e.OldState }),
	eventChoice(Fact{
		Name: "new_state", Values: stateChoices(), Header: "NEW",
		Doc: "state after a change of it", Example: "new_state = closed",
	}, func(e *sock.Event) *sock.State { return &e.NewState }),
	eventSpan("duration", "MS", "how long the socket had been in the old state", "duration > 1s",
		func(e *sock.Event) *time.Duration { return &e.Duration }, func(e *sock.Event) *bool { return &e.DurationAtLeast }),
	eventAtLeast("duration", func(e *sock.Event) *bool { return &e.DurationAtLeast }),
	eventSpan("lifetime", "LIFETIME-MS", "how long the socket has been more than closed or bound: since its SYN, or since it listens", "lifetime < 10ms",
		func(e *sock.Event) *time.Duration { return &e.Lifetime }, func(e *sock.Event) *bool { return &e.LifetimeAtLeast }),
	eventAtLeast("lifetime", func(e *sock.Event) *bool { return &e.LifetimeAtLeast }),
	eventChoice(Fact{
		Name: "owner_origin", Aliases: []string{"origin"}, Values: sock.OriginNames(), Header: "ORIGIN",
		Doc:     "how trace knows the owner: it called connect or listen, read, wrote or closed, has it from the listener, or held it before",
		Example: "owner_origin != inherited",
	}, func(e *sock.Event) *sock.OwnerOrigin { return &e.Origin }),
	eventChoice(Fact{
		Name: "failure", Values: sock.FailureNames(),
		Doc: "how a connection failed; from SYN_SENT or SYN_RECEIVED its handshake did", Example: "failure = refused",
	}, func(e *sock.Event) *sock.Failure { return &e.Failure }),
	eventBytes("sent_bytes", "SENT", "bytes of payload that a connection has sent, each counted once, when it has ended", "sent_bytes > 1M",
		func(e *sock.Event) *uint64 { return &e.Sent }),
	eventBytes("received_bytes", "RECEIVED", "bytes of payload that a connection has received, each counted once, when it has ended", "received_bytes = 0",
		func(e *sock.Event) *uint64 { return &e.Received }),
	eventChoice(Fact{
		Name: "direction", Values: sock.DirectionNames(),
		Doc: "whether a reset was sent or received", Example: "direction = received",
	}, func(e *sock.Event) *sock.Direction { return &e.Direction }),
	eventChoice(Fact{
		Name: "retransmitted", Values: sock.RetransmittedNames(), Header: "AGAIN",
		Doc: "what was sent again: a segment, or the answer to a SYN", Example: "retransmitted = syn_ack",
	}, func(e *sock.Event) *sock.Retransmitted { return &e.Retransmitted }),
	ofEvent(Fact{
		Name: "reason", Aliases: []string{"drop_reason"}, Kind: Text,
		Doc: "why the kernel dropped a segment or sent a reset, by its own name", Example: "reason = NO_SOCKET",
		text: func(s *sock.Socket) *string { return &toldOf(s).Reason },
		setText: func(s *sock.Socket, v string) bool {
			eventOf(s).Reason = v
			return true
		},
	}),
	eventCount("segments", "segments that were sent again or dropped", "segments > 1", Number,
		func(e *sock.Event) *uint32 { return &e.Segments }),
	eventCount("segment_bytes", "bytes of payload that were sent again", "segment_bytes > 0", Bytes,
		func(e *sock.Event) *uint32 { return &e.Bytes }),
}

// mostMicroseconds is up to where a number of milliseconds with three decimals is
// exact in a float64: 35 years.
const mostMicroseconds = 1 << 50

// ofEvent completes a fact of an event.
func ofEvent(f Fact) *Fact {
	f.Needs, f.Optional, f.Systems = sock.FieldEvent, true, []string{}
	return &f
}

// eventChoice is a name for a number of an event; 0 is none.
func eventChoice[N ~uint8](f Fact, at func(*sock.Event) *N) *Fact {
	f.Kind = Choice
	return ofEvent(*choice(f, func(s *sock.Socket) uint8 { return uint8(*at(toldOf(s))) },
		func(s *sock.Socket, v uint8) { *at(eventOf(s)) = N(v) }))
}

// eventSpan is a span of time in milliseconds, with three decimals; a negative one is
// not known.
func eventSpan(name, header, doc, example string, at func(*sock.Event) *time.Duration, atLeast func(*sock.Event) *bool) *Fact {
	return ofEvent(Fact{
		Name: name + "_ms", Aliases: []string{name}, Kind: Duration, Unit: sock.UnitMicroseconds, thousandths: true,
		Header: header, Most: mostMicroseconds, Doc: doc, Example: example,
		number: func(s *sock.Socket) (uint64, bool) {
			d := *at(toldOf(s))
			return uint64(max(0, d.Microseconds())), d >= 0
		},
		setNumber: func(s *sock.Socket, v uint64) { *at(eventOf(s)) = time.Duration(v) * time.Microsecond },
		// Three decimals stand under each other. What began before is more than that.
		show: func(_ *View, dst []byte, s *sock.Socket) []byte {
			e := toldOf(s)
			if !s.Knows(sock.FieldEvent) || *at(e) < 0 {
				return dst
			}
			if *atLeast(e) {
				dst = append(dst, '>')
			}
			return appendThousandths(dst, uint64(at(e).Microseconds()))
		},
	})
}

// eventAtLeast says that a span of time counts from the beginning of the trace.
func eventAtLeast(name string, at func(*sock.Event) *bool) *Fact {
	return ofEvent(Fact{
		Name: name + "_at_least", Kind: Bool, Only: true,
		Doc: "the socket was there before the trace, and " + name + "_ms counts from then on", Example: name + "_at_least = true",
		number: func(s *sock.Socket) (uint64, bool) { return bit(*at(toldOf(s))), true },
		setNumber: func(s *sock.Socket, v uint64) {
			if s.Event != nil {
				*at(s.Event) = v != 0
			}
		},
		dependent: true,
	})
}

// eventBytes is one of the two counts of a connection that has ended.
func eventBytes(name, header, doc, example string, at func(*sock.Event) *uint64) *Fact {
	return ofEvent(Fact{
		Name: name, Kind: Bytes, Unit: sock.UnitBytes, Header: header, Doc: doc, Example: example, human: true,
		number: func(s *sock.Socket) (uint64, bool) { return *at(toldOf(s)), toldOf(s).Counted },
		setNumber: func(s *sock.Socket, v uint64) {
			e := eventOf(s)
			*at(e), e.Counted = v, true
		},
	})
}

// eventCount is a number of which 0 is not told.
func eventCount(name, doc, example string, kind Kind, at func(*sock.Event) *uint32) *Fact {
	return ofEvent(Fact{
		Name: name, Kind: kind, Doc: doc, Example: example, Least: 1, Most: math.MaxUint32,
		number:    func(s *sock.Socket) (uint64, bool) { return uint64(*at(toldOf(s))), true },
		setNumber: func(s *sock.Socket, v uint64) { *at(eventOf(s)) = uint32(v) },
	})
}

// toldOf returns the event of a socket, to be read; one that says nothing if there is
// none.
func toldOf(s *sock.Socket) *sock.Event {
	if s.Event == nil {
		return silent
	}
	return s.Event
}

// silent is an event that says nothing.
var silent = &sock.Event{Duration: -1, Lifetime: -1}

// eventOf returns the event of a socket, to be changed, which it then has.
func eventOf(s *sock.Socket) *sock.Event {
	if s.Event == nil {
		s.Event = &sock.Event{Duration: -1, Lifetime: -1}
	}
	return s.Event
}

// stateChoices are the names of states, of which the unknown one is none.
func stateChoices() []string {
	names := slices.Clone(sock.StateNames())
	names[sock.StateUnknown] = ""
	return names
}

// showClock shows the time of day, in the zone of the view.
func showClock(v *View, dst []byte, s *sock.Socket) []byte {
	at := toldOf(s).Time
	if !s.Knows(sock.FieldEvent) || at.IsZero() {
		return dst
	}
	return at.In(v.Now.Location()).AppendFormat(dst, "15:04:05.000000")
}
