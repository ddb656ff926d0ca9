package sock

// OwnerStatus says whether the owner of a socket is known and, if not, why.
type OwnerStatus uint8

// The reasons.
const (
	// OwnerNotSearched: nobody asked, or nobody could look everywhere.
	OwnerNotSearched OwnerStatus = iota
	// OwnerKnown: Owners is complete as far as the reader may see.
	OwnerKnown
	// OwnerPermission: a process whose descriptors the reader may not see may hold it.
	OwnerPermission
	// OwnerKernel: no process holds it; the kernel does (NFS, WireGuard, http.sys ...).
	OwnerKernel
	// OwnerTimeWait: the socket is gone; the kernel remembers the connection.
	OwnerTimeWait
	// OwnerRequest: a handshake that no socket stands for yet.
	OwnerRequest
	// OwnerAcceptQueue: established, and waiting for the listener to accept it.
	OwnerAcceptQueue
	// OwnerOrphaned: its process closed it; the kernel finishes the connection.
	OwnerOrphaned
	// OwnerOtherNamespace: the holder is not in the reader's PID namespace.
	OwnerOtherNamespace
	// OwnerExited: the holder ended while the listing was made, or the process that
	// bound it did before (CreatorPID).
	OwnerExited
	// OwnerClosed: it was closed before its holder was looked for: while the listing
	// was made, or before any listing saw it.
	OwnerClosed
	// OwnerInTransit: no process has a descriptor of it, and as many descriptors at
	// least are on their way in messages (SCM_RIGHTS).
	OwnerInTransit
	// OwnerNoDescriptor: no process has a descriptor of it, and nothing more is
	// known: the kernel's, in another PID namespace, held by io_uring ...
	OwnerNoDescriptor
	ownerStatusEnd
)

// ownerStatuses has the name of each used in every format, and what it means, in
// one line for people.
var ownerStatuses = [...]struct{ name, meaning string }{
	OwnerNotSearched:    {"not_searched", "nobody looked (--no-processes, --owners none) or could look, or the system does not say"},
	OwnerKnown:          {"known", "the processes that hold it are named, all that this user may see"},
	OwnerPermission:     {"permission", "a process whose descriptors this user may not see may hold it: root sees all"},
	OwnerKernel:         {"kernel", "no process holds it; the kernel does, as for NFS, WireGuard or http.sys"},
	OwnerTimeWait:       {"time_wait", "the connection is over; the kernel keeps its end for late segments"},
	OwnerRequest:        {"request", "a handshake that is not finished; there is no socket yet"},
	OwnerAcceptQueue:    {"accept_queue", "established, and waiting for the listener to accept it"},
	OwnerOrphaned:       {"orphaned", "its process closed it; the kernel finishes the connection"},
	OwnerOtherNamespace: {"other_namespace", "its holder is not in this PID namespace; the host of a container sees it"},
	OwnerExited:         {"exited", "its holder ended while the listing was made, or the process that bound it before"},
	OwnerClosed:         {"closed", "it was closed while the listing was made; with --events, before anybody looked for its owner"},
	OwnerInTransit:      {"in_transit", "no process has it, and descriptors are on their way in messages (SCM_RIGHTS)"},
	OwnerNoDescriptor:   {"no_descriptor", "no process here has it: the kernel's, in another PID namespace, or in io_uring"},
}

// String returns the name used in every format, such as "accept_queue".
func (s OwnerStatus) String() string {
	if s >= ownerStatusEnd {
		return "not_searched"
	}
	return ownerStatuses[s].name
}

// Meaning returns what a status means, in one line without a full stop.
func (s OwnerStatus) Meaning() string {
	if s >= ownerStatusEnd {
		return ""
	}
	return ownerStatuses[s].meaning
}

// OwnerStatuses yields every status.
func OwnerStatuses(yield func(OwnerStatus) bool) {
	for s := range ownerStatusEnd {
		if !yield(s) {
			return
		}
	}
}

// ParseOwnerStatus is the inverse of [OwnerStatus.String].
func ParseOwnerStatus(name string) (OwnerStatus, bool) {
	for s := range OwnerStatuses {
		if s.String() == name {
			return s, true
		}
	}
	return OwnerNotSearched, false
}
