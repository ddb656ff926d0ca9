package platform

import (
	"context"
	"time"

	"golang.org/x/sys/unix"

	"sockeye/procnet"
	"sockeye/sock"
)

// What is told of a process. gopsutil, which other systems are asked through, would cost
// every start of the program two readings of /proc/stat, whatever is asked.

func executable(_ context.Context, env *sock.Environment, pid int) (string, error) {
	return procnet.At(env.Proc).Executable(pid)
}

func commandLine(_ context.Context, env *sock.Environment, pid int) (string, error) {
	return procnet.At(env.Proc).CommandLine(pid)
}

func effectiveUID(_ context.Context, env *sock.Environment, pid int) (uint32, error) {
	return procnet.At(env.Proc).EffectiveUID(pid)
}

// nameOfUser returns nothing: every user has a number.
func nameOfUser(context.Context, int) string { return "" }

// startedAt returns when a process started.
func startedAt(_ context.Context, env *sock.Environment, pid int) (time.Time, error) {
	ticks, err := procnet.At(env.Proc).StartTime(pid)
	if err != nil {
		return time.Time{}, err
	}
	boot, err := bootTime()
	if err != nil {
		return time.Time{}, err
	}
	const tick = time.Second / 100 // USER_HZ
	return boot.Add(time.Duration(ticks) * tick), nil
}

// bootTime returns when the machine booted, in whole seconds, as btime of
// /proc/stat is (getboottime64 in kernel/time/timekeeping.c): the wall clock less
// the time since then. In a time namespace both have its offset.
func bootTime() (time.Time, error) {
	var wall, since unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_BOOTTIME, &since); err != nil {
		return time.Time{}, err
	}
	if err := unix.ClockGettime(unix.CLOCK_REALTIME, &wall); err != nil {
		return time.Time{}, err
	}
	return time.Unix(0, wall.Nano()-since.Nano()).Truncate(time.Second), nil
}
