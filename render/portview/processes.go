package portview

import (
	"cmp"
	"fmt"
	"io"
	"slices"

	"sockeye/sock"
	"sockeye/sock/fact"
)

// OwnerFacts are the facts that are told of processes, as far as they are known.
const OwnerFacts = sock.FieldOwners | sock.FieldCmdline | sock.FieldProcessUser | sock.FieldStartedAt | sock.FieldOrigin | sock.FieldPlace |
	sock.FieldPeerProcess

// Processes gathers the processes of a listing, each once.
type Processes struct {
	byPID map[int]*held
}

// held is a process with a socket that it holds, where its listeners lead to, if it is a
// proxy, and the processes at the other ends of its connections.
type held struct {
	process *sock.Process
	socket  *sock.Socket
	leads   []string
	peers   peers
}

// Add adds a process that holds a socket, which may be reused afterwards.
func (ps *Processes) Add(p *sock.Process, s *sock.Socket) {
	if ps.byPID == nil {
		ps.byPID = map[int]*held{}
	}
	h := ps.byPID[p.PID]
	if h == nil {
		h = &held{process: p, socket: &sock.Socket{Unit: s.Unit, Container: s.Container, PlacedBy: s.PlacedBy}, peers: peers{}}
		ps.byPID[p.PID] = h
	}
	h.peers.add(s)
	if s.Behind != nil && len(h.leads) < maxNamed {
		h.leads = append(h.leads, fact.LocalText(s)+" leads to "+targetText(s.Behind))
	}
}

// Write prints what is known of the first ones, by PID, and how many more there are.
func (ps *Processes) Write(w io.Writer, o Options) error {
	var all []*held
	for _, h := range ps.byPID {
		all = append(all, h)
	}
	slices.SortFunc(all, func(a, b *held) int { return cmp.Compare(a.process.PID, b.process.PID) })
	p := printer{Options: o}
	for i, h := range all {
		if i == maxNamed {
			fmt.Fprintf(&p, "%d more processes\n", len(all)-i)
			break
		}
		p.process("", h.process, h.socket)
		for _, lead := range h.leads {
			p.line("%s", lead)
		}
		if len(h.peers) > 0 {
			p.line("connected with %s", h.peers.text())
		}
	}
	_, err := w.Write(p.Bytes())
	return err
}
