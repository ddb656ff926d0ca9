package platform

import "sockeye/sock"

// View is which events of a trace are told.
type View uint8

// The views.
const (
	ViewStates      View = iota // every change of state
	ViewLifetimes               // connections that have ended
	ViewConnects                // handshakes that this machine began, and how they ended
	ViewAccepts                 // connections that a listener got
	ViewListens                 // what begins and ends to listen
	ViewRetransmits             // segments that were sent again
	ViewResets                  // resets that were sent and received
	ViewDrops                   // segments that the kernel dropped
	ViewEnds                    // sockets that have ended, whatever they were
	ViewFailures                // handshakes that this machine began, and that failed
)

var viewNames = [...]string{"states", "lifetimes", "connects", "accepts", "listens", "retransmits", "resets", "drops", "ends", "failures"}

// String returns the name of the view, such as "lifetimes".
func (v View) String() string { return viewNames[v] }

// takes reports whether the view tells an event of a socket.
func (v View) takes(s *sock.Socket) bool {
	e := s.Event
	changes := e.Kind == sock.EventState || e.Kind == sock.EventOpened || e.Kind == sock.EventClosed
	switch v {
	case ViewLifetimes:
		return changes && e.NewState == sock.Closed && s.Knows(sock.FieldRemote) &&
			e.OldState != sock.SynSent && e.OldState != sock.SynReceived && e.OldState != sock.Listen
	case ViewConnects:
		return changes && e.OldState == sock.SynSent
	case ViewAccepts:
		return changes && e.OldState == sock.SynReceived && e.NewState == sock.Established
	case ViewListens:
		// From LISTEN to SYN_RECEIVED goes a connection, not its listener.
		return changes && (e.NewState == sock.Listen || e.OldState == sock.Listen && e.NewState != sock.SynReceived)
	case ViewRetransmits:
		return e.Kind == sock.EventRetransmit
	case ViewResets:
		return e.Kind == sock.EventReset
	case ViewDrops:
		return e.Kind == sock.EventDrop
	case ViewEnds:
		return changes && e.NewState == sock.Closed
	case ViewFailures:
		return changes && e.OldState == sock.SynSent && e.NewState == sock.Closed
	}
	return changes
}
