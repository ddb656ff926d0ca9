package cli

import (
	"cmp"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"sync"
	"time"

	"sockeye/internal/doctor"
	"sockeye/render"
	"sockeye/sock"
	"sockeye/sock/escape"
	"sockeye/sock/fact"
	"sockeye/sock/snapshot"
)

// tell writes the findings in the format that was asked for.
func (x *examination) tell(found []doctor.Finding) error {
	switch o := x.o; {
	case o.format.is(render.Quiet):
		return nil
	case o.format.is(render.Count):
		return x.print(fmt.Sprintln(len(found)))
	case o.format.is(render.JSON):
		return x.document(found)
	case o.format.is(render.NDJSON):
		return x.lines(found)
	}
	nothing := ""
	if len(found) == 0 {
		nothing = "Nothing found: " + x.looked() + "\n"
	}
	return x.print(nothing + x.text(found, x.machine.Skipped(), cmp.Or(x.Width, 100)))
}

// text is all findings and the rules that were skipped, in lines of a width; commands are
// not broken.
func (x *examination) text(found []doctor.Finding, skipped []doctor.Skip, width int) string {
	width = max(width, narrowest)
	var text strings.Builder
	for i := range found {
		x.findingText(&text, &found[i], i > 0 && found[i-1].Rule == found[i].Rule, width)
	}
	for _, left := range skippedText(skipped) {
		text.WriteString(render.Wrap(fmt.Sprintf("%-*s%s", findingIndent, "skipped", left), width, blanks) + "\n")
	}
	return text.String()
}

// looked says at what it was looked, and how long.
func (x *examination) looked() string {
	text := counted(x.sockets, "socket")
	if n := x.machine.Spaces(); n > 1 {
		text += fmt.Sprintf(" in %d network namespaces", n)
	}
	if x.machine.Took > 0 {
		text += ", " + x.machine.Took.Round(time.Millisecond).String()
	}
	return text
}

// skippedText names the rules that were skipped behind the reason: those that lack facts
// in one line.
func skippedText(skipped []doctor.Skip) (lines []string) {
	var lacking sock.Field
	for _, s := range skipped {
		lacking |= s.Lacks
	}
	names := map[string][]string{}
	var order []string
	for _, s := range skipped {
		if s.Lacks != 0 {
			s.Lacks = lacking
		}
		why := reason(s)
		if names[why] == nil {
			order = append(order, why)
		}
		names[why] = append(names[why], s.Rule.Name)
	}
	for _, why := range order {
		lines = append(lines, why+": "+strings.Join(names[why], ", "))
	}
	return lines
}

const (
	blanks        = "          " // in front of the lines below a finding's first
	findingIndent = len(blanks)
	narrowest     = 40
	mostShown     = 3 // how many of its sockets a finding names, for people
)

// findingText writes a finding: what, the evidence, and what it means and what to try
// unless the finding before told that already.
func (x *examination) findingText(text *strings.Builder, f *doctor.Finding, told bool, width int) {
	head := f.Severity.String()
	write := func(words string) {
		line := fmt.Sprintf("%-*s%s", findingIndent, head, words)
		text.WriteString(render.Wrap(line, width, blanks) + "\n")
		head = ""
	}
	title := f.Title
	if in := x.spaceOf(f); in != "" {
		title += ", in the network namespace " + in
	}
	write(escape.Text(title))
	for _, line := range evidenceLines(&f.Evidence) {
		write(line)
	}
	var numbers []string
	for _, n := range f.Counters {
		numbers = append(numbers, fmt.Sprintf("%s %d", n.Name, n.Value))
	}
	for _, n := range f.Limits {
		numbers = append(numbers, fmt.Sprintf("%s %d", n.Name, n.Value))
	}
	if len(numbers) > 0 {
		write(strings.Join(numbers, ", "))
	}
	if !told {
		write(f.Rule.Meaning)
		write(f.Rule.Advice)
	}
	text.WriteString(blanks + "More: " + escape.Text(x.tryIn(f)) + "\n") // in one line, to be copied
}

// evidenceLines are the first of the sockets of a finding, or of the attempts that say more
// than their sockets do.
func evidenceLines(e *doctor.Evidence) (lines []string) {
	left := e.Total
	for i := range min(len(e.Attempts), mostShown) {
		lines = append(lines, escape.Text(e.Attempts[i].String()))
		left -= e.Attempts[i].Number
	}
	if len(e.Attempts) == 0 {
		for _, s := range e.Sockets[:min(len(e.Sockets), mostShown)] {
			line := fact.SocketText(s) + " " + s.State.String()
			if s.RecvQueue > 0 || s.SendQueue > 0 {
				line += fmt.Sprintf(", recv_queue %d, send_queue %d", s.RecvQueue, s.SendQueue)
			}
			lines = append(lines, line)
			left--
		}
	}
	if left > 0 {
		lines = append(lines, fmt.Sprintf("and %d more", left))
	}
	return lines
}

// spaceOf names the network namespace of a finding, where it may be another one.
func (x *examination) spaceOf(f *doctor.Finding) string {
	if f.Machine || x.o.netns == "" && !x.o.allNetns && x.machine.Spaces() < 2 {
		return ""
	}
	return cmp.Or(f.Netns.Name, x.o.netns, fmt.Sprintf("net:[%d]", f.Netns.Inode))
}

