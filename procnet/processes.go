package procnet

import (
	"errors"
	iofs "io/fs"
	"os"
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
		case errors.Is(err, iofs.ErrNotExist):
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

// Origin returns the process that started a process, or that it was given to when
// that one ended, with its name, and the working directory as the process sees it. The
// directory is for those to see who may trace the process (proc(5)); what is not known
// is 0 or empty.
func (fs FS) Origin(pid int) (parent int, name, directory string) {
	buf := make([]byte, maxStat)
	p, err := fs.process(pid, buf)
	if err == nil && p.Parent != 0 {
		parent = p.Parent
		if p, err = fs.process(parent, buf); err == nil {
			name = p.Name
		}
	}
	directory, err = os.Readlink(fs.pidFile(pid, "cwd"))
	if err != nil {
		directory = "" // it may not be seen
	}
	return parent, name, directory
}

// process reads the stat file of a process into buf.
func (fs FS) process(pid int, buf []byte) (Process, error) {
	s, err := fs.stat(pid, buf)
	if err != nil {
		return Process{}, err
	}
	return Process{PID: pid, Parent: int(s.parent), Name: string(s.name)}, nil
}
