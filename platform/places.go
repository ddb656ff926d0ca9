package platform

import (
	"os/user"

	"sockeye/platform/container"
	"sockeye/procnet"
	"sockeye/sock"
)

// initUnit is the unit of process 1, which holds the sockets of every service that is
// started at the first connection.
const initUnit = "init.scope"

// placed returns what else to ask for where the unit or the container of a socket is
// wanted: its owner, unless owners are not to be searched, and its own control group
// where there is none.
func placed(want sock.Field, ownerless bool) sock.Field {
	if want&sock.FieldPlace == 0 {
		return want
	}
	if !ownerless {
		want |= sock.FieldOwners
	}
	return want | sock.FieldCgroup | sock.FieldCgroupID
}

// places adds units and containers to sockets. Each control group is understood once.
type places struct {
	proc   procnet.FS
	namer  container.Namer
	groups map[string]container.Place // by what the kernel tells
}

func newPlaces(proc procnet.FS) *places {
	return &places{proc: proc, namer: container.Namer{Root: "/", Home: homeOf}, groups: map[string]container.Place{}}
}

func homeOf(uid string) string {
	u, err := user.LookupId(uid)
	if err != nil {
		return ""
	}
	return u.HomeDir
}

// ofProcess sets the facts of a process, as its control group tells them.
func (p *places) ofProcess(pid int, facts *sock.Process) {
	file, err := p.proc.ControlGroups(pid)
	if err != nil {
		return // it ended: the place is not known
	}
	place := p.understood(file, container.Parse)
	if facts.Unit, facts.Container = place.Unit, place.Container; facts.Unit != "" || facts.Container != nil {
		facts.Known |= sock.FieldPlace
	}
}

func (p *places) understood(text string, parse func(string) container.Place) container.Place {
	place, known := p.groups[text]
	if !known {
		place = parse(text)
		place.Container = p.namer.Complete(place)
		p.groups[text] = place
	}
	return place
}

// add tells of a socket where its owner is; of several the first that is not process 1
// of systemd. Without an owner it is where the socket was made.
func (p *places) add(s *sock.Socket) {
	s.Unit, s.Container, s.PlacedBy = "", nil, sock.PlacedUnknown
	s.Known &^= sock.FieldPlace
	var first *sock.Process
	for o := range s.PIDs {
		if o != nil && o.Known&sock.FieldPlace != 0 && (first == nil || first.Unit == initUnit && first.Container == nil) {
			first = o
		}
	}
	switch {
	case first != nil:
		s.Unit, s.Container, s.PlacedBy = first.Unit, first.Container, sock.PlacedByOwner
	case len(s.Owners) == 0 && s.Knows(sock.FieldCgroup):
		place := p.understood(s.Cgroup, container.ParsePath)
		s.Unit, s.Container, s.PlacedBy = place.Unit, place.Container, sock.PlacedBySocket
	}
	if s.Unit != "" || s.Container != nil {
		s.Known |= sock.FieldPlace
	} else {
		s.PlacedBy = sock.PlacedUnknown
	}
}
