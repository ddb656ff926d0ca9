package top

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"sockeye/sock"
	"sockeye/sock/change"
	"sockeye/sock/escape"
	"sockeye/sock/fact"
)

// Process is a process that is held: it stays the same one, whatever its PID comes to
// mean.
type Process interface {
	Signal(Signal) error
	Release() error
}

// Signal is what can be sent to a process.
type Signal struct {
	Key    string // that chooses it
	Name   string // such as TERM
	Number int
}

// question asks before harm is done.
type question struct {
	lines   []string
	answers []reply
	// no is called if none of the answers is given; nil: nothing is to be done.
	no func()
}

// reply is an answer that does something.
type reply struct {
	key, text string
	do        effect
}

// answer takes the answer to a question. Whatever is not offered means no.
func (m *model) answer(key string) []effect {
	q := m.question
	m.question = nil
	for _, a := range q.answers {
		if a.key == key {
			return []effect{a.do}
		}
	}
	if q.no != nil {
		q.no()
	}
	m.note = "nothing was done"
	return nil
}

// subject returns the socket that an action is about; nil, and a note, if there is none.
func (m *model) subject() *sock.Socket {
	r := m.current()
	if r == nil {
		m.note = "no socket is chosen: Enter opens a group"
		return nil
	}
	if m.chosen = r.key; r.mark == change.Closed {
		m.note = "it is closed already"
		return nil
	}
	return m.whole(r)
}

// ownerText names who holds a socket, or says why nobody is known.
func ownerText(s *sock.Socket) string {
	return string(fact.Lookup("owner").AppendShown(&fact.View{}, nil, s))
}

// askClose asks whether a connection is to be closed.
func (m *model) askClose() []effect {
	s := m.subject()
	if s == nil {
		return nil
	}
	closing := m.machine.Close
	text := "close " + fact.SocketText(s)
	if len(s.Owners) > 0 {
		text += " of " + ownerText(s)
	}
	m.question = &question{lines: []string{text + "?"}, answers: []reply{{"y", "yes", func(ctx context.Context) message {
		if err := closing(ctx, s); err != nil {
			return doneMessage("not closed: " + fact.SocketText(s) + ": " + errorText(err))
		}
		return doneMessage("closed " + fact.SocketText(s))
	}}}}
	return nil
}

// askSignal takes hold of the owner and asks which signal is to be sent. Between the
// listing and now its PID may have become another's: that it holds the socket is
// looked at once more when it is held.
func (m *model) askSignal() []effect {
	s := m.subject()
	switch {
	case s == nil:
		return nil
	case len(s.Owners) == 0:
		m.note = "nobody is known to hold it, so there is no process to signal"
		return nil
	}
	machine, owner := m.machine, s.Owners[0]
	others := m.othersOf(owner.PID)
	return []effect{func(ctx context.Context) message {
		process, err := machine.Process(owner.PID)
		if err != nil {
			return doneMessage(fmt.Sprintf("%s[%d] cannot be signalled: %s", named(owner), owner.PID, errorText(err)))
		}
		now, err := machine.Detail(ctx, s)
		if err != nil || now == nil || !holds(now, owner.PID) {
			process.Release()
			return doneMessage(fmt.Sprintf("%s[%d] does not hold the socket any more", named(owner), owner.PID))
		}
		return signalQuestion(machine.Signals, process, s, now, owner, others)
	}}
}

// named is the name of a process as it stands in a message.
func named(o sock.Owner) string {
	if o.Name == "" {
		return "?"
	}
	return escape.Text(o.Name)
}

// errorText is an error as it stands in a message.
func errorText(err error) string { return escape.Text(strings.ReplaceAll(err.Error(), "\n", "; ")) }

func holds(s *sock.Socket, pid int) bool {
	return slices.ContainsFunc(s.Owners, func(o sock.Owner) bool { return o.PID == pid })
}

// signalQuestion asks for the signal.
func signalQuestion(signals []Signal, process Process, s, now *sock.Socket, owner sock.Owner, others int) *question {
	who := fmt.Sprintf("%s[%d]", named(owner), owner.PID)
	lines := []string{"signal " + who + ", which holds " + fact.SocketText(s) + othersText(others) + "?"}
	if pids := len(slices.Collect(now.PIDs)); pids > 1 {
		lines = append(lines, fmt.Sprintf("%d other processes hold the socket too: it stays open", pids-1))
	}
	q := &question{lines: lines, no: func() { process.Release() }}
	for _, signal := range signals {
		q.answers = append(q.answers, reply{signal.Key, signal.Name, func(context.Context) message {
			defer process.Release()
			if err := process.Signal(signal); err != nil {
				return doneMessage(fmt.Sprintf("%s was not signalled: %s", who, errorText(err)))
			}
			return doneMessage(signal.Name + " was sent to " + who)
		}})
	}
	return q
}

// othersOf counts the other sockets of a process in this view.
func (m *model) othersOf(pid int) int {
	n := -1
	for i := range m.pass.rows {
		r := &m.pass.rows[i]
		if r.mark != change.Closed && slices.ContainsFunc(r.owners, func(o sock.Owner) bool { return o.PID == pid }) {
			n++
		}
	}
	return n
}

func othersText(n int) string {
	switch {
	case n <= 0:
		return " and no other socket here"
	case n == 1:
		return " and 1 other socket here"
	}
	return fmt.Sprintf(" and %d other sockets here", n)
}

// copyLine copies what a line shows.
func (m *model) copyLine() []effect {
	text := ""
	if m.groups != nil {
		if m.cursor < len(m.groups) {
			text = m.groups[m.cursor].text
		}
	} else if s := m.subject(); s != nil {
		text = fact.SocketText(s) + " " + s.State.String()
		if owner := ownerText(s); owner != "" {
			text += " " + owner
		}
	}
	if text == "" {
		return nil
	}
	m.note = "copied: " + text
	return []effect{tell(copyMessage(text))}
}

// askExport asks for the name of a file.
func (m *model) askExport() {
	name := "sockeye-" + m.machine.Now().Format("2006-01-02-150405") + ".json"
	if m.Host != "" && !strings.ContainsAny(m.Host, `/\`) {
		name = "sockeye-" + m.Host + m.machine.Now().Format("-2006-01-02-150405") + ".json"
	}
	p := newPrompt(exportLabel, name)
	p.changed = func(*model) []effect { return nil }
	p.done = func(m *model) ([]effect, bool) {
		name, f, export := string(p.text), m.Filter, m.machine.Export
		if name == "" {
			return nil, false
		}
		return []effect{func(ctx context.Context) message {
			n, err := export(ctx, name, f)
			if err != nil {
				return doneMessage("not written: " + errorText(err))
			}
			return doneMessage(fmt.Sprintf("%s written to %s", socketsText(n), escape.Text(name)))
		}}, true
	}
	m.prompt = p
}
