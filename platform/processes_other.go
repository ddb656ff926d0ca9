//go:build !linux && !windows

package platform

import (
	"context"
	"time"

	"github.com/shirou/gopsutil/v3/process"

	"sockeye/sock"
)

// Processes returns the processes of this machine that the reader may see. They
// are complete if none is hidden.
func (h *Host) Processes(ctx context.Context) (all []ProcessEntry, complete bool, err error) {
	found, err := process.ProcessesWithContext(ctx)
	if err != nil {
		return nil, false, err
	}
	complete = true
	for _, p := range found {
		name, err := p.NameWithContext(ctx)
		if err != nil {
			complete = false // it has ended, or hides
			continue
		}
		entry := ProcessEntry{PID: int(p.Pid), Name: name}
		if parent, err := p.PpidWithContext(ctx); err == nil {
			entry.Parent = int(parent)
		}
		all = append(all, entry)
	}
	return all, complete, nil
}

// HasProcess reports whether there is a process of a PID, seen or not.
func (h *Host) HasProcess(ctx context.Context, pid int) bool {
	there, err := process.PidExistsWithContext(ctx, int32(pid))
	return err != nil || there // if it cannot be told it is not said to be missing
}

// MaySearch reports whether the reader may see which sockets a process holds. It
// is false where that cannot be told.
func (h *Host) MaySearch(int) bool { return false }

// HoldsNoSocket reports whether a process holds no socket, whatever table it would be of,
// and whether that is known: here nobody but the tables tells.
func (h *Host) HoldsNoSocket(int) (none, known bool) { return false, false }

// systemProcesses asks gopsutil. Each call asks anew: a gopsutil process
// remembers its answers.
func systemProcesses(*sock.Environment) processLookup {
	return processLookup{
		name: func(ctx context.Context, pid int) (string, error) {
			return (&process.Process{Pid: int32(pid)}).NameWithContext(ctx)
		},
		started: func(ctx context.Context, pid int) (time.Time, bool) {
			ms, err := (&process.Process{Pid: int32(pid)}).CreateTimeWithContext(ctx)
			return time.UnixMilli(ms), err == nil && ms > 0
		},
		exists: func(ctx context.Context, pid int) bool {
			there, err := process.PidExistsWithContext(ctx, int32(pid))
			return err != nil || there // if it cannot be told it is not said to be gone
		},
	}
}
