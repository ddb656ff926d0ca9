package procnet

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"
)

// maxStat is more than a line of /proc/PID/stat takes, in bytes: 52 numbers of
// at most 20 digits, and a name of at most 64.
const maxStat = 2048

// parseStat reads the name and the start time, in clock ticks since boot, from
// /proc/PID/stat: "PID (comm) state ppid ...", with the time in field 22 (proc(5),
// do_task_stat in fs/proc/array.c). The name may hold blanks, parentheses and
// newlines; it ends at the last parenthesis, because only numbers follow. It
// points into b.
func parseStat(b []byte) (comm []byte, start uint64, ok bool) {
	open := bytes.IndexByte(b, '(')
	end := bytes.LastIndexByte(b, ')')
	if open < 0 || end < open {
		return nil, 0, false
	}
	c := cursor{rest: b[end+1:]}
	const stateField, startField = 3, 22
	for range startField - stateField {
		c.byte(' ')
		i := bytes.IndexByte(c.rest, ' ')
		if i <= 0 {
			return nil, 0, false
		}
		c.rest = c.rest[i:]
	}
	c.byte(' ')
	start = c.decimal()
	c.byte(' ') // more fields follow: without a blank the number may be cut off
	if c.failed {
		return nil, 0, false
	}
	return b[open+1 : end], start, true
}

// StartTime returns when a process started, in clock ticks (1/100 s) since the
// machine booted: field 22 of /proc/PID/stat. PID and start time together name a
// process for as long as the machine runs. The error wraps [os.ErrNotExist] if
// there is no such process.
func (fs FS) StartTime(pid int) (ticks uint64, err error) {
	path := fs.pidFile(pid, "stat")
	file, err := os.Open(path)
	if err != nil {
		return 0, err
	}
	defer file.Close()
	buf := make([]byte, maxStat)
	n, err := io.ReadFull(file, buf)
	switch {
	case n == 0 && errors.Is(err, syscall.ESRCH):
		// The process ended while its file was open.
		return 0, fmt.Errorf("%s: %w", path, os.ErrNotExist)
	case n == 0:
		return 0, fmt.Errorf("%s: %w", path, err)
	}
	_, ticks, ok := parseStat(buf[:n])
	if !ok {
		return 0, fmt.Errorf("%s: not understood", path)
	}
	return ticks, nil
}
