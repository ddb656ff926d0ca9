package cli

import (
	"maps"
	"slices"
	"strconv"

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
	h := &portHolders{everybody: o.everyHolder, whole: true, pids: map[int]bool{}}
	if r.input == nil && !o.everyHolder {
		if h.family, h.whole, err = r.processFamily(); err != nil {
			return err
		}
	}
	for _, s := range found {
		if s.Listening() || o.everyHolder {
			h.add(s)
		}
	}
	text := ""
	for _, pid := range slices.Sorted(maps.Keys(h.pids)) {
		text += strconv.Itoa(pid) + "\n"
	}
	if err := r.print(text); err != nil {
		return err
	}
	a := r.conclude(o, listing, len(h.pids))
	switch {
	case len(h.hidden) > 0:
		r.say("the owner of %s is hidden", socketsText(h.hidden))
		r.status = exitFailed
	case h.unknown:
		r.say("which of the processes listen and which only inherited the socket is not known: their parents are hidden")
		r.status = exitFailed
	case len(found) == 0:
		r.concludeForwards(o, q, a)
	case h.sockets == 0:
		r.say("%s listens on port %s; --pids=all names what else uses it", q.nothing(), q.text)
	case len(h.pids) == 0:
		r.say("no process is to be ended for port %s: sockeye port %s tells what uses it", q.text, q.text)
	}
	return nil
}

// portHolders gathers the processes that are asked for.
type portHolders struct {
	everybody bool // all that hold a socket, not only what listens
	family    processFamily
	whole     bool // every process is in it

	pids    map[int]bool
	sockets int
	hidden  []*sock.Socket // whose owners are not to be seen
	unknown bool           // which of the holders of a socket listen
}

// add adds those of a socket.
func (h *portHolders) add(s *sock.Socket) {
	h.sockets++
	if s.OwnerStatus == sock.OwnerPermission {
		h.hidden = append(h.hidden, s)
	}
	holders := slices.Collect(s.PIDs)
	if !h.everybody {
		if !h.whole && !h.family.has(holders) {
			h.unknown = true
			return
		}
		holders = h.family.listeners(holders)
	}
	for _, p := range holders {
		h.pids[p.PID] = true
	}
}

// processFamily returns the processes of this machine, and whether they are all.
func (r *run) processFamily() (family processFamily, whole bool, err error) {
	entries, whole, err := r.machine.Processes(r.ctx)
	family = processFamily{}
	for _, p := range entries {
		family[p.PID] = p
	}
	return family, whole, err
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
