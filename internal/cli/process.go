package cli

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"sockeye/internal/suggest"
	"sockeye/platform"
	"sockeye/render/portview"
	"sockeye/sock"
	"sockeye/sock/escape"
	"sockeye/sock/filter"
)

const processHelp = `Lists the sockets that processes hold, in every state. The first word names the
processes, the rest is a filter. A process is a PID or a name, in which * is
anything; several are joined with commas. The name is the kernel's: at most 15
bytes of that of the program, unless it changed it. On Windows it is the
file's, and matches in any case, with or without .exe. All tables but mptcp,
vsock and tipc are listed unless options or the filter name some; -A all lists
them too.

Examples:
  sockeye process 812
  sockeye process nginx,haproxy -l
  sockeye process 'php-fpm*' state established and dst 10.0.0.0/8
  sockeye process sshd --json
  sockeye process nginx --watch
`

func processCommand(o *options) command {
	return command{
		name: "process", args: "PID|NAME[,..] [FILTER]", usage: "which sockets a process holds", help: processHelp,
		options: slices.Concat(o.portOptions(), o.otherTableOptions(), o.familyOptions(), o.stateOptions(),
			used(o.ownerOptions(), "processes", "owners are always searched"), o.factOptions(), o.shapeOptions(), o.watchOptions(), o.formatOptions(), o.sourceOptions(), o.otherOptions()),
		run: func(r *run, words []string) error { return r.process(o, words) },
	}
}

// process lists the sockets that processes hold, in every state.
func (r *run) process(o *options, words []string) error {
	if err := r.begin(o); err != nil {
		return err
	}
	if len(words) == 0 {
		return usagef("process needs a PID or a name: sockeye process nginx")
	}
	if o.noOwners() {
		return usagef("process searches owners; it cannot do without them")
	}
	wanted, err := readProcesses(words[0])
	if err != nil {
		return err
	}
	if len(words) > 1 && isNumber(words[1]) {
		return usagef("%s is no filter; several processes are joined with commas: %s,%s", words[1], words[0], words[1])
	}
	rest, err := r.readFilter(o, words[1:])
	if err != nil {
		return notAFilter(err, "behind the first word stands a filter; several processes are joined with commas: "+words[0]+","+strings.Join(words[1:], ","))
	}
	req, err := o.request(filter.And(wanted.filter(), rest), scope{processTables(), sock.AllStates})
	if err != nil {
		return err
	}
	if o.watch > 0 {
		return r.watch(o, req)
	}
	o.tellJSON()
	var about *portview.Processes
	if !o.shapesListing() {
		o.told, about = portview.OwnerFacts, new(portview.Processes)
	}
	a, err := r.answer(o, req, func(s *sock.Socket) { wanted.see(s, about) })
	if err != nil {
		return err
	}
	if about != nil && a.matched > 0 {
		if err := r.print("\n"); err != nil {
			return err
		}
		if err := about.Write(r.Out, r.portview(a.snap)); err != nil {
			return writeError{err}
		}
	}
	what := o.tablesText() + "socket"
	if !rest.Empty() || o.choosesStates() || o.families != 0 {
		what += " that matches"
	}
	return r.tellMissing(o, wanted, a, what)
}

// processTables are those in which the sockets of a process are looked for. What is
// MPTCP's stands among TCP too. Many kernels have VSOCK or TIPC, but nothing that lists
// their sockets or counts them: no answer would be whole.
func processTables() tables {
	all := allTables()
	all.protocols &^= sock.Protocols(sock.MPTCP, sock.VSOCK, sock.TIPC)
	return all
}

// wantedProcess is a process that is asked for, or all of a name.
type wantedProcess struct {
	word   string
	pid    int // 0: all of the name
	filter *filter.Filter
	seen   bool // a socket of it was listed
}

type wantedProcesses []*wantedProcess

// readProcesses reads PIDs and names that are joined with commas.
func readProcesses(list string) (wantedProcesses, error) {
	var all wantedProcesses
	for word := range strings.SplitSeq(list, ",") {
		w := &wantedProcess{word: word}
		switch {
		case word == "":
			return nil, usagef("%s: a PID or a name is missing beside the comma", quote(list))
		case isNumber(word):
			pid, err := strconv.ParseInt(word, 10, 32)
			if err != nil || pid == 0 {
				return nil, usagef("there is no PID %s", word)
			}
			w.pid, w.filter = int(pid), filter.PIDs(int(pid))
		case strings.Contains(word, "*"):
			w.filter = filter.ProcessPattern(word)
		default:
			w.filter = filter.ProcessNames(word)
		}
		all = append(all, w)
	}
	return all, nil
}

// filter matches the sockets that one of the processes holds.
func (all wantedProcesses) filter() *filter.Filter {
	var fs []*filter.Filter
	for _, w := range all {
		fs = append(fs, w.filter)
	}
	return filter.Or(fs...)
}

// see notes of which of the processes a socket is, and gathers those that are meant
// among its holders, unless about is nil.
func (all wantedProcesses) see(s *sock.Socket, about *portview.Processes) {
	for _, w := range all {
		if !w.filter.Match(s) {
			continue
		}
		w.seen = true
		for p := range s.PIDs {
			if about != nil && w.is(p.PID, p.Name) {
				about.Add(p, s)
			}
		}
	}
}

