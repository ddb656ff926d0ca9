//go:build !windows

package platform

import (
	"context"
	"time"

	"github.com/shirou/gopsutil/v3/process"
)

// systemProcesses asks gopsutil. Each call asks anew: a gopsutil process
// remembers its answers.
func systemProcesses() processLookup {
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
