package explain

import "sockeye/sock"

// Change is an arrow of the diagram: what leads from one state to another.
type Change struct {
	From, To sock.State
	By       string
}

// Changes are those of Figure 5 of RFC 9293, without the deletion of TCBs and the
// changes by RST, which every state but LISTEN leaves for CLOSED with. Linux leaves
// FIN_WAIT_1 for TIME_WAIT, which the figure omits, when FIN and ACK come in one segment.
var Changes = []Change{
	{sock.Closed, sock.Listen, "listen"},
	{sock.Closed, sock.SynSent, "connect, send SYN"},
	{sock.Listen, sock.SynReceived, "receive SYN, send SYN,ACK"},
	{sock.SynSent, sock.SynReceived, "receive SYN, send SYN,ACK"},
	{sock.SynSent, sock.Established, "receive SYN,ACK, send ACK"},
	{sock.SynReceived, sock.Established, "receive ACK"},
	{sock.SynReceived, sock.FinWait1, "close, send FIN"},
	{sock.Established, sock.FinWait1, "close, send FIN"},
	{sock.Established, sock.CloseWait, "receive FIN, send ACK"},
	{sock.FinWait1, sock.FinWait2, "receive ACK"},
	{sock.FinWait1, sock.Closing, "receive FIN, send ACK"},
	{sock.CloseWait, sock.LastAck, "close, send FIN"},
	{sock.FinWait2, sock.TimeWait, "receive FIN, send ACK"},
	{sock.Closing, sock.TimeWait, "receive ACK"},
	{sock.LastAck, sock.Closed, "receive ACK"},
	{sock.TimeWait, sock.Closed, "60 s"},
}

// Counts are how many sockets are in each state.
type Counts map[sock.State]int

// Seen is how often a change was seen. From is StateUnknown for a socket that was not
// there in the listing before.
type Seen struct {
	From, To sock.State
	Count    int
}

// Names returns what a change begins and ends with, for people.
func (s *Seen) Names() (from, to string) {
	from, to = s.From.String(), s.To.String()
	if s.From == sock.StateUnknown {
		from = "(new)"
	}
	return from, to
}

// countOf returns how often a change of the diagram was seen. A socket that is new was
// closed before.
func countOf(c Change, seen []Seen) (n int) {
	for _, s := range seen {
		from := s.From
		if from == sock.StateUnknown {
			from = sock.Closed
		}
		if from == c.From && s.To == c.To {
			n += s.Count
		}
	}
	return n
}
