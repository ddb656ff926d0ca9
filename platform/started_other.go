//go:build !linux

package platform

import (
	"context"
	"time"

	"github.com/shirou/gopsutil/v3/process"

	"sockeye/sock"
)

// startedAt returns when a process started.
func startedAt(ctx context.Context, _ *sock.Environment, pid int) (time.Time, error) {
	ms, err := (&process.Process{Pid: int32(pid)}).CreateTimeWithContext(ctx)
	return time.UnixMilli(ms), err
}
