package platform

import (
	"cmp"
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
func bootTime() (time.Time, error) { return bootTimeBy(unix.ClockGettime) }

// bootTimeBy reads the clocks one after the other. While this program waits between two of
// them time goes by: then they are read again if that makes another second of it, since a
// process is known again by its start.
func bootTimeBy(read func(clock int32, now *unix.Timespec) error) (boot time.Time, err error) {
	for range 5 {
		var before, wall, after unix.Timespec
		if err := cmp.Or(read(unix.CLOCK_BOOTTIME, &before), read(unix.CLOCK_REALTIME, &wall), read(unix.CLOCK_BOOTTIME, &after)); err != nil {
			return time.Time{}, err
		}
		boot = time.Unix(0, wall.Nano()-after.Nano()).Truncate(time.Second)
		if boot.Equal(time.Unix(0, wall.Nano()-before.Nano()).Truncate(time.Second)) {
			break
		}
	}
	return boot, nil
}
