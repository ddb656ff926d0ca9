package cli

import (
	"cmp"
	"encoding/json"
	"fmt"
	"strings"

	"sockeye/internal/doctor"
	"sockeye/render"
	"sockeye/sock"
	"sockeye/sock/escape"
	"sockeye/sock/fact"
	"sockeye/sock/snapshot"
)

// tell writes the findings in the format that was asked for.
func (x *examination) tell(found []doctor.Finding) error {
	r, o := x.run, x.o
	switch {
	case o.format.is(render.Quiet):
		return nil
	case o.format.is(render.Count):
		_, err := fmt.Fprintln(r.Out, len(found))
		return err
	case o.format.is(render.JSON):
		return r.findingsJSON(found, x.snap)
	}
	if len(found) == 0 {
		_, err := fmt.Fprintf(r.Out, "Nothing found: %s, %v\n", numberOf(x.sockets), x.took)
		return err
	}
	width := cmp.Or(r.Width, 100)
	var text strings.Builder
	for i := range found {
		findingText(&text, &found[i], max(width, narrowest))
	}
	_, err := r.Out.Write([]byte(text.String()))
	return err
}

const (
	findingIndent = 10
	narrowest     = 40
	mostShown     = 3 // how many of its sockets a finding names, for people
)

// findingText writes a finding: what, the evidence, what it means, what to try.
func findingText(text *strings.Builder, f *doctor.Finding, width int) {
	head := f.Severity.String()
	write := func(words string) {
		line := fmt.Sprintf("%-*s%s", findingIndent, head, escape.Text(words))
		text.WriteString(wrappedAt(width, line, strings.Repeat(" ", findingIndent)))
		head = ""
	}
	write(f.Title)
	for i, s := range f.Evidence.Sockets {
		if i == mostShown {
			write(fmt.Sprintf("and %d more", f.Evidence.Total-mostShown))
			break
		}
		line := s.Protocol.String() + " " + cmp.Or(fact.LocalText(s), "-")
		if remote := fact.RemoteText(s); remote != "" {
			line += " to " + remote
		}
		line += " " + s.State.String()
		if s.RecvQueue > 0 || s.SendQueue > 0 {
			line += fmt.Sprintf(", recv_queue %d, send_queue %d", s.RecvQueue, s.SendQueue)
		}
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
	write(f.Rule.Meaning)
	write(f.Rule.Advice)
	write("More: " + f.Try)
}

func (r *run) findingsJSON(found []doctor.Finding, snap sock.Snapshot) error {
	type evidence struct {
		Sockets  []json.RawMessage `json:"sockets"`
		Total    int               `json:"sockets_total"`
		Counters map[string]int64  `json:"counters"`
		Limits   map[string]int64  `json:"limits"`
	}
	type finding struct {
		Rule     string   `json:"rule"`
		Severity string   `json:"severity"`
		Title    string   `json:"title"`
		Evidence evidence `json:"evidence"`
		Meaning  string   `json:"meaning"`
		Advice   string   `json:"advice"`
		Try      string   `json:"try"`
	}
	numbers := func(all []doctor.Number) map[string]int64 {
		m := map[string]int64{}
		for _, n := range all {
			m[n.Name] = n.Value
		}
		return m
	}
	all := []finding{}
	for _, f := range found {
		e := evidence{Sockets: []json.RawMessage{}, Total: f.Evidence.Total, Counters: numbers(f.Counters), Limits: numbers(f.Limits)}
		for _, s := range f.Evidence.Sockets {
			e.Sockets = append(e.Sockets, fact.AppendObject(nil, s, fact.Members()))
		}
		all = append(all, finding{f.Rule.Name, f.Severity.String(), f.Title, e, f.Rule.Meaning, f.Rule.Advice, f.Try})
	}
	text, err := snapshot.AppendAnswer(nil, "findings", all, &snap)
	if err != nil {
		return err
	}
	_, err = r.Out.Write(append(text, '\n'))
	return err
}

// rulesText lists the rules.
func rulesText() string {
	var text strings.Builder
	for _, rule := range doctor.Rules {
		fmt.Fprintf(&text, "%s\n", rule.Name)
		text.WriteString(wrapped("    "+rule.Meaning, "    "))
		for _, s := range rule.Settings {
			fmt.Fprintf(&text, "    --set %s.%s=%v  %s\n", rule.Name, s.Name, s.Value, s.Meaning)
		}
	}
	return text.String()
}
