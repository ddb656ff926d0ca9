package tracer

import (
	"time"

	"sockeye/sock"
)

// Kind says what happened.
type Kind uint8

// The kinds.
const (
	// StateChange: a socket went from OldState to NewState. A socket that goes into
	// TIME_WAIT, which is no socket to the kernel any more, changes to CLOSED.
	StateChange Kind = iota
	// Retransmit: a segment was sent again.
	Retransmit
	// SynAckRetransmit: a listener sent its answer to a SYN again. State is SYN_RECEIVED,
	// and the owner is that of the listener: there is no socket yet.
	SynAckRetransmit
	// ResetSent and ResetReceived: a segment with RST. One that was sent may have no
	// socket: then there are the two ends, as far as the answered segment tells them.
	ResetSent
	ResetReceived
	// Drop: the kernel threw a segment away, for Reason. It may have no socket.
	Drop
	kindEnd
)

var kindNames = [...]string{
	StateChange:      "state",
	Retransmit:       "retransmit",
	SynAckRetransmit: "synack_retransmit",
	ResetSent:        "reset_sent",
	ResetReceived:    "reset_received",
	Drop:             "drop",
}

// String returns the name used in every format, such as "reset_sent".
func (k Kind) String() string {
	if k >= kindEnd {
		return "unknown"
	}
	return kindNames[k]
}

// Kinds is a set of kinds.
type Kinds uint8

// KindsOf returns a set.
func KindsOf(kinds ...Kind) (set Kinds) {
	for _, k := range kinds {
		set |= 1 << k
	}
	return set
}

// Has reports whether a kind is in the set.
func (s Kinds) Has(k Kind) bool { return s>>k&1 != 0 }

// Origin says how the owner of a socket is known.
type Origin uint8

// The origins.
const (
	// NoOrigin: the owner is not known.
	NoOrigin Origin = iota
	// Connect and Listen: the process called connect or listen.
	Connect
	Listen
	// Read, Write and Close: it was the last to do so. What was learnt by closing is
	// shown where nothing else was, and writing since Linux 6.3.
	Read
	Write
	Close
	// Inherited: it is the owner of the listener, and nobody has used the connection
	// yet. The one that accepts it may be another process.
	Inherited
	// Seeded: it held the socket when the trace began.
	Seeded
	originEnd
)

var originNames = [...]string{
	NoOrigin:  "",
	Connect:   "connect",
	Listen:    "listen",
	Read:      "read",
	Write:     "write",
	Close:     "close",
	Inherited: "inherited",
	Seeded:    "seeded",
}

// String returns the name used in every format, such as "inherited"; of no origin it
// is empty.
func (o Origin) String() string {
	if o >= originEnd {
		return ""
	}
	return originNames[o]
}

// Failure says why a connection ended with an error.
type Failure uint8

// The failures.
const (
	NoFailure Failure = iota
	// Refused: the SYN was answered with RST.
	Refused
	// Reset: an RST ended what was a connection.
	Reset
	// TimedOut: nothing answered.
	TimedOut
	// Unreachable: the network said that there is no way to the peer.
	Unreachable
	// Abandoned: its process closed the socket before the handshake ended.
	Abandoned
	// Aborted: the administrator closed it (SOCK_DESTROY).
	Aborted
	// Failed: any other error.
	Failed
	failureEnd
)

var failureNames = [...]string{
	NoFailure:   "",
	Refused:     "refused",
	Reset:       "reset",
	TimedOut:    "timed_out",
	Unreachable: "unreachable",
	Abandoned:   "abandoned",
	Aborted:     "aborted",
	Failed:      "failed",
}

// String returns the name used in every format, such as "timed_out"; of no failure it
// is empty.
func (f Failure) String() string {
	if f >= failureEnd {
		return ""
	}
	return failureNames[f]
}

// Event is one thing that happened.
type Event struct {
	Kind Kind
	// Time is when it happened, in UTC, to the microsecond.
	Time time.Time

	// Socket holds what is known: the ends, namespace, interface (its index alone),
	// cookie, mark, uid and control group, and at most one owner, without descriptor.
	// What it points to is valid until the next event, but the process of an owner,
	// which is shared and stays as it is.
	// State is NewState. Known says which there are: of a segment without a socket
	// there are ends and namespace. The local port is 0 as a socket goes from CLOSED
	// to SYN_SENT, unless it was bound: the kernel chooses it afterwards.
	//
	// TCPInfo is known of a change to CLOSED: the members of bytes, segments,
	// retransmissions and round-trip time.
	Socket sock.Socket
	Origin Origin

	// OldState and NewState are those of a StateChange; of other kinds both are the
	// state that the socket is in.
	OldState, NewState sock.State
	// Duration is how long it was in OldState, and Age how long it has been more than
	// a closed or bound socket: since SYN_SENT, SYN_RECEIVED or LISTEN. Both are known if
	// Timed; if AtLeast, they are counted from the start of the trace, where the
	// socket already was. Only of a StateChange.
	Duration, Age   time.Duration
	Timed           bool
	DurationAtLeast bool
	AgeAtLeast      bool

	// Failure is known of a change to CLOSED. That of a handshake is one from SYN_SENT
	// or SYN_RECEIVED.
	Failure Failure
	// Sent and Received are the bytes of payload that the socket sent, without
	// retransmissions, and received in order. Known of a change to CLOSED, as TCPInfo is.
	Sent, Received uint64

	// Reason is why a segment was dropped or an RST was sent, by the kernel's name
	// without its prefix, such as "NETFILTER_DROP" (enum skb_drop_reason, Linux 5.17)
	// or "NO_SOCKET" (enum sk_rst_reason, Linux 6.10); empty if the kernel does not say.
	Reason string
	// Segments and Bytes are how much was retransmitted or dropped: several segments
	// may be handled as one. Bytes are payload.
	Segments, Bytes uint32
	// Flags are those of the TCP header of a dropped segment, as on the wire (RFC 9293
	// section 3.1): 1 FIN, 2 SYN, 4 RST, 8 PSH, 16 ACK.
	Flags uint8
}
