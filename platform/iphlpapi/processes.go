package iphlpapi

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"maps"
	"slices"
	"time"

	"sockeye/sock"
)

// Process is a process of this machine.
type Process struct {
	PID, Parent int       // the parent may have ended, and its PID be that of another by now
	Name        string    // of its file; empty if it has none
	StartedAt   time.Time // zero if it is not known
}

// Processes returns the processes of every user as they are now, by PID, without
// the idle process. It needs no privilege, and is an error on other systems.
func Processes() ([]Process, error) {
	sys := thisSystem()
	ps, err := readProcesses(&sys)
	if err != nil {
		return nil, err
	}
	all := make([]Process, 0, len(ps.byPID))
	for _, pid := range slices.Sorted(maps.Keys(ps.byPID)) {
		p := ps.byPID[pid]
		all = append(all, Process{p.PID, int(p.parent), p.Name, p.StartedAt})
	}
	return all, nil
}

// process is what a snapshot tells of a process.
type process struct {
	*sock.Process
	parent  uint32   // which may have ended, and its PID be that of another by now
	started fileTime // 0 if it is not known
}

// processes is a snapshot of all processes of the machine.
type processes struct {
	taken    fileTime // a process that began later is not in it
	byPID    map[uint32]*process
	byParent map[uint32][]*process // sorted by PID
}

const (
	// minProcesses holds some 300 processes with 12 threads each.
	minProcesses = 512 << 10
	// maxProcesses bounds what is allocated because a call says so.
	maxProcesses = 256 << 20
)

// readProcesses takes a snapshot of the processes of every user and session,
// which needs no privilege: one call tells name, start and parent of all. The
// error is a [*CallError] or an errMalformed.
func readProcesses(sys *system) (*processes, error) {
	buf := make([]byte, minProcesses)
	code := uint32(codeLengthMismatch)
	for range maxTries {
		taken := fileTimeAt(time.Now())
		var needed uint32
		var base uint64
		needed, code, base = sys.processes(buf)
		switch code {
		case codeSuccess:
			all, err := decodeProcesses(buf, base, sys.wordSize)
			if err != nil {
				return nil, err
			}
			return newProcesses(taken, all), nil
		case codeLengthMismatch, codeBufferTooSmall:
			size := largerThan(len(buf), needed)
			if size > maxProcesses {
				return nil, fmt.Errorf("%w: the processes are said to need %d bytes", errMalformed, needed)
			}
			buf = make([]byte, size)
		default:
			return nil, &CallError{Call: callProcesses, Code: code}
		}
	}
	return nil, &CallError{Call: callProcesses, Code: code}
}

const callProcesses = "NtQuerySystemInformation"

// newProcesses indexes the processes of a snapshot.
func newProcesses(taken fileTime, all []*process) *processes {
	ps := &processes{taken: taken, byPID: make(map[uint32]*process, len(all)), byParent: map[uint32][]*process{}}
	slices.SortFunc(all, func(a, b *process) int { return cmp.Compare(a.PID, b.PID) })
	for _, p := range all {
		ps.byPID[uint32(p.PID)] = p
		ps.byParent[p.parent] = append(ps.byParent[p.parent], p)
	}
	return ps
}

// children appends those living processes that a process had as its parent which
// had the PID at the time since, and has ended: they may have inherited what it
// held then. A process keeps the PID of its parent after that ended, so what
// began since the PID was given to another is a child of the other.
func (ps *processes) children(to []*sock.Process, pid uint32, since fileTime) []*sock.Process {
	until := year10000
	if next := ps.byPID[pid]; next != nil && next.started != 0 {
		until = next.started
	}
	for _, p := range ps.byParent[pid] {
		if !since.after(p.started) && p.started < until && uint32(p.PID) != pid {
			to = append(to, p.Process)
		}
	}
	return to
}

// Where the members of SYSTEM_PROCESS_INFORMATION are, in bytes. Those behind
// the name are words, which name.Length and BasePriority fill up to. phnt
// (ntexapi.h) and winternl.h of mingw have the whole structure, the page of
// NtQuerySystemInformation in Microsoft's documentation its public members, and
// [MS-TSTS] 2.2.2.15.1 says that CreateTime is a FILETIME. Behind each come its
// threads, which are skipped.
const (
	offsetNext       = 0  // ULONG NextEntryOffset, from this entry; 0 in the last one
	offsetCreated    = 32 // LARGE_INTEGER CreateTime
	offsetNameLength = 56 // USHORT ImageName.Length, in bytes
	offsetWords      = 56 // with the index of a word: where it is
	wordName         = 1  // PWSTR ImageName.Buffer
	wordPID          = 3  // HANDLE UniqueProcessId
	wordParent       = 4  // HANDLE InheritedFromUniqueProcessId
	wordsEnd         = 5
)

// decodeProcesses reads the table of SystemProcessInformation, which is at address
// base and holds pointers into itself. The idle process is left out:
// its PID stands for no process. The error is an errMalformed.
func decodeProcesses(table []byte, base uint64, wordSize int) ([]*process, error) {
	var all []*process
	for at := 0; ; {
		b := table[at:]
		if len(b) < offsetWords+wordsEnd*wordSize {
			return nil, fmt.Errorf("%w: %d bytes hold no process", errMalformed, len(b))
		}
		// A PID is a handle, whose upper half is nothing.
		if pid := binary.LittleEndian.Uint32(b[offsetWords+wordPID*wordSize:]); pid != pidNone {
			name, err := imageName(b, table, base, wordSize)
			if err != nil {
				return nil, err
			}
			p := &process{
				Process: &sock.Process{PID: int(pid), Name: name},
				parent:  binary.LittleEndian.Uint32(b[offsetWords+wordParent*wordSize:]),
				started: fileTimeOf(binary.LittleEndian.Uint64(b[offsetCreated:])),
			}
			if p.started != 0 {
				p.StartedAt, p.Known = p.started.time(), sock.FieldStartedAt
			}
			all = append(all, p)
		}
		next := binary.LittleEndian.Uint32(b[offsetNext:])
		switch {
		case next == 0:
			return all, nil
		case next < uint32(offsetWords+wordsEnd*wordSize) || uint64(next) >= uint64(len(b)):
			return nil, fmt.Errorf("%w: the next process is said to be %d bytes on, of %d", errMalformed, next, len(b))
		}
		at += int(next)
	}
}

// imageName reads the file name of the process at the begin of b, empty if it
// has none.
func imageName(b, table []byte, base uint64, wordSize int) (string, error) {
	at, err := pointer(b, offsetWords+wordName*wordSize, wordSize)
	if err != nil {
		return "", err
	}
	size := uint64(binary.LittleEndian.Uint16(b[offsetNameLength:]))
	if at == 0 || size == 0 {
		return "", nil
	}
	// What is before the base wraps to beyond it.
	if from := at - base; from <= uint64(len(table)) && size <= uint64(len(table))-from {
		return wideText(table[from : from+size]), nil
	}
	return "", fmt.Errorf("%w: the name of a process lies outside of the table", errMalformed)
}
