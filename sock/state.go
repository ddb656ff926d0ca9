package sock

import (
	"math/bits"
	"strings"
)

// State is the state of a socket: the states of RFC 9293 section 3.3.2, Bound
// for a TCP socket that is bound and does not listen, and Unconnected for a
// datagram socket without a peer (one with a peer is Established).
type State uint8

// The states.
const (
	StateUnknown State = iota
	Listen
	SynSent
	SynReceived
	Established
	FinWait1
	FinWait2
	CloseWait
	Closing
	LastAck
	TimeWait
	Closed
	Bound
	Unconnected
	stateEnd
)

var stateNames = [...]string{
	StateUnknown: "UNKNOWN",
	Listen:       "LISTEN",
	SynSent:      "SYN_SENT",
	SynReceived:  "SYN_RECEIVED",
	Established:  "ESTABLISHED",
	FinWait1:     "FIN_WAIT_1",
	FinWait2:     "FIN_WAIT_2",
	CloseWait:    "CLOSE_WAIT",
	Closing:      "CLOSING",
	LastAck:      "LAST_ACK",
	TimeWait:     "TIME_WAIT",
	Closed:       "CLOSED",
	Bound:        "BOUND",
	Unconnected:  "UNCONNECTED",
}

// String returns the name used in every format, such as "FIN_WAIT_1".
func (s State) String() string {
	if s >= stateEnd {
		return "UNKNOWN"
	}
	return stateNames[s]
}

// StateNames returns the names by number, the unknown one too. The slice is
// shared and must not be changed.
func StateNames() []string { return stateNames[:] }

// stateAliases are the short and foreign names of states: ss's, netstat's,
// lsof's, Windows' and PowerShell's, folded as foldState does.
var stateAliases = map[string]State{
	"estab":         Established,
	"listening":     Listen,
	"synrecv":       SynReceived,
	"synrcvd":       SynReceived,
	"close":         Closed,
	"unconn":        Unconnected,
	"boundinactive": Bound,
}

// ParseState reads the name of a state. It takes any case, `-`, `_`, a blank or
// nothing between words, and the short and foreign forms (estab, listening,
// syn-recv, syn_rcvd, close, unconn, fin-wait1, timewait, ...).
func ParseState(name string) (State, bool) {
	folded := foldState(name)
	for s := Listen; s < stateEnd; s++ {
		if foldState(stateNames[s]) == folded {
			return s, true
		}
	}
	s, ok := stateAliases[folded]
	return s, ok
}

func foldState(name string) string {
	return strings.Map(func(r rune) rune {
		if r == '-' || r == '_' || r == ' ' {
			return -1
		}
		return r
	}, strings.ToLower(name))
}

// StateSet is a set of states.
type StateSet uint32

// The sets that have a name in ss's filter language and in the options.
const (
	// AllStates holds every state, the unknown one too.
	AllStates StateSet = 1<<stateEnd - 1
	// ConnectedStates is what ss calls connected: neither listening nor closed.
	ConnectedStates = AllStates &^ (1<<Listen | 1<<Closed | 1<<Unconnected | 1<<Bound | 1<<StateUnknown)
	// SynchronizedStates is connected without SYN_SENT.
	SynchronizedStates = ConnectedStates &^ (1 << SynSent)
	// BucketStates are those the kernel keeps in a small record, not in a socket.
	BucketStates StateSet = 1<<SynReceived | 1<<TimeWait
	// BigStates are those kept in a full socket.
	BigStates = AllStates &^ BucketStates
	// ListeningStates is what -l asks: listeners, and datagram sockets without a peer.
	ListeningStates StateSet = 1<<Listen | 1<<Unconnected
	// OpenStates is what --connected and a plain ss show: connections that hold
	// a full socket.
	OpenStates = ConnectedStates &^ BucketStates
	// DefaultStates is a listing without options: listening and connected.
	DefaultStates = ListeningStates | OpenStates
)

// States returns the set of the given states.
func States(ss ...State) StateSet {
	var set StateSet
	for _, s := range ss {
		set |= 1 << s
	}
	return set
}

// Has reports whether s is in the set.
func (s StateSet) Has(st State) bool { return s&(1<<st) != 0 }

// Len returns the number of states in the set.
func (s StateSet) Len() int { return bits.OnesCount32(uint32(s)) }

// All yields the states of the set by number, but for the unknown one.
func (s StateSet) All(yield func(State) bool) {
	for st := Listen; st < stateEnd; st++ {
		if s.Has(st) && !yield(st) {
			return
		}
	}
}
