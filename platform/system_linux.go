package platform

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"

	"sockeye/procnet"
	"sockeye/sock"
)

// AutoPorts returns the range from which the kernel takes the port of a socket
// that does not choose one; zeros if it cannot be read. Each network namespace
// has its own.
func (h *Host) AutoPorts() [2]uint16 { return autoPorts(h.chain.env) }

func autoPorts(env *sock.Environment) [2]uint16 {
	var ports [2]uint16
	err := env.Do(func() error {
		text, err := os.ReadFile(filepath.Join(env.Proc, "sys", "net", "ipv4", "ip_local_port_range"))
		if err == nil {
			_, err = fmt.Sscan(string(text), &ports[0], &ports[1])
		}
		return err
	})
	if err != nil {
		return [2]uint16{}
	}
	return ports
}

// startedAt returns when a process started. gopsutil's answer is the same, but
// to know when the machine booted it looks for every kind of virtual machine
// first, which takes longer than the rest of a short listing.
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
