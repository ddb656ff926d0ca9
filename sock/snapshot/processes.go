package snapshot

import "sockeye/sock"

// keepProcesses bounds how many processes the reader keeps to share.
const keepProcesses = 1 << 16

// processes shares one value among the sockets of a process, as a live source
// does, so that a consumer that keeps sockets keeps each process once.
type processes map[int]*sock.Process

// share returns the process that is shared by all that are equal to p.
func (ps *processes) share(p sock.Process) *sock.Process {
	if have := (*ps)[p.PID]; have != nil && *have == p {
		return have
	}
	if *ps == nil || len(*ps) >= keepProcesses {
		*ps = make(processes)
	}
	(*ps)[p.PID] = &p
	return &p
}
