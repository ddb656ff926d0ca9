package cli

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"sockeye/platform"
	"sockeye/sock"
)

// portPIDs writes the PIDs of what listens on ports, one on a line: what is to be
// ended so that the ports are free, and nothing else. Or those of all that use them.
func (r *run) portPIDs(o *options, q *portQuestion) error {
	listing, found, err := r.gather(o, q.req, sock.FieldLocal|sock.FieldRemote|sock.FieldOwners|sock.FieldExe)
	if err != nil {
		return err
	}
	family, seen := processFamily{}, true // whether every process was
	if r.input == nil && !o.everyHolder {
		entries, complete, err := r.machine.Processes(r.ctx)
		if err != nil {
			return err
		}
		for _, p := range entries {
			family[p.PID] = p
		}
		seen = complete
	}
	pids, unknown := map[int]bool{}, false
	var asked, hidden []*sock.Socket
	for _, s := range found {
		if !s.Listening() && !o.everyHolder {
			continue
		}
		asked = append(asked, s)
		if s.OwnerStatus == sock.OwnerPermission {
			hidden = append(hidden, s)
		}
		holders := slices.Collect(s.PIDs)
		if !o.everyHolder {
			if !seen && !family.has(holders) {
				unknown = true
				continue
			}
			holders = family.listeners(holders)
		}
		for _, p := range holders {
			pids[p.PID] = true
		}
	}
	var b strings.Builder
	for _, pid := range slices.Sorted(maps.Keys(pids)) {
		b.WriteString(strconv.Itoa(pid) + "\n")
	}
	if err := r.print(b.String()); err != nil {
		return err
	}
	a := r.conclude(o, listing, len(pids))
	switch {
	case len(hidden) > 0:
		r.say("the owner of %s is hidden", socketsText(hidden))
		r.status = exitFailed
	case unknown:
		r.say("which of the processes listen and which only inherited the socket is not known: their parents are hidden")
		r.status = exitFailed
	case len(found) == 0:
		r.concludeForwards(o, q, a)
	case len(asked) == 0:
		r.say("%s listens on port %s; --pids=all names what else uses it", q.nothing(), q.text)
	case len(pids) == 0:
		r.say("no process is to be ended for port %s: sockeye port %s tells what uses it", q.text, q.text)
	}
	return nil
}

// processFamily knows the processes of a machine by their PIDs, and so who started
// whom. An empty one knows nothing of that.
type processFamily map[int]platform.ProcessEntry

// has reports whether it is known who started each of the holders.
func (f processFamily) has(holders []*sock.Process) bool {
	for _, p := range holders {
		if _, known := f[p.PID]; !known {
			return false
		}
	}
	return true
}

// listeners returns which of the holders of one listening socket are what listens:
// those that no other holder started, with their children, grandchildren and so on
// of the same program (workers). A service manager that holds the socket for the
// service which it started is none of them, nor is another program that inherited
// the descriptor.
func (f processFamily) listeners(holders []*sock.Process) []*sock.Process {
	byPID := map[int]*sock.Process{}
	for _, p := range holders {
		if !managers[p.Name] {
			byPID[p.PID] = p
		}
	}
	if len(byPID) == 0 {
		for _, p := range holders {
			if p.PID != 1 { // to end it ends the system
				byPID[p.PID] = p
			}
		}
	}
	var all []*sock.Process
	for pid, p := range byPID {
		first := p
		for ancestor := range f.ancestors(pid) {
			if holder := byPID[ancestor]; holder != nil {
				first = holder
			}
		}
		if sameProgram(first, p) {
			all = append(all, p)
		}
	}
	return all
}

// ancestors yields the parent of a process, its parent and so on.
func (f processFamily) ancestors(pid int) func(func(int) bool) {
	return func(yield func(int) bool) {
		// No process has more ancestors than there are processes: what goes round is
		// a mistake, or PIDs that were used again meanwhile.
		for range len(f) {
			entry, known := f[pid]
			if pid = entry.Parent; !known || pid == 0 || !yield(pid) {
				return
			}
		}
	}
}

// managers are programs that open sockets for the services that they start.
var managers = map[string]bool{
	"systemd": true, "init": true, "launchd": true, "services.exe": true, "inetd": true, "xinetd": true,
	"supervisord": true, "runsv": true, "s6-supervise": true, "circusd": true,
}

// sameProgram reports whether two processes run the same program, by its file if
// that is known, else by name.
func sameProgram(a, b *sock.Process) bool {
	if a.Known.Has(sock.FieldExe) && b.Known.Has(sock.FieldExe) {
		return a.Exe == b.Exe
	}
	return a.Name == b.Name
}