// tryIn is the command that shows more, in the namespace of the finding.
func (x *examination) tryIn(f *doctor.Finding) string {
	in := x.spaceOf(f)
	switch pid := processName().FindStringSubmatch(in); {
	case x.o.netns != "":
		in = x.o.netns
	case in == "" || in == "host" || x.o.from != "":
		return f.Try
	case pid != nil:
		in = pid[1]
	}
	if !plainWord().MatchString(in) {
		in = "'" + strings.ReplaceAll(in, "'", `'\''`) + "'"
	}
	return strings.Replace(f.Try, "sockeye ", "sockeye -N "+in+" ", 1)
}

// processName is the name of a namespace that has none but that of a process in it, and
// plainWord what a shell takes as it is.
var (
	processName = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\[(\d+)\]$`) })
	plainWord   = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z0-9_./:@%+,=-]+$`) })
)

// finding is one in JSON.
type finding struct {
	Rule     string   `json:"rule"`
	Severity string   `json:"severity"`
	Title    string   `json:"title"`
	Netns    *space   `json:"netns,omitempty"`
	Evidence evidence `json:"evidence"`
	Meaning  string   `json:"meaning"`
	Advice   string   `json:"advice"`
	Try      string   `json:"try"`
}

type space struct {
	Inode uint64 `json:"inode,omitempty"`
	Name  string `json:"name,omitempty"`
}

type evidence struct {
	Sockets  []json.RawMessage `json:"sockets"`
	Total    int               `json:"sockets_total"`
	Counters map[string]int64  `json:"counters"`
	Limits   map[string]int64  `json:"limits"`
	Attempts []attempt         `json:"attempts,omitempty"`
}

// attempt is how many attempts to connect failed in one way, in JSON.
type attempt struct {
	Address string   `json:"remote_address"`
	Port    uint16   `json:"remote_port"`
	PID     int      `json:"pid,omitempty"`
	Process string   `json:"process,omitempty"`
	Failure string   `json:"failure"`
	Number  int      `json:"attempts"`
	Longest *float64 `json:"longest_ms,omitempty"`
	AtLeast bool     `json:"longest_at_least,omitempty"`
}

func attemptOf(a *doctor.Attempt) attempt {
	one := attempt{Address: a.To.Addr().String(), Port: a.To.Port(), PID: a.PID, Process: a.Process, Failure: a.Failure.String(), Number: a.Number, AtLeast: a.AtLeast}
	if a.Longest >= 0 {
		ms := float64(a.Longest.Microseconds()) / 1000
		one.Longest = &ms
	}
	return one
}

// skipped is a rule that was not applied, in JSON.
type skipped struct {
	Rule   string `json:"rule"`
	Reason string `json:"reason"`
}

func (x *examination) finding(f *doctor.Finding) finding {
	one := finding{
		Rule: f.Rule.Name, Severity: f.Severity.String(), Title: f.Title, Meaning: f.Rule.Meaning, Advice: f.Rule.Advice, Try: x.tryIn(f),
		Evidence: evidence{Sockets: []json.RawMessage{}, Total: f.Evidence.Total, Counters: numbers(f.Counters), Limits: numbers(f.Limits)},
	}
	if !f.Machine && f.Netns != (sock.Netns{}) {
		one.Netns = &space{f.Netns.Inode, f.Netns.Name}
	}
	for i := range f.Evidence.Attempts {
		one.Evidence.Attempts = append(one.Evidence.Attempts, attemptOf(&f.Evidence.Attempts[i]))
	}
	for _, s := range f.Evidence.Sockets {
		one.Evidence.Sockets = append(one.Evidence.Sockets, fact.AppendObject(nil, s, fact.Members()))
	}
	return one
}

func numbers(all []doctor.Number) map[string]int64 {
	m := map[string]int64{}
	for _, n := range all {
		m[n.Name] = n.Value
	}
	return m
}

// document writes one document.
func (x *examination) document(found []doctor.Finding) error {
	all, left := []finding{}, []skipped{}
	for i := range found {
		all = append(all, x.finding(&found[i]))
	}
	for _, s := range x.machine.Skipped() {
		left = append(left, skipped{s.Rule.Name, reason(s)})
	}
	return x.answerJSON("findings", all, &x.snap, snapshot.Beside{Name: "skipped", Value: left})
}

// lines writes a line for each finding.
func (x *examination) lines(found []doctor.Finding) error {
	for i := range found {
		text, err := escape.Marshal(x.finding(&found[i]))
		if err != nil {
			return err
		}
		if err := x.print(string(text) + "\n"); err != nil {
			return err
		}
	}
	for _, left := range skippedText(x.machine.Skipped()) {
		x.say("skipped %s", left)
	}
	return nil
}

// rulesText lists the rules.
func rulesText() string {
	var text strings.Builder
	for _, rule := range doctor.Rules {
		fmt.Fprintf(&text, "%s\n", rule.Name)
		text.WriteString(wrapped("    "+rule.Meaning, "    "))
		for _, s := range rule.Settings {
			text.WriteString(wrapped(fmt.Sprintf("    --set %s.%s=%v  %s", rule.Name, s.Name, s.Value, s.Meaning), "        "))
		}
	}
	return text.String()
}
