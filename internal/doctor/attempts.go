package doctor

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"sockeye/sock"
)

// Attempts are the attempts to connect that failed between the two listings, as a trace
// tells them.
type Attempts struct {
	// Lost is how many events could not be told.
	Lost uint64

	spaces map[uint64]*failed // by the inode of the network namespace
}

// Attempt is how many attempts of one process, or of several with one name, to connect to
// an address failed in one way.
type Attempt struct {
	To      netip.AddrPort
	Process string // empty: not known
	PID     int    // 0: not known, or Several
	Several bool   // processes
	Failure sock.Failure
	Number  int
	// Longest is what one of them took; negative: not known. AtLeast: it had begun before
	// the trace, from which on it counts.
	Longest time.Duration
	AtLeast bool
}

// failed are the attempts in one network namespace.
type failed struct {
	Evidence
	counted int64 // by the kernel, as AttemptFails
	ways    [len(failureWords)]int
	by      map[attemptKey]*Attempt
}

type attemptKey struct {
	to      netip.AddrPort
	process string
	failure sock.Failure
}

// mostAttempts is how many destinations, processes and ways to fail are told apart: a scan
// of ports has one for each.
const mostAttempts = 10_000

// failureWords are the ways to fail, for people. What is closed by the administrator did
// not fail.
var failureWords = [...]string{
	sock.FailureRefused: "refused", sock.FailureReset: "reset", sock.FailureTimedOut: "timed out", sock.FailureUnreachable: "unreachable",
	sock.FailureAbandoned: "given up without an answer", sock.FailureAborted: "", sock.FailureOther: "failed otherwise",
}

// Add takes a socket with its event. Others than of an attempt that failed are left out, and
// so are attempts that the process gave up before a SYN was sent again: it wanted no answer
// any more.
func (a *Attempts) Add(s *sock.Socket) {
	e := s.Event
	if e == nil || e.OldState != sock.SynSent || e.NewState != sock.Closed || int(e.Failure) >= len(failureWords) {
		return
	}
	if a.spaces == nil {
		a.spaces = map[uint64]*failed{}
	}
	in := a.spaces[s.Netns.Inode]
	if in == nil {
		in = &failed{by: map[attemptKey]*Attempt{}}
		a.spaces[s.Netns.Inode] = in
	}
	if e.Failure != sock.FailureAbandoned {
		in.counted++
	} else if again, known := info(s, sock.TCPInfoTotalRetrans); !known || again == 0 {
		return
	}
	if failureWords[e.Failure] != "" {
		in.take(s, e)
	}
}

// take takes an attempt that failed.
func (f *failed) take(s *sock.Socket, e *sock.Event) {
	f.Evidence.add(s)
	f.ways[e.Failure]++
	key, pid := attemptKey{to: s.Remote, failure: e.Failure}, holderPID(s)
	if len(s.Owners) > 0 {
		key.process = s.Owners[0].Name
	}
	one := f.by[key]
	if one == nil {
		if len(f.by) == mostAttempts {
			return
		}
		one = &Attempt{To: s.Remote, Process: key.process, PID: pid, Failure: e.Failure, Longest: -1}
		f.by[key] = one
	}
	if one.PID != pid {
		one.PID, one.Several = 0, true
	}
	one.Number++
	if e.Duration > one.Longest {
		one.Longest, one.AtLeast = e.Duration, e.DurationAtLeast
	}
}

// in returns those in a network namespace.
func (a *Attempts) in(n sock.Netns) *failed {
	if f := a.spaces[n.Inode]; f != nil {
		return f
	}
	return &failed{}
}

// worst returns those that were told apart, the most frequent first.
func (f *failed) worst() (all []Attempt) {
	for _, one := range f.by {
		all = append(all, *one)
	}
	slices.SortFunc(all, func(a, b Attempt) int {
		return cmp.Or(cmp.Compare(b.Number, a.Number), a.To.Compare(b.To), cmp.Compare(a.Process, b.Process), cmp.Compare(a.Failure, b.Failure))
	})
	return all
}

// most returns the destination of most of them, and how many those are.
func (f *failed) most() (to netip.AddrPort, number int) {
	of := map[netip.AddrPort]int{}
	for _, one := range f.worst() {
		if of[one.To] += one.Number; of[one.To] > number {
			to, number = one.To, of[one.To]
		}
	}
	return to, number
}

// String is such as "10 of app[7] to 10.0.0.9:80: timed out, the longest after 3.1s".
func (a *Attempt) String() string {
	process := a.Process
	switch {
	case a.Several:
		process += " (several processes)"
	case a.PID != 0:
		process += fmt.Sprintf("[%d]", a.PID)
	default:
		process = unknownProcess
	}
	text := fmt.Sprintf("%d of %s to %s: %s", a.Number, process, a.To, failureWords[a.Failure])
	if a.Longest >= 100*time.Millisecond {
		text += verb(a.Number, " after ", ", the longest after ") + map[bool]string{true: "at least "}[a.AtLeast] + span(a.Longest)
	}
	return text
}
