package snapshot

import (
	"sockeye/sock"
	"sockeye/sock/escape"
)

// appendQuery appends the member that says what a listing was asked for, if all of it is
// known.
func appendQuery(dst []byte, s *sock.Asked) []byte {
	if !s.Told() || s.States == 0 {
		return dst
	}
	dst = appendWords(append(dst, `,"query":{"tables":`...), s.Tables())
	var families, states []string
	for f := range s.Families.All {
		families = append(families, f.String())
	}
	for state := range s.States.All {
		states = append(states, state.String())
	}
	dst = appendWords(append(dst, `,"families":`...), families)
	dst = appendWords(append(dst, `,"states":`...), states)
	if s.Filter != "" {
		dst = escape.AppendJSON(append(dst, `,"filter":`...), s.Filter)
	}
	if s.Netns != "" {
		dst = escape.AppendJSON(append(dst, `,"netns":`...), s.Netns)
	}
	if s.AllNetns {
		dst = append(dst, `,"all_netns":true`...)
	}
	return append(dst, '}')
}

func appendWords(dst []byte, words []string) []byte {
	dst = append(dst, '[')
	for i, word := range words {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = escape.AppendJSON(dst, word)
	}
	return append(dst, ']')
}

// query is the member as it is read. Words that mean nothing here, because a later
// version wrote them, are left out: so much less is known.
type query struct {
	Tables, Families, States []string
	Filter, Netns            string
	AllNetns                 bool `json:"all_netns"`
}

func (s *query) asked() sock.Asked {
	out := sock.Asked{Filter: s.Filter, Netns: s.Netns, AllNetns: s.AllNetns, States: sock.States(sock.StateUnknown)}
	for _, word := range s.Tables {
		out.AddTable(word)
	}
	for _, word := range s.Families {
		if f, ok := sock.ParseFamily(word); ok {
			out.Families |= sock.Families(f)
		}
	}
	for _, word := range s.States {
		if state, ok := sock.ParseState(word); ok {
			out.States |= sock.States(state)
		}
	}
	return out
}
