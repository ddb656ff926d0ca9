package sock

import "time"

// Event is what happened to a socket, and what is known of that beside the socket
// itself. No listing tells it.
type Event struct {
	Kind   EventKind
	Source EventSource
	Time   time.Time // in UTC

	// OldState and NewState are those of a change of state, StateUnknown if one is
	// not told. Duration is how long the socket had been in the old one, and Lifetime
	// how long it has been more than closed or bound; negative if it is not known.
	// AtLeast: the socket was there before anybody looked, and it counts from then on.
	OldState, NewState State
	Duration, Lifetime time.Duration
	DurationAtLeast    bool
	LifetimeAtLeast    bool

	// Origin says how the owner is known.
	Origin OwnerOrigin
	// Failure is how a connection failed; FailureNone of one that did not.
	Failure Failure

	// Sent and Received are the bytes of payload of a connection that has ended, each
	// counted once; known if Counted.
	Sent, Received uint64
	Counted        bool

	// Direction is that of a reset. Retransmitted is what was sent again. Reason is why
	// a segment was dropped or a reset was sent, by the kernel's name, such as
	// "NO_SOCKET"; empty: not told.
	Direction     Direction
	Retransmitted Retransmitted
	Reason        string
	// Segments is how many were sent again or dropped, 0 if that is not told, and
	// Bytes their payload where they were sent again.
	Segments, Bytes uint32
}

// EventKind is what happened.
type EventKind uint8

// The kinds.
const (
	EventNone       EventKind = iota
	EventOpened               // the socket was not there in the listing before
	EventChanged              // something about it changed
	EventClosed               // its end
	EventState                // its state changed
	EventRetransmit           // a segment was sent again
	EventReset                // a reset was sent or received
	EventDrop                 // a segment was dropped
)

var eventKindNames = []string{"", "opened", "changed", "closed", "state", "retransmit", "reset", "drop"}

// EventKindNames returns the names by number. The slice is shared and must not be
// changed.
func EventKindNames() []string { return eventKindNames }

// String returns the word of JSON.
func (k EventKind) String() string { return nameOf(eventKindNames, k) }

// EventSource is who told of an event.
type EventSource uint8

// The sources.
const (
	SourceUnknown EventSource = iota
	SourceBPF                 // programs at the kernel's tracepoints
	SourceDestroy             // the kernel's multicast when it frees a socket
	SourcePoll                // the difference of two listings
)

var eventSourceNames = []string{"", "bpf", "destroy", "poll"}

// EventSourceNames returns the names by number. The slice is shared and must not be
// changed.
func EventSourceNames() []string { return eventSourceNames }

// String returns the word of JSON.
func (s EventSource) String() string { return nameOf(eventSourceNames, s) }

// OwnerOrigin is how the owner of a socket is known to whoever traces it.
type OwnerOrigin uint8

// The origins.
const (
	OriginUnknown   OwnerOrigin = iota
	OriginConnect               // it called connect
	OriginListen                // it called listen
	OriginRead                  // it read
	OriginWrite                 // it wrote
	OriginClose                 // it closed
	OriginInherited             // it is the listener's, and nobody has used the connection yet
	OriginSeeded                // it held the socket when the trace began
)

var originNames = []string{"", "connect", "listen", "read", "write", "close", "inherited", "seeded"}

// OriginNames returns the names by number. The slice is shared and must not be
// changed.
func OriginNames() []string { return originNames }

// String returns the word of JSON.
func (o OwnerOrigin) String() string { return nameOf(originNames, o) }

// Failure is how a connection failed.
type Failure uint8

// The failures.
const (
	FailureNone        Failure = iota
	FailureRefused             // a reset answered the SYN
	FailureReset               // a reset ended what was a connection
	FailureTimedOut            // nobody answered
	FailureUnreachable         // the network said that there is no way
	FailureAbandoned           // the process closed the socket before the handshake ended
	FailureAborted             // the administrator closed it
	FailureOther               // another error of the socket
)

var failureNames = []string{"", "refused", "reset", "timed_out", "unreachable", "abandoned", "aborted", "failed"}

// FailureNames returns the names by number. The slice is shared and must not be
// changed.
func FailureNames() []string { return failureNames }

// String returns the word of JSON.
func (f Failure) String() string { return nameOf(failureNames, f) }

// Direction is that of a segment.
type Direction uint8

// The directions.
const (
	DirectionUnknown Direction = iota
	Sent
	Received
)

var directionNames = []string{"", "sent", "received"}

// DirectionNames returns the names by number. The slice is shared and must not be
// changed.
func DirectionNames() []string { return directionNames }

// String returns the word of JSON.
func (d Direction) String() string { return nameOf(directionNames, d) }

// Retransmitted is what was sent again.
type Retransmitted uint8

// What may be.
const (
	NothingAgain Retransmitted = iota
	SegmentAgain               // a segment of a connection: data, SYN or FIN
	SynAckAgain                // the answer to a SYN, of a connection that is not there yet
)

var retransmittedNames = []string{"", "segment", "syn_ack"}

// RetransmittedNames returns the names by number. The slice is shared and must not be
// changed.
func RetransmittedNames() []string { return retransmittedNames }

// String returns the word of JSON.
func (r Retransmitted) String() string { return nameOf(retransmittedNames, r) }

// nameOf returns the name of a number, empty if it has none.
func nameOf[N ~uint8](names []string, n N) string {
	if int(n) >= len(names) {
		return ""
	}
	return names[n]
}
