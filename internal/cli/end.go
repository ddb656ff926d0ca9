package cli

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"slices"
	"syscall"
	"time"

	"sockeye/platform"
	"sockeye/render"
	"sockeye/sock"
	"sockeye/sock/fact"
	"sockeye/sock/filter"
)

const endStatus = `0 what held the sockets has ended or let them go (with
--dry-run: something would end), 1 nothing that matches is held by a process, or
the answer was no, 2 a mistake in the options or the filter, or nobody can be
asked, 3 a process holds them still, another one has them now, or who holds them
is hidden.`

const endHelp = `Ends the processes that hold the sockets which match: what listens, unless
options or the filter say other states. The first words may be ports. Each
process gets TERM, and KILL if it holds such a socket still when the time of
--grace is over. Then it is looked whether they are gone, or who has them now
(took over).

It asks first. Without a terminal nothing is ended unless --yes says so; this
process itself never is. A process is held by the system's handle for it, and
must hold such a socket when it is held: another one that got its PID is left
alone.

To close connections and leave the processes alone: sockeye --kill FILTER.

Examples:
  sockeye kill 8080
  sockeye kill process node --dry-run
  sockeye kill 8000-8100/tcp --yes --grace 30
`

func endCommand(o *options) command {
	o.grace = usualGrace
	return command{
		name: "kill", args: "PORT|FILTER", status: endStatus, usage: "end the owners of sockets", help: endHelp,
		options: slices.Concat(
			[]*option{
				on(groupOwn, &o.yes, "yes", "", "ask no question"),
				on(groupOwn, &o.dryRun, "dry-run", "", "say what would be ended, and end nothing"),
				span(groupOwn, &o.grace, "grace", 0, "KILL after so many seconds, or 1m30s; 5 without it, 0: at once"),
				o.formatOption(render.JSON, "j", "one JSON document"),
				o.formatOption(render.Quiet, "q", "nothing but the exit status"),
			},
			o.portOptions(), o.otherTableOptions(), o.familyOptions(), o.stateOptions(),
			used(only(o.ownerOptions(), "processes", "threads", "numeric"),
				"processes", "owners are always searched", "numeric", "addresses and ports are always numbers"),
			o.namespaceOptions(), o.backendOptions(), o.messageOptions()),
		run: func(r *run, words []string) error { return r.end(o, words) },
	}
}

// usualGrace is the time of --grace without the option, and how long it is looked
// whether KILL has ended a process.
const usualGrace = 5 * time.Second

// ending is one run of the command.
type ending struct {
	*run
	o       *options
	b       backend
	req     platform.Request
	targets []*target
	hidden  []*sock.Socket // that match, and whose owners are not to be seen
	nobody  []*sock.Socket // that match, and that no process holds
	takers  []*target      // that hold what matches in the end, and were none
	open    []*sock.Socket // that match in the end, and whose holders are not known
	snap    sock.Snapshot
}

// end ends the processes that hold the sockets which match.
func (r *run) end(o *options, words []string) error {
	if err := r.begin(o); err != nil {
		return err
	}
	f, err := r.endFilter(o, words)
	if err != nil {
		return err
	}
	if o.owners == "none" {
		return usagef("kill ends owners, it goes without --owners none")
	}
	if f.Empty() && !o.choosesTables() {
		return usagef("kill needs a port, or a filter that says which sockets: sockeye kill 8080")
	}
	e := &ending{run: r, o: o}
	if e.req, err = o.request(f, scope{tables{protocols: tcpAndUDP}, sock.ListeningStates}); err != nil {
		return err
	}
	if e.b, err = r.backendFor(o, &e.req); err != nil {
		return err
	}
	if !e.b.fields().Has(sock.FieldOwners) {
		return e.b.refusal("kill", fact.Missing(sock.FieldOwners))
	}
	e.req.Query.Want = sock.FieldOwners | sock.FieldStartedAt | sock.FieldProcessUser | sock.FieldCookie | sock.FieldInode |
		sock.FieldLocal | sock.FieldRemote | sock.FieldInterface | sock.FieldV6Only | sock.FieldPath
	return e.carryOut()
}

// endFilter reads ports and a filter, or a filter alone.
func (r *run) endFilter(o *options, words []string) (*filter.Filter, error) {
	if len(words) == 0 {
		return r.readFilter(o, nil)
	}
	if !isPort(words) {
		return r.filterOr(o, words, "neither a port, nor a known service, nor the beginning of a filter; did you mean sockeye kill process "+words[0]+"?")
	}
	env := r.filterEnv(o)
	ports, rest, err := readPorts(words, env)
	if err != nil {
		return nil, err
	}
	wanted, err := filterOf(ports, env)
	if err != nil {
		return nil, err
	}
	return r.andFile(o, filter.And(wanted, rest), env)
}

// carryOut finds, holds, asks, ends and looks again.
func (e *ending) carryOut() error {
	if err := e.find(); err != nil {
		return err
	}
	if len(e.targets) == 0 {
		return e.conclude()
	}
	if e.o.dryRun {
		return e.conclude()
	}
	if err := e.consent(); err != nil {
		return err
	}
	if err := e.signalAll(); err != nil {
		return errors.Join(e.write(), err) // it was interrupted: what was sent is sent
	}
	if err := e.verify(); err != nil {
		return err
	}
	return e.conclude()
}

