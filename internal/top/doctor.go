package top

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"sockeye/internal/doctor"
	"sockeye/render"
	"sockeye/sock"
	"sockeye/sock/escape"
	"sockeye/sock/filter"
)

// Doctor is what the rules of doctor take to look at the passes.
type Doctor struct {
	// Facts are what they look at, of what there is here.
	Facts sock.Field
	// Fits reports whether the tables of a filter hold all that they compare.
	Fits func(*filter.Filter) bool
	// New returns a look that has seen nothing yet.
	New func() *doctor.Machine
	// Before and After give it the kernel's counters behind its first and its second
	// listing.
	Before, After func(*doctor.Machine)
	// Text is what was found as `sockeye doctor` prints it, with the rules that were
	// skipped.
	Text func(found []doctor.Finding, skipped []doctor.Skip, width int) string
}

// looked is what was found when it was looked last. It does not change.
type looked struct {
	found   []doctor.Finding // the worst first
	skipped []doctor.Skip
	sockets int
	took    time.Duration
	why     string // it is not looked
}

const (
	// lookSpan is the least time between the two passes of a look. Some rules ask whether
	// anything moved meanwhile.
	lookSpan = 2 * time.Second
	// lookEvery is the least time between the beginnings of two looks: a pass that is seen
	// takes half as long again as another.
	lookEvery = 5 * time.Second
	// mostLooked is how many sockets it is looked at: what is remembered of more would
	// take more memory than the rows leave of what the view may take.
	mostLooked = 25_000
)

// looks looks again and again: a pass is the first listing of a look, and the first one
// that is late enough the second. One pass at most is remembered beside the rows.
type looks struct {
	*Doctor                 // nil: none is looked at
	now     *doctor.Machine // under way; nil: none
	second  bool            // this pass is its second listing
	since   time.Time
	sockets int     // of this pass
	last    *looked // nil: the first look is under way
}

// begin reports whether the sockets of a pass are to be seen. So many were there before.
func (l *looks) begin(at time.Time, f *filter.Filter, rows int) bool {
	l.sockets, l.second = 0, false
	switch {
	case l.Doctor == nil:
		return false
	case !l.Fits(f):
		l.now, l.last = nil, &looked{why: "doctor does not look at these tables: it takes TCP over IPv4 and IPv6 in every state"}
		return false
	case l.now == nil && rows > mostLooked:
		l.last = &looked{why: fmt.Sprintf("there are more than %s, at which doctor does not look here: `sockeye doctor` does", socketsText(mostLooked))}
		return false
	case l.now == nil && !l.since.IsZero() && at.Sub(l.since) < lookEvery:
		return false
	case l.now == nil:
		l.now, l.since = l.New(), at
		return true
	}
	l.second = at.Sub(l.since) >= lookSpan
	return l.second
}

// see takes a socket of a pass.
func (l *looks) see(s *sock.Socket) {
	switch l.sockets++; {
	case l.now == nil:
	case l.sockets > mostLooked:
		l.now = nil
	case l.second:
		l.now.See(s)
	default:
		l.now.Add(s)
	}
}

// end ends a pass that was seen, whole or not. Meanwhile the ends tell of attempts to
// connect that fail.
func (l *looks) end(at time.Time, whole bool, e *ends) {
	switch {
	case l.now == nil:
	case !whole: // what was not listed is not missing
		l.now = nil
	case !l.second:
		l.Before(l.now)
		e.follow()
	default:
		l.After(l.now)
		l.now.Attempts = e.followed()
		l.last = &looked{found: l.now.Findings(), skipped: l.now.Skipped(), sockets: l.sockets, took: at.Sub(l.since)}
		for i := range l.last.found {
			e := &l.last.found[i].Evidence
			e.Sockets = slices.Clone(e.Sockets[:min(len(e.Sockets), shownEvidence)])
			e.Attempts = slices.Clone(e.Attempts[:min(len(e.Attempts), shownEvidence)])
		}
		l.now = nil
	}
}

// shownEvidence is how much of the evidence of a finding is kept: more than any text shows.
const shownEvidence = 8

// worst says how many findings there are of each severity, and what the worst of them is;
// empty if there are none.
func (l *looked) worst() (counts, title string, severity doctor.Severity) {
	if l == nil || len(l.found) == 0 {
		return "", "", 0
	}
	var number [doctor.Critical + 1]int
	for _, f := range l.found {
		number[f.Severity]++
	}
	var parts []string
	for s := doctor.Critical; ; s-- {
		if n := number[s]; n > 0 {
			word := s.String()
			if s == doctor.Warning && n > 1 {
				word += "s"
			}
			parts = append(parts, fmt.Sprintf("%d %s", n, word))
		}
		if s == doctor.Info {
			break
		}
	}
	return strings.Join(parts, ", "), escape.Text(l.found[0].Title), l.found[0].Severity
}

// troubled returns what was found, as far as the pass knows.
func (m *model) troubled() *looked {
	if m.pass == nil {
		return nil
	}
	return m.pass.looked
}

// troubleLine says what doctor found; empty if that is nothing.
func (m *model) troubleLine() string {
	counts, title, severity := m.troubled().worst()
	if counts == "" {
		return ""
	}
	return " " + m.look(severityLooks[severity], "! "+counts) + "  " + title
}

var severityLooks = [...]string{doctor.Info: dim, doctor.Warning: yellow, doctor.Critical: red}

// troubleLines are all findings, or why there are none.
func (m *model) troubleLines() []string {
	l := m.troubled()
	switch {
	case l == nil:
		return []string{" two passes are compared, " + lookSpan.String() + " apart ..."}
	case l.why != "":
		return []string{" " + l.why}
	}
	var lines []string
	if len(l.found) == 0 {
		lines = append(lines, fmt.Sprintf(" nothing found: %s, %v", socketsText(l.sockets), l.took.Round(time.Millisecond)))
	}
	width := max(20, m.width-2)
	for line := range strings.Lines(m.machine.Doctor.Text(l.found, l.skipped, width)) {
		for part := range strings.SplitSeq(render.Wrap(strings.TrimSuffix(line, "\n"), width, "  "), "\n") {
			lines = append(lines, " "+part)
		}
	}
	return lines
}
