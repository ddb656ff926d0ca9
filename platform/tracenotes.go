package platform

import (
	"context"
	"time"

	"sockeye/sock"
)

// traceNotes adds to the sockets of events what their source does not tell: names, and
// facts about their processes.
type traceNotes struct {
	host    *Host
	want    sock.Field
	own     *annotator
	facts   *factReader
	places  *places // nil: units and containers are not wanted
	ctx     context.Context
	ofSpace map[uint64]*annotator // of other namespaces, by inode
	process map[int]*sock.Process // with the facts that are wanted
}

func newTraceNotes(h *Host, want sock.Field) *traceNotes {
	n := &traceNotes{host: h, want: want, own: h.newAnnotator(want), ctx: context.Background()}
	n.forget()
	return n
}

// forget begins to remember anew.
func (n *traceNotes) forget() {
	n.own = n.host.newAnnotator(n.want)
	n.ofSpace, n.process = map[uint64]*annotator{}, map[int]*sock.Process{}
	n.facts = newFactReader(n.ctx, n.host.chain.env, n.own.users)
	if n.want&sock.FieldPlace != 0 {
		n.places = newPlaces(n.host.proc)
		n.facts.place = n.places.ofProcess
	}
}

// add completes a socket. Those of a recording are as they are.
func (n *traceNotes) add(s *sock.Socket) {
	if n == nil {
		return
	}
	if notes := n.notesOf(s); notes != nil {
		notes.add(s)
	}
	if s.Event.Source == sock.SourceBPF && n.want&(sock.ProcessFields|sock.FieldPlace) != 0 {
		for i := range s.Owners {
			s.Owners[i].Process = n.complete(s.Owners[i].Process, s.Event.Time)
		}
	}
	if n.places != nil {
		n.places.add(s)
	}
}

// complete returns the process with its facts: those of the one that is there now, if
// it began before the event. They are read once for each process.
func (n *traceNotes) complete(p *sock.Process, at time.Time) *sock.Process {
	began, err := startedAt(n.ctx, n.host.chain.env, p.PID)
	if err != nil || began.After(at.Add(time.Second)) { // what the machine says of its start has whole seconds
		return p
	}
	if known := n.process[p.PID]; known != nil && known.Name == p.Name && known.StartedAt.Equal(began) {
		return known
	}
	if len(n.process) >= mostProcesses {
		n.forget()
	}
	filled := *p
	n.facts.fill(&filled, n.want|sock.FieldStartedAt, func(pid int) bool {
		again, err := startedAt(n.ctx, n.host.chain.env, pid)
		return err == nil && again.Equal(began)
	})
	n.process[p.PID] = &filled
	return &filled
}

// mostProcesses is of how many processes the facts are remembered.
const mostProcesses = 10_000

// notesOf returns what knows the names of the namespace that a socket is in; nil if
// that cannot be found.
func (n *traceNotes) notesOf(s *sock.Socket) *annotator {
	if n.host.spaces == nil || !s.Knows(sock.FieldNetns) || s.Netns.Inode == 0 {
		return n.own
	}
	notes, asked := n.ofSpace[s.Netns.Inode]
	if asked {
		return notes
	}
	all, _ := n.host.spaces.refresh(n.ctx) // one that is not found has no name
	for _, sp := range all {
		if n.ofSpace[sp.key.inode] == nil {
			n.ofSpace[sp.key.inode] = n.own.in(sp.env)
		}
	}
	if _, found := n.ofSpace[s.Netns.Inode]; !found {
		n.ofSpace[s.Netns.Inode] = nil
	}
	return n.ofSpace[s.Netns.Inode]
}

// idle forgets the interfaces: there may be others when something happens again. What is
// asked of containers then has its own time.
func (n *traceNotes) idle() {
	if n == nil {
		return
	}
	n.host.chain.env.Interfaces.Forget()
	if n.places != nil {
		n.places.namer.Again()
	}
}
