package doctor

import (
	"fmt"
	"strings"

	"sockeye/sock"
)

var connectFailed = &Rule{
	Name:     "connect_failed",
	Meaning:  "Attempts to connect end without a connection: they are refused, time out, or are given up without an answer.",
	Advice:   "Refused: nothing listens there, or a firewall says no. Timed out, or given up without an answer: see syn_sent_stuck.",
	Settings: []Setting{{"attempts", 5, "so many between the two listings"}},
	Details: []string{
		"Programs in the kernel tell each attempt that fails, from a tenth of a second into the sample on, where they may be loaded (see sockeye trace --help) and the sample has half a second. What they did not tell is in the counters alone: not traced. Without them there are the counters, which know no destinations.",
		"A process that gives up itself is in no counter. It is told if a SYN had been sent again by then: one that another attempt has overtaken (happy eyeballs) is not.",
	},
	Sources:  []string{"RFC 9293 section 3.10.7.3"},
	Counters: true,
	begin: func(s *Space, set settings) look {
		return counters(func() []Finding {
			f := s.failedByCounters
			if s.machine.Attempts != nil {
				f = s.failedByTrace
			}
			if found := f(set("attempts")); found != nil {
				found.Severity = Warning
				return []Finding{*found}
			}
			return nil
		})
	},
}

// failedByCounters is what the counters alone say.
func (s *Space) failedByCounters(least float64) *Finding {
	n := s.grown("Tcp", "AttemptFails")
	if float64(n) < least {
		return nil
	}
	return &Finding{
		Counters: s.connectCounters(),
		Title:    connectTitle(n, s.grown("TcpExt", "TCPAbortOnTimeout"), s.grown("TcpExt", "EmbryonicRsts")), Try: tryConnects,
	}
}

const tryConnects = "sockeye trace --connects --duration 10"

// connectCounters are the kernel's.
func (s *Space) connectCounters() []Number {
	return []Number{
		{"AttemptFails", s.grown("Tcp", "AttemptFails")}, {"ActiveOpens", s.grown("Tcp", "ActiveOpens")}, {"PassiveOpens", s.grown("Tcp", "PassiveOpens")},
		{"EmbryonicRsts", s.grown("TcpExt", "EmbryonicRsts")}, {"TCPAbortOnTimeout", s.grown("TcpExt", "TCPAbortOnTimeout")},
	}
}

// connectTitle says how many failed, and of how many that is a time-out: connections
// that were established and timed out are counted with them. Handshakes that others begin
// and reset are counted as attempts.
func connectTitle(failed, timedOut, ofOthers int64) string {
	title := count(int(failed), "attempt") + " to connect failed"
	if timedOut > 0 {
		title += fmt.Sprintf(", %d of them by a time-out at most", min(failed, timedOut))
	}
	if ofOthers > 0 {
		title += fmt.Sprintf(", %d of them begun by others at most", min(failed, ofOthers))
	}
	return title
}

// failedByTrace is what a trace tells, with what the counters say beyond that.
func (s *Space) failedByTrace(least float64) *Finding {
	told := s.machine.Attempts.in(s.Netns)
	more := s.untold(told)
	total := told.Total + int(more)
	if float64(total) < least {
		return nil
	}
	f := &Finding{Evidence: told.Evidence, Try: tryConnects}
	worst := told.worst()
	f.Evidence.Attempts = worst[:min(len(worst), mostKept)]
	var ways []string
	for failure, n := range told.ways {
		if n > 0 {
			ways = append(ways, fmt.Sprintf("%d %s", n, failureWords[failure]))
			f.Counters = append(f.Counters, Number{sock.Failure(failure).String(), int64(n)})
		}
	}
	if more > 0 {
		ways = append(ways, fmt.Sprintf("%d not traced", more))
		f.Counters = append(f.Counters, Number{"not_traced", more})
	}
	f.Counters = append(f.Counters, s.connectCounters()...)
	to, most := told.most()
	switch f.Title = count(total, "attempt") + " to connect"; {
	case most == 0:
		f.Title += " failed"
	case most == total:
		f.Title += fmt.Sprintf(" to %s failed", to)
	default:
		f.Title += fmt.Sprintf(" failed, %d of them to %s", most, to)
	}
	if most > 0 {
		f.Try = place{end: to}.try(strings.TrimPrefix(tryConnects, "sockeye "))
	}
	f.Title += ": " + strings.Join(ways, ", ")
	return f
}

// untold is how many attempts of this network namespace failed by the counters that a
// trace did not tell. The handshakes of others are none. With a filter those may be others
// than it chooses, but for what was lost.
func (s *Space) untold(told *failed) int64 {
	more := max(0, s.grown("Tcp", "AttemptFails")-s.grown("TcpExt", "EmbryonicRsts")-told.counted)
	if s.machine.Partial {
		more = min(more, int64(min(s.machine.Attempts.Lost, 1<<31-1)))
	}
	return more
}
