package platform

import (
	"context"
	"errors"
	"time"

	"golang.org/x/sys/unix"

	"sockeye/procnet"
	"sockeye/sock"
)

// Processes returns the processes of this machine that the reader may see. They
// are complete if none is hidden.
func (h *Host) Processes(context.Context) (all []ProcessEntry, complete bool, err error) {
	found, complete, err := procnet.At(h.chain.env.Proc).Processes()
	for _, p := range found {
		all = append(all, ProcessEntry(p))
	}
	return all, complete, err
}

// HasProcess reports whether there is a process of a PID, seen or not.
func (h *Host) HasProcess(_ context.Context, pid int) bool { return hasProcess(pid) }

func hasProcess(pid int) bool { return !errors.Is(unix.Kill(pid, 0), unix.ESRCH) }

// MaySearch reports whether the reader may see which sockets a process holds.
func (h *Host) MaySearch(pid int) bool { return procnet.At(h.chain.env.Proc).ReadableFDs(pid) }

// HoldsNoSocket reports whether a process holds no socket, whatever table it would be of,
// and whether that is known. Threads with descriptors of their own do not count.
func (h *Host) HoldsNoSocket(pid int) (none, known bool) {
	none, err := procnet.At(h.chain.env.Proc).HoldsNoSocket(pid)
	return none, err == nil
}

// systemProcesses asks the proc file system.
func systemProcesses(env *sock.Environment) processLookup {
	fs := procnet.At(env.Proc)
	return processLookup{
		name: func(_ context.Context, pid int) (string, error) { return fs.Name(pid) },
		started: func(ctx context.Context, pid int) (time.Time, bool) {
			at, err := startedAt(ctx, env, pid)
			return at, err == nil
		},
		exists: func(_ context.Context, pid int) bool { return hasProcess(pid) },
	}
}
