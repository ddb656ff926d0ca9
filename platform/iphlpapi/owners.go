package iphlpapi

import (
	"strings"

	"sockeye/sock"
)

// PIDs with a meaning of their own.
const (
	pidNone   = 0 // the idle process: no process holds the socket
	pidSystem = 4 // the kernel: http.sys, SMB and other drivers
)

// owners finds the processes behind the PIDs of one listing. A nil *owners
// finds none.
type owners struct {
	sys      *system
	services *services // nil: not wanted
	kernel   *process

	table    int        // number of the table that is being listed
	snapshot *processes // the newest
	readAt   int        // the table after which it was taken; 0: not taken
	err      error      // that it cannot be taken
	told     bool       // err was reported
	buf      []sock.Owner
	children []*sock.Process
	heirs    []sock.Owner // these, for the row
}

func newOwners(sys *system, want sock.Field) *owners {
	if want&(sock.FieldOwners|sock.FieldService|sock.ProcessFields) == 0 {
		return nil
	}
	o := &owners{sys: sys, snapshot: newProcesses(0, nil),
		kernel: &process{Process: &sock.Process{PID: pidSystem, Name: "System"}}}
	if want.Has(sock.FieldService) {
		o.services = &services{sys: sys}
	}
	return o
}

// nextTable says that another table was read. A process that began since the
// snapshot was taken may own a socket in it.
func (o *owners) nextTable() {
	if o != nil {
		o.table++
	}
}

// failure returns what could not be found out, once.
func (o *owners) failure() *sock.Partial {
	if o == nil || o.err == nil || o.told {
		return nil
	}
	o.told = true
	return &sock.Partial{Code: sock.CodeUnavailable, Message: "the processes of this machine cannot be listed",
		Err: o.err, Incomplete: true}
}

// add fills in the owner of a row, or why it has none.
func (o *owners) add(r *rows, row []byte, s *sock.Socket) {
	if o == nil {
		return
	}
	pid, told := r.processID(row)
	if !told {
		return
	}
	switch {
	case pid == pidNone:
		s.OwnerStatus = unheld(s.State)
	case pid == pidSystem:
		o.own(o.kernel, r, row, s)
		s.OwnerStatus = sock.OwnerKernel
	default:
		created := r.createdAt(row)
		p := o.find(pid, created)
		// A socket is bound by a process that runs already: one that began
		// later has the PID of one that ended.
		if p == nil || created != 0 && p.started.after(created) {
			o.exited(pid, created, s)
			break
		}
		o.own(p, r, row, s)
	}
	s.Known |= sock.FieldOwners
}

// unheld says why no process holds a socket, as far as its state tells.
func unheld(state sock.State) sock.OwnerStatus {
	switch state {
	case sock.TimeWait:
		return sock.OwnerTimeWait
	case sock.SynReceived:
		return sock.OwnerRequest
	case sock.FinWait1, sock.FinWait2, sock.Closing, sock.LastAck, sock.Closed:
		return sock.OwnerOrphaned
	}
	return sock.OwnerNoDescriptor
}

// own makes a process the owner of a row.
func (o *owners) own(p *process, r *rows, row []byte, s *sock.Socket) {
	owner := sock.Owner{Process: p.Process, FD: sock.NoFD}
	s.OwnerStatus = sock.OwnerKnown
	if o.services != nil && strings.EqualFold(p.Name, serviceHost) {
		owner.Service = o.services.of(r, row)
		if owner.Service != "" {
			s.Known |= sock.FieldService
		}
	}
	o.buf = append(o.buf[:0], owner)
	s.Owners = o.buf
}

// exited says that the process which bound a socket has ended, and who may hold
// the socket now: a child inherits the handles that it is to.
func (o *owners) exited(pid uint32, created fileTime, s *sock.Socket) {
	s.OwnerStatus, s.CreatorPID = sock.OwnerExited, int(pid)
	o.children = o.snapshot.children(o.children[:0], pid, created)
	o.heirs = o.heirs[:0]
	for _, p := range o.children {
		o.heirs = append(o.heirs, sock.Owner{Process: p, FD: sock.NoFD})
	}
	s.CreatorChildren = o.heirs
	s.Known |= sock.FieldCreator
}

// find returns the process that has a PID, nil if nobody does. A snapshot that
// was taken before a socket was bound does not tell who did: it is taken again,
// once for a table, since all of a table is older than the snapshot after it. If
// it cannot be taken, any process may exist.
func (o *owners) find(pid uint32, created fileTime) *process {
	p := o.snapshot.byPID[pid]
	if (p == nil || !o.snapshot.taken.after(created)) && o.readAt < o.table && o.err == nil {
		o.read()
		p = o.snapshot.byPID[pid]
	}
	if p == nil && o.err != nil {
		p = &process{Process: &sock.Process{PID: int(pid)}}
		o.snapshot.byPID[pid] = p
	}
	return p
}

// read takes a snapshot. A process that was in the one before stays the same
// value, which sockets that were yielded point to.
func (o *owners) read() {
	o.readAt = o.table
	next, err := readProcesses(o.sys)
	if err != nil {
		o.err = err
		return
	}
	for pid, p := range next.byPID {
		if before := o.snapshot.byPID[pid]; before != nil && before.started == p.started {
			p.Process = before.Process
		}
	}
	o.snapshot = next
}
