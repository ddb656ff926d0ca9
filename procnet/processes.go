package procnet

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	iofs "io/fs"
	"os"
	"strconv"
	"syscall"
)

// Process is what /proc shows of a process to everybody.
type Process struct {
	PID, Parent int    // of no parent: 0
	Name        string // comm: at most 15 bytes, of any value
}

// Processes returns the processes of the PID namespace that the file system is
// of, but for those that end meanwhile. It is complete if none is hidden from the
// reader (hidepid).
func (fs FS) Processes() (all []Process, complete bool, err error) {
	entries, err := os.ReadDir(fs.root)
	if err != nil {
		return nil, false, err
	}
	complete = !fs.hidesProcesses()
	buf := make([]byte, maxStat)
	for _, e := range entries {
		pid, ok := parseNumber([]byte(e.Name()))
		if !ok {
			continue
		}
		p, err := fs.process(int(pid), buf)
		switch {
		case errors.Is(err, iofs.ErrNotExist), errors.Is(err, syscall.ESRCH):
		case errors.Is(err, iofs.ErrPermission):
			complete = false // hidepid=1
		case err != nil:
			return nil, false, err
		default:
			all = append(all, p)
		}
	}
	return all, complete, nil
}

// Name returns the name of a process, as everybody may read it.
func (fs FS) Name(pid int) (string, error) {
	p, err := fs.process(pid, make([]byte, maxStat))
	return p.Name, err
}

// process reads the stat file of a process into buf.
func (fs FS) process(pid int, buf []byte) (Process, error) {
	path := fs.pidFile(pid, "stat")
	file, err := os.Open(path)
	if err != nil {
		return Process{}, err
	}
	defer file.Close()
	n, err := io.ReadFull(file, buf)
	if n == 0 {
		return Process{}, fmt.Errorf("%s: %w", path, err)
	}
	name, parent, ok := parseParent(buf[:n])
	if !ok {
		return Process{}, errors.New(path + ": not understood")
	}
	return Process{PID: pid, Parent: int(parent), Name: string(name)}, nil
}

// parseParent reads the name and the parent from /proc/PID/stat; see [parseStat].
// The name points into b.
func parseParent(b []byte) (comm []byte, parent uint64, ok bool) {
	open := bytes.IndexByte(b, '(')
	end := bytes.LastIndexByte(b, ')')
	if open < 0 || end < open {
		return nil, 0, false
	}
	fields := bytes.Fields(b[end+1:])
	if len(fields) < 3 { // the state, the parent, and more: the number may be cut off otherwise
		return nil, 0, false
	}
	parent, err := strconv.ParseUint(string(fields[1]), 10, 31)
	return b[open+1 : end], parent, err == nil
}
