package cli

import (
	"encoding/json"
	"strings"

	"sockeye/internal/explain"
	"sockeye/sock"
	"sockeye/sock/fact"
)

// explanation is what a word means, in JSON.
type explanation struct {
	Word    string   `json:"word"`
	Kind    string   `json:"kind"`
	Aliases []string `json:"aliases,omitempty"`
	Title   string   `json:"title"`
	Text    []string `json:"text"`
	Sources []string `json:"sources"`
	See     []string `json:"see,omitempty"`
	Filter  string   `json:"filter,omitempty"`
	// Of a state.
	Total   *int              `json:"sockets_total,omitempty"`
	Sockets []json.RawMessage `json:"sockets,omitempty"`
}

// explainJSON writes all that words mean, the first with the sockets that are in it if
// it is a state.
func (r *run) explainJSON(entries []*explain.Entry, in *stateSockets) error {
	var all []explanation
	for _, e := range entries {
		one := explanation{
			Word: e.Name, Kind: e.Kind.String(), Aliases: e.Aliases, Title: e.Title, Text: e.Text, Sources: e.Sources, Filter: e.Filter,
		}
		for _, see := range e.See {
			one.See = append(one.See, strings.ToLower(see))
		}
		all = append(all, one)
	}
	snap := sock.Snapshot{GeneratedAt: r.Now().UTC(), Complete: true}
	if in != nil {
		snap = in.listing.Snapshot()
		all[0].Total = &in.total
		for _, s := range in.some {
			all[0].Sockets = append(all[0].Sockets, fact.AppendObject(nil, s, fact.Members()))
		}
	}
	return r.answerJSON("explanations", all, &snap)
}

// statesJSON writes the states, what leads from one to another, and what was seen.
func (r *run) statesJSON(o *options, counts explain.Counts, seen *sampled, snap sock.Snapshot) error {
	type state struct {
		State   string `json:"state"`
		Sockets int    `json:"sockets"`
	}
	type change struct {
		From string `json:"old_state,omitempty"`
		To   string `json:"new_state,omitempty"`
		By   string `json:"by,omitempty"`
		Seen int    `json:"count,omitempty"`
	}
	answer := struct {
		States  []state  `json:"states"`
		Changes []change `json:"changes"`
		Seen    []change `json:"seen,omitempty"`
		Sample  float64  `json:"sample_seconds,omitempty"`
		Source  string   `json:"event_source,omitempty"`
	}{Sample: o.sample.Seconds(), Source: seen.source.String()}
	for s := range sock.AllStates.All {
		if s != sock.Unconnected {
			answer.States = append(answer.States, state{s.String(), counts[s]})
		}
	}
	for _, c := range explain.Changes {
		answer.Changes = append(answer.Changes, change{From: c.From.String(), To: c.To.String(), By: c.By})
	}
	named := func(s sock.State) string {
		if s == sock.StateUnknown {
			return "" // it was not there
		}
		return s.String()
	}
	for _, s := range seen.seen {
		answer.Seen = append(answer.Seen, change{From: named(s.From), To: named(s.To), Seen: s.Count})
	}
	return r.answerJSON("state_diagram", answer, &snap)
}
