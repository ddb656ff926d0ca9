package procnet

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"
)

// maxStat bounds what is read of the files stat and status of a process, in bytes. A
// line of stat takes less: 52 numbers of at most 20 digits, and a name of at most 64.
// Of status it is the lines up to those that list groups and signals.
const maxStat = 2048

// head reads the begin of such a file into buf. The error wraps [os.ErrNotExist] if there
// is no such process.
func (fs FS) head(pid int, name string, buf []byte) ([]byte, error) {
	path := fs.pidFile(pid, name)
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	n, err := io.ReadFull(file, buf)
	switch {
	case n == 0 && errors.Is(err, syscall.ESRCH):
		// The process ended while its file was open.
		return nil, fmt.Errorf("%s: %w", path, os.ErrNotExist)
	case n == 0:
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return buf[:n], nil
}

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
	stat, err := fs.head(pid, "stat", make([]byte, maxStat))
	if err != nil {
		return 0, err
	}
	_, ticks, ok := parseStat(stat)
	if !ok {
		return 0, fmt.Errorf("%s: not understood", fs.pidFile(pid, "stat"))
	}
	return ticks, nil
}
