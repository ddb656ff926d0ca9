package cli

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"sockeye/render"
	"sockeye/sock"
	"sockeye/sock/escape"
	"sockeye/sock/fact"
	"sockeye/sock/snapshot"
)

// conclude says what became of each process and who has the sockets now, and sets
// the exit status.
func (e *ending) conclude() error {
	for _, w := range e.snap.Warnings {
		if w.Code != sock.CodePermission { // the sockets are named below
			e.say("%s", w.Message)
		}
	}
	if len(e.hidden) > 0 {
		e.say("who holds %s is hidden: it may belong to another user", socketsText(e.hidden))
		e.status = exitFailed
	}
	if len(e.nobody) > 0 {
		e.say("no process holds %s: %s", socketsText(e.nobody), e.nobody[0].OwnerStatus)
	}
	if err := e.write(); err != nil {
		return writeError{err}
	}
	if len(e.targets) == 0 {
		if e.status == exitMatched {
			e.status = exitNothing
			if !e.o.terse() && len(e.nobody) == 0 {
				e.say("nothing that matches is held by a process")
			}
		}
		return nil
	}
	if e.o.dryRun {
		return nil
	}
	return e.verify()
}

// verify tells who holds what matches now, and sets the exit status: a process that
// was to end and holds its sockets, or another one on its place, is a failure.
func (e *ending) verify() error {
	now, err := e.list()
	if err != nil {
		return err
	}
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
	for _, s := range now {
		if taker := e.taker(s); taker != nil {
			e.say("%s is held by %s[%d] now", socketsText([]*sock.Socket{s}), taker.Name, taker.PID)
			e.status = exitFailed
		}
	}
	if e.status == exitMatched && ended == 0 && spared > 0 {
		e.status = exitNothing
	}
	return nil
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
	for _, t := range e.targets {
		var ends []string
		for _, s := range t.sockets {
			ends = append(ends, s.Protocol.String()+" "+fact.LocalText(s))
		}
		slices.Sort(ends)
		ends = slices.Compact(ends)
		if more := len(ends) - mostEnds; more > 0 {
			ends = append(ends[:mostEnds], fmt.Sprintf("%d more", more))
		}
		if _, err := fmt.Fprintf(e.Out, "%s  %s  %s\n", t.resultText(), escape.Text(t.name()), strings.Join(ends, ", ")); err != nil {
			return err
		}
	}
	return nil
}

// mostEnds is how many sockets of a process are named.
const mostEnds = 4

// resultText is the result for people.
func (t *target) resultText() string {
	switch t.result {
	case "":
		return "would end"
	case resultSignalled:
		return "goes on"
	case resultItself:
		return "never ended"
	case resultLeft:
		return "let go"
	}
	return strings.ReplaceAll(t.result, "_", " ")
}

// writeJSON writes the document: a member for each process.
func (e *ending) writeJSON() error {
	type process struct {
		PID     int               `json:"pid"`
		Process string            `json:"process"`
		User    string            `json:"user,omitempty"`
		Result  string            `json:"result"`
		Sockets []json.RawMessage `json:"sockets"`
	}
	all := []process{}
	members := []*fact.Fact{fact.Lookup("protocol"), fact.Lookup("family"), fact.Lookup("state"),
		fact.Lookup("local_address"), fact.Lookup("local_port"), fact.Lookup("local_path"), fact.Lookup("cookie")}
	for _, t := range e.targets {
		p := process{PID: t.process.PID, Process: t.process.Name, User: t.process.User, Result: t.result}
		if p.Result == "" {
			p.Result = "would_end"
		}
		for _, s := range t.sockets {
			p.Sockets = append(p.Sockets, fact.AppendObject(nil, s, members))
		}
		all = append(all, p)
	}
	text, err := snapshot.AppendAnswer(nil, "processes", all, &e.snap)
	if err != nil {
		return err
	}
	_, err = e.Out.Write(append(text, '\n'))
	return err
}
