package fact

import (
	"math"

	"sockeye/sock"
)

// processFact and pidFact are of the first holder in JSON, and of each in owners.
var (
	pidFact = &Fact{
		Name: "pid", Kind: Number, Needs: sock.FieldOwners, Most: math.MaxUint32, Words: "owners",
		Doc: "process that holds the socket, in the PID namespace of the reader", Example: "pid in (812, 4242)", plain: true,
		ownerNumber:    func(o *sock.Owner) (uint64, bool) { return uint64(o.PID), true },
		setOwnerNumber: func(o *sock.Owner, v uint64) { o.PID = int(v) },
	}
	processFact = &Fact{
		Name: "process", Aliases: []string{"comm", "proc", "program"}, Kind: Process, Needs: sock.FieldOwners,
		Doc: "name of that process: comm on Linux, which has at most 15 bytes", Example: "process = nginx", show: showProcess,
		ownerText: func(o *sock.Owner) *string { return &o.Name },
	}
)

// ownerParts are what JSON says of each holder, in this order.
var ownerParts = []*Fact{
	pidFact,
	processFact,
	{
		Name: "fd", Kind: Number, Most: math.MaxInt32, Systems: []string{"Linux", "macOS, FreeBSD"},
		Doc: "descriptor, or handle, by which the process holds the socket", Example: "fd <= 2",
		ownerNumber:    func(o *sock.Owner) (uint64, bool) { return uint64(o.FD), o.FD != sock.NoFD },
		setOwnerNumber: func(o *sock.Owner, v uint64) { o.FD = int(v) },
	},
	{
		Name: "tid", Kind: Number, Least: 1, Most: math.MaxInt32, Systems: []string{"Linux"},
		Doc: "thread whose own descriptor table holds the socket, if it is not that of the process", Example: "tid > 0",
		ownerNumber:    func(o *sock.Owner) (uint64, bool) { return uint64(o.TID), true },
		setOwnerNumber: func(o *sock.Owner, v uint64) { o.TID = int(v) },
	},
	{
		Name: "service", Kind: Text, Needs: sock.FieldService, Words: "services of processes",
		Doc: "Windows service that the process runs for this socket", Example: "service = W3SVC",
		ownerText: func(o *sock.Owner) *string { return &o.Service },
	},
	{
		Name: "exe", Kind: Text, Needs: sock.FieldExe, Words: "programs' files",
		Doc: "program file of the process", Example: "exe = /usr/sbin/nginx",
		ownerText: func(o *sock.Owner) *string { return &o.Exe },
	},
	{
		Name: "cmdline", Aliases: []string{"args", "command", "cmd"}, Kind: Text, Needs: sock.FieldCmdline, Words: "command lines",
		Doc: "arguments of the process, joined with blanks; the first 128 KiB", Example: "cmdline ~ /--config/",
		ownerText: func(o *sock.Owner) *string { return &o.Cmdline },
	},
	{
		Name: "process_uid", member: "uid", Aliases: []string{"puid", "owner_uid"}, Kind: Number, Needs: sock.FieldProcessUser, Most: math.MaxUint32,
		Systems: []string{"Linux", "macOS, FreeBSD"},
		Doc:     "number of the user that the process runs as, where users have numbers", Example: "process_uid < 1000",
		ownerNumber:    func(o *sock.Owner) (uint64, bool) { return uint64(o.UID), o.UID != sock.NoUID },
		setOwnerNumber: func(o *sock.Owner, v uint64) { o.UID = uint32(v) },
	},
	{
		Name: "process_user", member: "user", Aliases: []string{"puser", "owner_user"}, Kind: Text, Needs: sock.FieldProcessUser, Words: "users of processes",
		Doc: "name of that user", Example: "process_user = root", Header: "PROCESS-USER",
		ownerText: func(o *sock.Owner) *string { return &o.User },
	},
	processStarted,
	{
		Name: "process_context", member: "context", Aliases: []string{"context", "proc_ctx"}, Kind: Text, Needs: sock.FieldContext, Optional: true,
		Option: "context", also: "contexts", Header: "CONTEXT", Words: "security labels", Systems: []string{"Linux"},
		Doc: "label of the process: its context of SELinux, profile of AppArmor or label of Smack", Example: "process_context ~ /httpd_t/",
		ownerText: func(o *sock.Owner) *string { return &o.Context },
	},
	{
		Name: "parent_pid", Aliases: []string{"ppid"}, Kind: Number, Needs: sock.FieldOrigin, Least: 1, Most: math.MaxInt32, Optional: true,
		Words: "parents of processes", Systems: []string{"Linux"},
		Doc: "process that started the process, or that took it over", Example: "parent_pid = 1",
		ownerNumber:    func(o *sock.Owner) (uint64, bool) { return uint64(o.Parent), true },
		setOwnerNumber: func(o *sock.Owner, v uint64) { o.Parent = int(v) },
	},
	{
		Name: "parent_process", Aliases: []string{"parent"}, Kind: Text, Needs: sock.FieldOrigin, Optional: true, Systems: []string{"Linux"},
		Doc: "name of that process", Example: "parent_process = systemd",
		ownerText: func(o *sock.Owner) *string { return &o.ParentName },
	},
	{
		Name: "cwd", Aliases: []string{"working_directory"}, Kind: Text, Needs: sock.FieldOrigin, Optional: true, Systems: []string{"Linux"},
		Doc: "working directory of the process, as the process sees it", Example: "cwd ~ /^.srv/",
		ownerText: func(o *sock.Owner) *string { return &o.Cwd },
	},
}

