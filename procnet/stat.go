package procnet

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
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

// stat is what is read of /proc/PID/stat: "PID (comm) state ppid ..." (proc(5),
// do_task_stat in fs/proc/array.c).
type stat struct {
	name   []byte // comm; points into what was parsed
	parent uint64
	start  uint64 // in clock ticks (1/100 s) since the machine booted
}

// parseStat reads a line. The name may hold blanks, parentheses and newlines; it ends
// at the last parenthesis, because only numbers follow.
func parseStat(b []byte) (s stat, ok bool) {
	open, end := bytes.IndexByte(b, '('), bytes.LastIndexByte(b, ')')
	if open < 0 || end < open {
		return s, false
	}
	s.name = b[open+1 : end]
	c := cursor{rest: b[end+1:]}
	const stateField, parentField, startField = 3, 4, 22
	for field := stateField; field <= startField; field++ {
		c.byte(' ')
		switch field {
		case parentField:
			s.parent = c.decimal()
		case startField:
			s.start = c.decimal()
		default:
			if i := bytes.IndexByte(c.rest, ' '); i > 0 {
				c.rest = c.rest[i:]
			} else {
				c.fail()
			}
		}
	}
	c.byte(' ') // more fields follow: without a blank the number may be cut off
	return s, !c.failed && s.parent <= math.MaxInt32
}

// stat reads the stat file of a process into buf; see [FS.head].
func (fs FS) stat(pid int, buf []byte) (stat, error) {
	text, err := fs.head(pid, "stat", buf)
	if err != nil {
		return stat{}, err
	}
	s, ok := parseStat(text)
	if !ok {
		return stat{}, fmt.Errorf("%s: not understood", fs.pidFile(pid, "stat"))
	}
	return s, nil
}

// StartTime returns when a process started, in clock ticks (1/100 s) since the
// machine booted: field 22 of /proc/PID/stat. PID and start time together name a
// process for as long as the machine runs. The error wraps [os.ErrNotExist] if
// there is no such process.
func (fs FS) StartTime(pid int) (ticks uint64, err error) {
	s, err := fs.stat(pid, make([]byte, maxStat))
	return s.start, err
}
