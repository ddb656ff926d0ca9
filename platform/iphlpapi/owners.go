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

	table   int               // number of the table that is being listed
	names   map[uint32]string // of all processes
	namesAt int               // the table after which names was read; 0: not read
	known   map[uint32]*process
	err     error // that names cannot be read
	told    bool  // err was reported
	buf     []sock.Owner
}

// process is what is known of a PID.
type process struct {
	*sock.Process
	started fileTime
	gone    bool
	table   int // the table for which it was looked up
}

func newOwners(sys *system, want sock.Field) *owners {
	if want&(sock.FieldOwners|sock.FieldService|sock.ProcessFields) == 0 {
		return nil
	}
	o := &owners{sys: sys, known: map[uint32]*process{}}
	o.known[pidSystem] = &process{Process: &sock.Process{PID: pidSystem, Name: "System"}}
	if want.Has(sock.FieldService) {
		o.services = &services{sys: sys}
	}
	return o
}

// nextTable says that another table was read. A process that began since the
// names were read may own a socket in it.
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
	case pid == pidNone && s.State != sock.TimeWait:
		return // Windows does not say why
	case pid == pidNone:
		s.OwnerStatus = sock.OwnerTimeWait
	default:
		p := o.find(pid)
		created := r.createdAt(row)
		// A socket is bound by a process that runs already: one that began
		// later has the PID of one that ended.
		if p.gone || p.started != 0 && created != 0 && p.started > created {
			s.OwnerStatus = sock.OwnerExited
			break
		}
		o.own(p, r, row, s)
	}
	s.Known |= sock.FieldOwners
}

// own makes a process the owner of a row.
func (o *owners) own(p *process, r *rows, row []byte, s *sock.Socket) {
	owner := sock.Owner{Process: p.Process, FD: sock.NoFD}
	s.OwnerStatus = sock.OwnerKnown
	if p.PID == pidSystem {
		s.OwnerStatus = sock.OwnerKernel
	}
	if o.services != nil && strings.EqualFold(p.Name, serviceHost) {
		owner.Service = o.services.of(r, row)
		if owner.Service != "" {
			s.Known |= sock.FieldService
		}
	}
	o.buf = append(o.buf[:0], owner)
	s.Owners = o.buf
}

// find returns the process that has a PID.
func (o *owners) find(pid uint32) *process {
	p := o.known[pid]
	if p != nil && (!p.gone || p.table == o.table) {
		return p
	}
	p = &process{table: o.table}
	name, exists := o.name(pid)
	switch steps, code := o.start(pid, exists); {
	case !exists || code == codeInvalidParameter: // what OpenProcess says of a PID that nobody has
		p.gone = true
	default:
		p.Process = &sock.Process{PID: int(pid), Name: name}
		if code == codeSuccess {
			p.started = fileTimeOf(steps)
		}
		if p.started != 0 {
			p.StartedAt = p.started.time()
			p.Process.Known |= sock.FieldStartedAt
		}
	}
	o.known[pid] = p
	return p
}

func (o *owners) start(pid uint32, exists bool) (steps uint64, code uint32) {
	if !exists {
		return 0, codeInvalidParameter
	}
	return o.sys.started(pid)
}

// name returns the name of a process and whether there is one. If the processes
// cannot be listed, any may exist.
func (o *owners) name(pid uint32) (string, bool) {
	if name, ok := o.names[pid]; ok {
		return name, true
	}
	if o.err == nil && o.namesAt < o.table {
		o.names, o.err = o.sys.processes()
		o.namesAt = o.table
	}
	name, ok := o.names[pid]
	return name, ok || o.err != nil
}