var processStarted = &Fact{
	Name: "started_at", Aliases: []string{"started"}, Kind: Time, Needs: sock.FieldStartedAt, Least: 1, Header: "STARTED", Words: "start times of processes",
	Doc: "when the process started", Example: "started_at >= 2026-11-20",
	ownerNumber:    startedAt,
	setOwnerNumber: func(o *sock.Owner, v uint64) { o.StartedAt = timeOf(v) },
}

// processAge counts from the same time until it is asked.
var processAge = &Fact{
	Name: "age", Kind: Duration, Unit: sock.UnitNanoseconds, Needs: sock.FieldOwners | sock.FieldStartedAt, Since: true, Of: []string{"owners"},
	Doc: "how long the process has run", Example: "age < 2h",
	ownerNumber: startedAt,
	has:         processStarted.Known, show: showAge,
	order: func(a, b *sock.Socket) int { return processStarted.compareNumbers(b, a) },
}

func startedAt(o *sock.Owner) (uint64, bool) {
	return Nanoseconds(o.StartedAt), true
}

var ownerStatus = &Fact{
	Name: "owner_status", Kind: Choice, Needs: sock.FieldOwners, Always: true, Values: ownerStatuses(),
	Doc: "whether the owner is known and, if not, why", Example: "owner_status != known",
	number: func(s *sock.Socket) (uint64, bool) { return uint64(s.OwnerStatus), true },
	setText: func(s *sock.Socket, name string) bool {
		status, ok := sock.ParseOwnerStatus(name)
		if s.OwnerStatus = status; status == sock.OwnerNotSearched {
			s.Owners, s.Known = nil, s.Known&^(sock.FieldOwners|sock.FieldService)
		} else {
			s.Known |= sock.FieldOwners
		}
		return ok
	},
}

func ownerStatuses() []string {
	var names []string
	for status := range sock.OwnerStatuses {
		names = append(names, status.String())
	}
	return names
}

var ownersFact = &Fact{
	Name: "owners", Aliases: []string{"users"}, Kind: List, Needs: sock.FieldOwners, parts: func() []*Fact { return ownerParts }, Item: "owner",
	Doc:  "every descriptor that holds the socket, sorted by PID, then descriptor; none if the search found none, which owner_status explains",
	list: func(s *sock.Socket) *[]sock.Owner { return &s.Owners },
	show: showOwners, order: compareOwners,
}

// ownerFacts say whose a socket is.
var ownerFacts = []*Fact{
	pidFact,
	processFact,
	ownersFact,
	ownerStatus,
	{
		Name: "listener_pid", Kind: Number, Needs: sock.FieldOwners, Most: math.MaxUint32, Systems: []string{"Linux"}, dependent: true,
		Doc: "process that has yet to accept the connection, with owner_status accept_queue", Example: "listener_pid = 812",
		number: func(s *sock.Socket) (uint64, bool) {
			if s.Listener == nil {
				return 0, false
			}
			return uint64(s.Listener.PID), true
		},
		setNumber: func(s *sock.Socket, v uint64) {
			if s.Known.Has(sock.FieldOwners) {
				s.Listener = &sock.Process{PID: int(v)}
			}
		},
	},
	{
		Name: "listener_process", Kind: Process, Needs: sock.FieldOwners, Systems: []string{"Linux"}, dependent: true,
		Doc: "name of that process", Example: "listener_process = nginx",
		text: func(s *sock.Socket) *string {
			if s.Listener == nil {
				return nil
			}
			return &s.Listener.Name
		},
	},
	{
		Name: "creator_pid", Kind: Number, Needs: sock.FieldOwners | sock.FieldCreator, Most: math.MaxUint32, dependent: true,
		Doc:     "process that bound the socket and has ended, with owner_status exited, where the system remembers it (Windows)",
		Example: "creator_pid = 812", Words: "processes that bound a socket and have ended",
		number: func(s *sock.Socket) (uint64, bool) { return uint64(s.CreatorPID), true },
		setNumber: func(s *sock.Socket, v uint64) {
			if s.Known.Has(sock.FieldOwners) {
				s.CreatorPID = int(v)
				s.Known |= sock.FieldCreator
			}
		},
	},
	{
		Name: "creator_children", Kind: List, Needs: sock.FieldOwners | sock.FieldCreator, parts: func() []*Fact { return []*Fact{pidFact, processFact} }, Item: "child",
		Doc:  "its children that began afterwards and live, sorted by PID: one that inherited the socket keeps it open",
		list: func(s *sock.Socket) *[]sock.Owner { return &s.CreatorChildren }, dependent: true,
	},
}
