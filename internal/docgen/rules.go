package main

import (
	"fmt"
	"strings"

	"sockeye/internal/doctor"
	"sockeye/sock/fact"
)

// ruleTable makes the table of docs/doctor.md: the rules with their settings, and what
// each needs.
func ruleTable(old []byte) ([]byte, error) {
	var b strings.Builder
	b.WriteString("| rule | what it finds | settings | needs |\n| --- | --- | --- | --- |\n")
	for _, r := range doctor.Rules {
		var settings, needs []string
		for _, s := range r.Settings {
			settings = append(settings, fmt.Sprintf("`%s` %v: %s", s.Name, s.Value, s.Meaning))
		}
		if r.Counters {
			needs = append(needs, "counters")
		}
		if r.Twice {
			needs = append(needs, "twice")
		}
		if r.Whole {
			needs = append(needs, "no filter")
		}
		if words := fact.Missing(r.Needs); words != "" {
			needs = append(needs, words)
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", r.Name, r.Meaning, strings.Join(settings, "<br>"), strings.Join(needs, ", "))
	}
	return betweenOf("rules", old, b.String())
}
