//go:build !linux

package platform

import (
	"context"
	"time"

	"github.com/shirou/gopsutil/v3/process"
)

// startedAt returns when a process started.
func startedAt(ctx context.Context, pid int) (time.Time, error) {
	ms, err := (&process.Process{Pid: int32(pid)}).CreateTimeWithContext(ctx)
	return time.UnixMilli(ms), err
}
