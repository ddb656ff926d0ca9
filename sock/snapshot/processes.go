package snapshot

import (
	"errors"
	"fmt"
	"time"

	"sockeye/sock"
)

// keepProcesses bounds how many processes the reader keeps to share.
const keepProcesses = 1 << 16

// processes shares one value among the sockets of a process, as a live source
// does, so that a consumer that keeps sockets keeps each process once.
type processes map[int]*sock.Process

// get returns the process that a record describes.
func (ps *processes) get(rec *ownerRecord) (*sock.Process, error) {
	if rec.PID == nil {
		return nil, errors.New("an owner has no pid")
	}
	p := sock.Process{PID: *rec.PID, Name: rec.Process, Exe: rec.Exe, Cmdline: rec.Cmdline, User: rec.User}
	if rec.Exe != "" {
		p.Known |= sock.FieldExe
	}
	if rec.Cmdline != "" {
		p.Known |= sock.FieldCmdline
	}
	if rec.UID != nil {
		p.UID = *rec.UID
		p.Known |= sock.FieldProcessUser
	} else if rec.User != "" {
		p.UID = sock.NoUID
		p.Known |= sock.FieldProcessUser
	}
	if rec.StartedAt != "" {
		at, err := time.Parse(time.RFC3339Nano, rec.StartedAt)
		if err != nil {
			return nil, fmt.Errorf("bad started_at %q", rec.StartedAt)
		}
		p.StartedAt = at.UTC()
		p.Known |= sock.FieldStartedAt
	}
	if have := (*ps)[p.PID]; have != nil && *have == p {
		return have, nil
	}
	if *ps == nil || len(*ps) >= keepProcesses {
		*ps = make(processes)
	}
	(*ps)[p.PID] = &p
	return &p, nil
}