// is reports whether a process is meant.
func (w *wantedProcess) is(pid int, name string) bool {
	return w.filter.Match(&sock.Socket{Known: sock.FieldOwners, Owners: []sock.Owner{{Process: &sock.Process{PID: pid, Name: name}}}})
}

func (all wantedProcesses) allSeen() bool {
	return !slices.ContainsFunc(all, func(w *wantedProcess) bool { return !w.seen })
}

// among returns the processes that are meant among those of a machine.
func (w *wantedProcess) among(all []platform.ProcessEntry) []platform.ProcessEntry {
	var found []platform.ProcessEntry
	for _, p := range all {
		if w.is(p.PID, p.Name) {
			found = append(found, p)
		}
	}
	return found
}

// tellMissing says of each process of which no socket was listed what is known of
// it: that there is none, that it has none of what was asked for, or that this
// cannot be known.
func (r *run) tellMissing(o *options, wanted wantedProcesses, a answered, what string) error {
	if wanted.allSeen() || a.stopped {
		return nil
	}
	unknown := false
	for _, w := range wanted {
		if w.seen {
			continue
		}
		text, known, err := r.missing(o, w, a, what)
		if err != nil {
			return err
		}
		unknown = unknown || !known
		if !o.terse() {
			r.say("%s", shown(text))
		}
	}
	switch {
	case unknown && r.status == exitNothing:
		r.status = exitFailed
	case !unknown && a.matched == 0 && !o.strict:
		r.status = exitNothing // whatever could not be read
	}
	return nil
}

// missing says why no socket of a process was listed, and whether it is known that
// there is none. Names in the text are escaped.
func (r *run) missing(o *options, w *wantedProcess, a answered, what string) (text string, known bool, err error) {
	word := escape.Text(w.word)
	if r.input != nil {
		switch {
		case a.unread():
			return fmt.Sprintf("whether %s holds a %s is not known: not everything is in the file", word, what), false, nil
		case a.hidden():
			return fmt.Sprintf("whether %s holds a %s is not known: owners are hidden", word, what), false, nil
		}
		return fmt.Sprintf("%s holds no %s", word, what), true, nil
	}
	all, complete, err := r.machine.Processes(r.ctx)
	if err != nil {
		return "", false, fmt.Errorf("the processes of this machine cannot be listed: %w", err)
	}
	name, found := word, w.among(all)
	switch {
	case w.pid != 0 && !r.machine.HasProcess(r.ctx, w.pid):
		return fmt.Sprintf("there is no process %d", w.pid), true, nil
	case len(found) == 0 && w.pid == 0 && complete:
		return "no process is called " + word + oneLine(suggest.Hint(w.word, namesOf(all))), true, nil
	case len(found) == 1:
		name = fmt.Sprintf("%s[%d]", escape.Text(found[0].Name), found[0].PID)
	case len(found) > 1:
		name = fmt.Sprintf("one of the %d processes %s", len(found), word)
	}
	none, known := r.holdNoSocket(found)
	if known && !none && what == "socket" {
		what += " in the tables that were read"
	}
	switch {
	case a.unread() && (o.threads || !none):
		return fmt.Sprintf("whether %s holds a %s is not known: not everything could be read", name, what), false, nil
	case a.hidden() && !r.maySearch(found):
		return fmt.Sprintf("whether %s holds a %s is not known: owners are hidden", name, what), false, nil
	}
	if len(found) > 1 {
		name = fmt.Sprintf("none of the %d processes %s", len(found), word)
		return fmt.Sprintf("%s holds a %s", name, what), true, nil
	}
	return fmt.Sprintf("%s holds no %s", name, what), true, nil
}

// namesOf returns what processes are called, each name once.
func namesOf(all []platform.ProcessEntry) []string {
	var names []string
	for _, p := range all {
		names = append(names, p.Name)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// maySearch reports whether it is known what some processes hold. Of none it is
// not: there may be hidden ones.
func (r *run) maySearch(found []platform.ProcessEntry) bool {
	for _, p := range found {
		if !r.machine.MaySearch(p.PID) {
			return false
		}
	}
	return len(found) > 0
}

// holdNoSocket reports whether some processes hold no socket, whatever table it would be
// of, and whether that is known. Of no process it is not, as for maySearch.
func (r *run) holdNoSocket(found []platform.ProcessEntry) (none, known bool) {
	none, known = true, len(found) > 0
	for _, p := range found {
		ofOne, ofOneKnown := r.machine.HoldsNoSocket(p.PID)
		none, known = none && ofOne, known && ofOneKnown
	}
	return none && known, known
}

// tablesText names the tables that the options choose, with a blank behind.
func (o *options) tablesText() string {
	var names []string
	for _, t := range o.tables {
		if t.negated || t.protocols.Len() != 1 {
			return ""
		}
		if !slices.Contains(names, t.name) {
			names = append(names, t.name)
		}
	}
	if len(names) == 0 {
		return ""
	}
	return strings.Join(names, " or ") + " "
}