// find lists what matches, holds the processes and lists again: what held a socket
// both times and is held since is the process that was listed.
func (e *ending) find() error {
	listing := e.b.host.List(e.ctx, e.req)
	before, err := collect(listing)
	if err != nil {
		return err
	}
	e.snap = listing.Snapshot()
	e.sort(before)
	for _, t := range e.targets {
		t.hold()
	}
	return e.confirm()
}

// confirm leaves out what is no longer the process that was listed, or holds no socket
// that matches any more.
func (e *ending) confirm() error {
	now, err := e.list()
	if err != nil {
		return err
	}
	for _, t := range e.targets {
		t.confirm(now)
	}
	return nil
}

// list lists what matches.
func (e *ending) list() ([]*sock.Socket, error) {
	return collect(e.b.host.List(e.ctx, e.req))
}

// sort makes targets of the owners.
func (e *ending) sort(all []*sock.Socket) {
	by := map[int]*target{}
	for _, s := range all {
		switch {
		case len(s.Owners) > 0:
			for p := range s.PIDs {
				t := by[p.PID]
				if t == nil {
					t = &target{process: p, special: special(p)}
					by[p.PID] = t
					e.targets = append(e.targets, t)
				}
				t.sockets = append(t.sockets, s)
			}
		case hidden(s):
			e.hidden = append(e.hidden, s)
		default:
			e.nobody = append(e.nobody, s)
		}
	}
	slices.SortFunc(e.targets, func(a, b *target) int { return a.process.PID - b.process.PID })
}

// hidden reports whether a process that is not seen may hold a socket.
func hidden(s *sock.Socket) bool {
	return s.OwnerStatus == sock.OwnerPermission || s.OwnerStatus == sock.OwnerNotSearched
}

// special says why a process is ended only on a word for it; empty for most.
func special(p *sock.Process) string {
	switch {
	case p.PID == os.Getpid():
		return "this process"
	case p.PID == 1 && runtime.GOOS != "windows":
		return "the first process, on which all others depend"
	case platform.IsProxy(p.Name):
		return "a proxy in front of a container: to end what is behind it, stop the container"
	}
	return ""
}

// consent asks, or refuses where nobody can be asked.
func (e *ending) consent() error {
	var plain, guarded []*target
	for _, t := range e.targets {
		switch {
		case t.result != "" || t.process.PID == os.Getpid():
		case t.special != "":
			guarded = append(guarded, t)
		default:
			plain = append(plain, t)
		}
	}
	if e.o.yes {
		return nil
	}
	if !e.Asks {
		if len(guarded) > 0 {
			return usagef("%s is %s; --yes ends it all the same", guarded[0].name(), guarded[0].special)
		}
		return usagef("kill asks first, and standard input is no terminal: --yes ends processes without a question")
	}
	if len(plain) > 0 && !e.agreeTo(plain) {
		refuse(plain)
	}
	for _, t := range guarded {
		if !e.agree("end " + t.described() + ": it is " + shown(t.special)) {
			refuse([]*target{t})
		}
	}
	return e.confirm() // an answer may take hours
}

// agreeTo asks whether some processes are to be ended.
func (e *ending) agreeTo(all []*target) bool {
	if len(all) == 1 {
		return e.agree("end " + all[0].described())
	}
	for _, t := range all {
		e.say("%s", t.described())
	}
	return e.agree(shown(fmt.Sprintf("end these %d processes", len(all))))
}

func refuse(all []*target) {
	for _, t := range all {
		t.result = resultSpared
	}
}

// signalAll sends TERM, waits, and sends KILL to what holds its sockets still.
func (e *ending) signalAll() error {
	if e.o.grace > 0 && runtime.GOOS != "windows" { // which has no notice that a process could get
		e.signal(syscall.SIGTERM)
		if err := e.wait(e.o.grace); err != nil {
			return err
		}
	}
	if e.left() > 0 {
		e.signal(syscall.SIGKILL)
		return e.wait(usualGrace)
	}
	return nil
}

func (e *ending) signal(s syscall.Signal) {
	for _, t := range e.targets {
		if t.result == "" || t.result == resultSignalled {
			t.signal(s)
		}
	}
}

// left is how many that were signalled hold their sockets still.
func (e *ending) left() (n int) {
	for _, t := range e.targets {
		if t.result == "" || t.result == resultSignalled {
			n++
		}
	}
	return n
}

// wait looks until every process that was signalled has ended, or a time is over.
func (e *ending) wait(grace time.Duration) error {
	end := e.Now().Add(grace)
	for {
		now, err := e.list()
		if err != nil {
			return err
		}
		over := !e.Now().Before(end)
		for _, t := range e.targets {
			t.look(now, over)
		}
		if e.left() == 0 || over {
			return nil
		}
		if err := e.sleep(shortestPoll); err != nil {
			return err
		}
	}
}
