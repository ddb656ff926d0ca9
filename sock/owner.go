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
	Context   string // label of the security module: SELinux, AppArmor or Smack
	// Parent is the PID of the process that started it, or that it was given to, 0 if
	// that is not known; ParentName is its name. Cwd is the working directory. All are
	// known with FieldOrigin, as far as they are not empty.
	Parent     int
	ParentName string
	Cwd        string
	// Unit and Container are those of its control group, known with FieldPlace.
	Unit      string
	Container *Container
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
