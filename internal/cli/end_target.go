package cli

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"syscall"

	"sockeye/platform"
	"sockeye/sock"
	"sockeye/sock/change"
	"sockeye/sock/fact"
)

// The results of kill, as JSON has them.
const (
	resultSignalled = "signalled" // it holds its sockets still
	resultEnded     = "ended"
	resultKilled    = "killed"        // by KILL
	resultLeft      = "let_go"        // it goes on, without the sockets
	resultGone      = "gone"          // it ended, or held no such socket, before it could be signalled
	resultSpared    = "spared"        // the answer was no
	resultItself    = "itself"        // never
	resultRefused   = "not_permitted" // by the system
	resultFailed    = "failed"
	resultTook      = "took_over" // it was no target, and holds what matches now
	resultWould     = "would_end" // with --dry-run
)

// target is a process that holds sockets which match.
type target struct {
	process *sock.Process
	sockets []*sock.Socket
	special string // why it is ended only on a word for it; empty: it is as others
	handle  *os.Process
	sent    syscall.Signal
	result  string // empty: nothing is decided
	err     error
}

func (t *target) name() string {
	return fmt.Sprintf("%s[%d]", t.process.Name, t.process.PID)
}

// described is the name with the user and the sockets, for a question.
func (t *target) described() shown {
	text := t.name()
	if t.process.User != "" {
		text += " of " + t.process.User
	}
	return shown(oneLine(text)) + ", which holds " + t.ends()
}

// mostEnds is how many sockets of a process are named.
const mostEnds = 4

// ends names its sockets.
func (t *target) ends() shown {
	var ends []string
	for _, s := range t.sockets {
		ends = append(ends, s.Protocol.String()+" "+cmp.Or(fact.LocalText(s), "-"))
	}
	slices.Sort(ends)
	ends = slices.Compact(ends)
	if more := len(ends) - mostEnds; more > 0 {
		ends = append(ends[:mostEnds], fmt.Sprintf("%d more", more))
	}
	return shown(strings.Join(ends, ", "))
}

// hold takes the system's handle for the process: a pidfd on Linux, a handle on
// Windows. While that is held no other process is meant by it; other systems have
// PIDs alone.
func (t *target) hold() {
	if t.process.PID == os.Getpid() {
		t.result = resultItself
		return
	}
	if t.handle, t.err = os.FindProcess(t.process.PID); t.err != nil {
		t.result = resultGone
	}
}

// confirm looks whether the process that is held is the one that was listed: it
// holds one of its sockets now, and began when that one did.
func (t *target) confirm(now []*sock.Socket) {
	if t.result != "" {
		return
	}
	if p := t.holds(now); p == nil || !sameStart(p, t.process) {
		t.result = resultGone
	} else if platform.Ended(t.handle) {
		t.result = resultGone
	}
}

// sameStart reports whether two processes of a PID began at the same time, as far as
// that is known.
func sameStart(a, b *sock.Process) bool {
	known := a.Known & b.Known & sock.FieldStartedAt
	return known == 0 || a.StartedAt.Equal(b.StartedAt)
}

// holds returns the process as it holds one of the sockets now, nil if it holds none.
func (t *target) holds(now []*sock.Socket) *sock.Process {
	mine := map[change.Identity]bool{}
	for _, s := range t.sockets {
		mine[change.IdentityOf(s)] = true
	}
	for _, s := range now {
		if !mine[change.IdentityOf(s)] {
			continue
		}
		for p := range s.PIDs {
			if p.PID == t.process.PID {
				return p
			}
		}
	}
	return nil
}

// signal sends a signal. Nothing is sent to a process that has ended.
func (t *target) signal(s syscall.Signal) {
	switch err := t.handle.Signal(s); {
	case err == nil:
		t.sent, t.result = s, resultSignalled
	case errors.Is(err, os.ErrProcessDone):
		t.result = t.done()
	case errors.Is(err, syscall.EPERM) || errors.Is(err, os.ErrPermission):
		t.result, t.err = resultRefused, err
	default:
		t.result, t.err = resultFailed, err
	}
}

// done is the result of a process that has ended.
func (t *target) done() string {
	switch t.sent {
	case 0:
		return resultGone
	case syscall.SIGKILL:
		return resultKilled
	}
	return resultEnded
}

// look decides what became of a process that was signalled. One that holds its sockets
// no more is about to end, or goes on: that is known when the time is over.
func (t *target) look(now []*sock.Socket, over bool) {
	if t.result != resultSignalled {
		return
	}
	if p := t.holds(now); p != nil && sameStart(p, t.process) {
		return
	}
	if platform.Ended(t.handle) {
		t.result = t.done()
	} else if over {
		t.result = resultLeft
	}
}
