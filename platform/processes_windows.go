package platform

import (
	"context"
	"slices"
	"sync"
	"time"

	"sockeye/platform/iphlpapi"
	"sockeye/sock"
)

// Processes returns the processes of this machine, of which none is hidden: one
// snapshot shows those of every user without a privilege.
func (h *Host) Processes(context.Context) (all []ProcessEntry, complete bool, err error) {
	found, err := iphlpapi.Processes()
	for _, p := range found {
		all = append(all, ProcessEntry{PID: p.PID, Parent: p.Parent, Name: p.Name})
	}
	return all, err == nil, err
}

// HasProcess reports whether there is a process of a PID.
func (h *Host) HasProcess(_ context.Context, pid int) bool {
	found, err := iphlpapi.Processes()
	return err != nil || find(found, pid) != nil // if it cannot be told it is not said to be missing
}

// MaySearch reports whether the reader may see which sockets a process holds: the
// tables tell it of every process.
func (h *Host) MaySearch(int) bool { return true }

// HoldsNoSocket reports whether a process holds no socket, whatever table it would be of,
// and whether that is known: here nobody but the tables tells.
func (h *Host) HoldsNoSocket(int) (none, known bool) { return false, false }

// systemProcesses asks a snapshot that is taken once, when the first is asked for,
// since it is needed for processes that the reader may not open.
func systemProcesses(*sock.Environment) processLookup {
	snapshot := sync.OnceValues(iphlpapi.Processes)
	return processLookup{
		name: func(_ context.Context, pid int) (string, error) {
			all, err := snapshot()
			if p := find(all, pid); p != nil {
				return p.Name, nil
			}
			return "", err
		},
		// This is asked to see whether a process still is the one in a snapshot.
		started: func(ctx context.Context, pid int) (time.Time, bool) {
			if at, err := startedAt(ctx, nil, pid); err == nil {
				return at, true
			}
			all, _ := snapshot() // without it the start is not known
			if p := find(all, pid); p != nil && !p.StartedAt.IsZero() {
				return p.StartedAt, true
			}
			return time.Time{}, false
		},
		exists: func(_ context.Context, pid int) bool {
			all, err := snapshot()
			return err != nil || find(all, pid) != nil
		},
	}
}

func find(all []iphlpapi.Process, pid int) *iphlpapi.Process {
	i, found := slices.BinarySearchFunc(all, pid, func(p iphlpapi.Process, pid int) int { return p.PID - pid })
	if !found {
		return nil
	}
	return &all[i]
}
