//go:build !linux

package platform

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"time"

	"github.com/shirou/gopsutil/v3/process"

	"sockeye/sock"
)

// What gopsutil tells of a process.

func executable(ctx context.Context, _ *sock.Environment, pid int) (string, error) {
	return (&process.Process{Pid: int32(pid)}).ExeWithContext(ctx)
}

// longestCmdline is how much of a command line is kept, as on Linux.
const longestCmdline = 128 << 10

func commandLine(ctx context.Context, _ *sock.Environment, pid int) (string, error) {
	line, err := (&process.Process{Pid: int32(pid)}).CmdlineWithContext(ctx)
	if len(line) > longestCmdline {
		line = strings.Clone(line[:longestCmdline])
	}
	return line, err
}

func effectiveUID(ctx context.Context, _ *sock.Environment, pid int) (uint32, error) {
	uids, err := (&process.Process{Pid: int32(pid)}).UidsWithContext(ctx)
	if err == nil && len(uids) < 2 { // real, effective, saved
		err = errors.New("the effective user is not told")
	}
	if err != nil {
		return 0, err
	}
	return uint32(uids[1]), nil
}

// nameOfUser returns the user of a process, as DOMAIN\name, on the system whose users
// have no number.
func nameOfUser(ctx context.Context, pid int) string {
	if runtime.GOOS != "windows" {
		return ""
	}
	name, err := (&process.Process{Pid: int32(pid)}).UsernameWithContext(ctx)
	if err != nil {
		return ""
	}
	return name
}

// startedAt returns when a process started.
func startedAt(ctx context.Context, _ *sock.Environment, pid int) (time.Time, error) {
	ms, err := (&process.Process{Pid: int32(pid)}).CreateTimeWithContext(ctx)
	return time.UnixMilli(ms), err
}
