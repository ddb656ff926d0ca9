package portview

import (
	"sockeye/sock"
)

// peers counts connections by the process at their other end, as it is named.
type peers map[string]int

// add adds a connection, if it is known who is at its other end.
func (ps peers) add(s *sock.Socket) {
	p := s.PeerProcess
	if !s.Knows(sock.FieldPeerProcess) || p == nil {
		return
	}
	text := processName(p)
	if p.Container != nil {
		text += " in " + containerText(p.Container)
	}
	ps[text]++
}

// text names those with the most connections.
func (ps peers) text() string { return countedNames(mostFirst(ps), "more process") }

// peersOf names the processes on this machine at the other ends of connections; empty
// if none is known.
func peersOf(connections []*sock.Socket) string {
	ps := peers{}
	for _, s := range connections {
		ps.add(s)
	}
	return ps.text()
}
