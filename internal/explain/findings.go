package explain

import (
	"fmt"

	"sockeye/internal/doctor"
)

// findings are the rules of doctor.
func findings() []*Entry {
	var all []*Entry
	for _, rule := range doctor.Rules {
		e := &Entry{
			Name: rule.Name, Kind: Finding, Title: "a finding of sockeye doctor",
			Text:    append([]string{rule.Meaning, "Try: " + rule.Advice}, rule.Details...),
			Sources: rule.Sources,
		}
		if len(e.Sources) == 0 {
			e.Sources = []string{"sockeye doctor"}
		}
		for _, s := range rule.Settings {
			e.Text = append(e.Text, fmt.Sprintf("--set %s.%s=%v: %s.", rule.Name, s.Name, s.Value, s.Meaning))
		}
		all = append(all, e)
	}
	return all
}
