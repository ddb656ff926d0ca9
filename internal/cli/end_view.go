package cli

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"sockeye/render"
	"sockeye/sock"
	"sockeye/sock/change"
	"sockeye/sock/escape"
	"sockeye/sock/fact"
)

// conclude says what became of each process and who has the sockets now, and sets
// the exit status.
func (e *ending) conclude() error {
	a := answered{snap: e.snap}
	// Owners that are hidden: the sockets are named below, unless the filter did not
	// find them for that.
	unseen := a.hidden() && e.req.Filter.Needs().Has(sock.FieldOwners)
	for _, w := range e.snap.Warnings {
		if w.Code != sock.CodePermission || unseen {
			e.say("%s", w.Message)
		}
	}
	if e.o.debug {
		e.say("%s", debugText(e.snap))
	}
	if a.unread() || e.o.strict && !e.snap.Complete {
		e.status = exitFailed
	}
	if len(e.hidden) > 0 {
		e.say("who holds %s is hidden: it may belong to another user", socketsText(e.hidden))
		e.status = exitFailed
	}
	if len(e.nobody) > 0 {
		e.say("no process holds %s: %s", socketsText(e.nobody), e.nobody[0].OwnerStatus.Meaning())
	}
	if err := e.write(); err != nil {
		return err
	}
	switch {
	case len(e.targets) == 0 && unseen:
		e.say("whether a process that matches holds a socket is not known")
		e.status = exitFailed
	case len(e.targets) == 0 && e.status == exitMatched:
		e.status = exitNothing
		if !e.o.terse() && len(e.nobody) == 0 {
			e.say("%s", e.nothing())
		}
	case e.o.dryRun:
		e.tellGuarded()
	case len(e.targets) > 0:
		e.tellResults()
	}
	return nil
}

// nothing says that no socket matches, and which were looked at.
func (e *ending) nothing() string {
	if e.req.Query.States&^sock.ListeningStates == 0 {
		return "nothing that listens matches; with -a connections count too"
	}
	return "no socket matches"
}

// tellGuarded says which processes would be asked about by themselves.
func (e *ending) tellGuarded() {
	for _, t := range e.targets {
		if t.result == "" && t.special != "" && !e.o.terse() {
			e.say("%s is %s; it is asked about by itself", t.name(), t.special)
		}
	}
}

// verify looks who holds what matches now.
func (e *ending) verify() error {
	now, err := e.list()
	if err != nil {
		return err
	}
	known := map[change.Identity]bool{} // that nobody was ended for
	for _, s := range slices.Concat(e.hidden, e.nobody) {
		known[change.IdentityOf(s)] = true
	}
	by := map[int]*target{}
	for _, s := range now {
		// What is left of a connection is nobody's, and keeps nothing busy.
		if len(s.Owners) == 0 && !known[change.IdentityOf(s)] && (s.Listening() || hidden(s)) {
			e.open = append(e.open, s)
		}
		p := e.taker(s)
		if p == nil {
			continue
		}
		if by[p.PID] == nil {
			by[p.PID] = &target{process: p, result: resultTook}
			e.takers = append(e.takers, by[p.PID])
		}
		by[p.PID].sockets = append(by[p.PID].sockets, s)
	}
	return nil
}

// tellResults sets the exit status: a process that was to end and holds its sockets, or
// another one on its place, is a failure.
func (e *ending) tellResults() {
	ended, spared := 0, 0
	for _, t := range e.targets {
		switch t.result {
		case resultEnded, resultKilled, resultLeft, resultGone:
			ended++
		case resultSpared, resultItself:
			spared++
		case resultRefused, resultFailed:
			e.say("%s was not ended: %v", t.name(), plainError(t.err))
			e.status = exitFailed
		default:
			e.say("%s holds its sockets still", t.name())
			e.status = exitFailed
		}
	}
	for _, t := range e.takers {
		e.say("%s is held by %s now", t.ends(), t.name())
		e.status = exitFailed
	}
	for _, s := range e.open {
		e.say("%s is there now, without a process that is known: %s", socketsText([]*sock.Socket{s}), s.OwnerStatus.Meaning())
		e.status = exitFailed
	}
	if e.status == exitMatched && ended == 0 && spared > 0 {
		e.status = exitNothing
	}
}

// taker returns the process that holds a socket and was no target.
func (e *ending) taker(s *sock.Socket) *sock.Process {
	for p := range s.PIDs {
		known := slices.ContainsFunc(e.targets, func(t *target) bool {
			return t.process.PID == p.PID && sameStart(t.process, p)
		})
		if !known {
			return p
		}
	}
	return nil
}

// write writes a line for each process, or the document.
func (e *ending) write() error {
	switch {
	case e.o.format.is(render.Quiet):
		return nil
	case e.o.format.is(render.JSON):
		return e.writeJSON()
	}
	text := ""
	for _, t := range slices.Concat(e.targets, e.takers) {
		text += fmt.Sprintf("%s  %s  %s\n", t.resultText(), escape.Text(t.name()), t.ends())
	}
	return e.print(text)
}

// resultText is the result for people.
func (t *target) resultText() string {
	switch t.result {
	case "":
		return resultText(resultWould)
	case resultSignalled:
		return "goes on"
	case resultItself:
		return "never ended"
	case resultLeft:
		return "let go"
	}
	return resultText(t.result)
}

func resultText(result string) string { return strings.ReplaceAll(result, "_", " ") }

// writeJSON writes the document: a member for each process.
func (e *ending) writeJSON() error {
	type process struct {
		PID     int               `json:"pid"`
		Process string            `json:"process"`
		User    string            `json:"user,omitempty"`
		Result  string            `json:"result"`
		Error   string            `json:"error,omitempty"`
		Guarded string            `json:"guarded,omitempty"`
		Sockets []json.RawMessage `json:"sockets"`
	}
	all := []process{}
	members := []*fact.Fact{fact.Lookup("protocol"), fact.Lookup("family"), fact.Lookup("state"),
		fact.Lookup("local_address"), fact.Lookup("local_port"), fact.Lookup("local_path"), fact.Lookup("cookie")}
	for _, t := range slices.Concat(e.targets, e.takers) {
		p := process{PID: t.process.PID, Process: t.process.Name, User: t.process.User, Result: cmp.Or(t.result, resultWould), Guarded: t.special}
		if t.err != nil {
			p.Error = plainError(t.err).Error()
		}
		for _, s := range t.sockets {
			p.Sockets = append(p.Sockets, fact.AppendObject(nil, s, members))
		}
		all = append(all, p)
	}
	return e.answerJSON("processes", all, &e.snap)
}
