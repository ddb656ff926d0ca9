package sock

import (
	"cmp"
	"runtime"
	"slices"
	"strings"
	"time"
)

// Process is a process that holds sockets. One value is shared by all sockets
// that it holds.
type Process struct {
	PID  int    // as seen in the reader's PID namespace
	Name string // comm: at most 15 bytes, of any value

	// Known says which of the following are facts; see [ProcessFields].
	Known     Field
	Exe       string
	Cmdline   string // the arguments joined with blanks
	UID       uint32 // effective, or NoUID; known with User
	User      string
	StartedAt time.Time
}

// WindowsProgram returns the name of a process without .exe, and whether it is one
// of Windows, whose names are the same in any case: one that ends so, wherever it
// was listed, or any on Windows itself, which has some that do not ("System").
func WindowsProgram(name string) (program string, ok bool) {
	const suffix = ".exe"
	if at := len(name) - len(suffix); at > 0 && strings.EqualFold(name[at:], suffix) {
		return name[:at], true
	}
	return name, runtime.GOOS == "windows"
}

// NoUID is the UID of a process on a system whose users are not numbers, such as
// Windows: the kernel's number of no user, (uid_t)-1.
const NoUID = 1<<32 - 1

// NoFD is the descriptor of an owner on a system that does not tell it.
const NoFD = -1

// Owner is one descriptor of a process that refers to a socket.
type Owner struct {
	*Process
	FD  int // NoFD if it is not known
	TID int // the thread whose own file table holds it; 0 for the process's

	// Service is the service of a process that hosts several (svchost.exe on
	// Windows) for which this socket was opened; empty if it is not known.
	Service string
}

// CompareOwners orders owners by PID, then descriptor.
func CompareOwners(a, b Owner) int {
	return cmp.Or(cmp.Compare(a.PID, b.PID), cmp.Compare(a.FD, b.FD), cmp.Compare(a.TID, b.TID))
}

// PIDs calls yield once for each process among the sorted owners.
func (s *Socket) PIDs(yield func(*Process) bool) {
	for i, o := range s.Owners {
		if i > 0 && s.Owners[i-1].PID == o.PID {
			continue
		}
		if !yield(o.Process) {
			return
		}
	}
}

// SortOwners puts owners in the order of [CompareOwners].
func SortOwners(owners []Owner) { slices.SortFunc(owners, CompareOwners) }

// OwnerStatus says whether the owner of a socket is known and, if not, why.
type OwnerStatus uint8

// The reasons.
const (
	// OwnerNotSearched: nobody asked.
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
	ownerStatusEnd
)

var ownerStatusNames = [...]string{
	OwnerNotSearched:    "not_searched",
	OwnerKnown:          "known",
	OwnerPermission:     "permission",
	OwnerKernel:         "kernel",
	OwnerTimeWait:       "time_wait",
	OwnerRequest:        "request",
	OwnerAcceptQueue:    "accept_queue",
	OwnerOrphaned:       "orphaned",
	OwnerOtherNamespace: "other_namespace",
	OwnerExited:         "exited",
}

// String returns the name used in every format, such as "accept_queue".
func (s OwnerStatus) String() string {
	if s >= ownerStatusEnd {
		return "not_searched"
	}
	return ownerStatusNames[s]
}

// ParseOwnerStatus is the inverse of [OwnerStatus.String].
func ParseOwnerStatus(name string) (OwnerStatus, bool) {
	for s := OwnerNotSearched; s < ownerStatusEnd; s++ {
		if ownerStatusNames[s] == name {
			return s, true
		}
	}
	return OwnerNotSearched, false
}
