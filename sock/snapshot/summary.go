package snapshot

import (
	"fmt"

	"sockeye/sock"
	"sockeye/sock/escape"
)

// AppendSummary appends the document of a summary. Its member "summary" has a
// member for each protocol, with the number of its sockets by family and state, what
// is taken of what the kernel limits, and the limits; "machine" is for what is of no
// protocol, "troubles" are the counters that tell of something wrong, "counters" all
// of them, if there are any. What is not known is left out.
func AppendSummary(dst []byte, s *sock.Summary, snap *sock.Snapshot) ([]byte, error) {
	return AppendAnswer(dst, "summary", summaryMembers(s), snap) // which sorts the members
}

// Beside is a member that stands behind the answer of a document.
type Beside struct {
	Name  string
	Value any
}

// AppendAnswer appends a document whose answer is a value of one member, with others
// beside it.
func AppendAnswer(dst []byte, member string, answer any, snap *sock.Snapshot, beside ...Beside) ([]byte, error) {
	text, err := escape.Marshal(answer)
	if err != nil {
		return dst, fmt.Errorf("%s: %w", member, err)
	}
	dst = append(appendMember(dst, snap.GeneratedAt, snap.Host, member), text...)
	for _, b := range beside {
		if text, err = escape.Marshal(b.Value); err != nil {
			return dst, fmt.Errorf("%s: %w", b.Name, err)
		}
		dst = append(escape.AppendJSON(append(dst, ','), b.Name), ':')
		dst = append(dst, text...)
	}
	return appendEnd(dst, snap), nil
}

// summaryPart is one member of "summary".
type summaryPart map[string]any

func summaryMembers(s *sock.Summary) summaryPart {
	parts := map[string]summaryPart{}
	for i := range s.Tables {
		parts[s.Tables[i].Protocol.String()] = countPart(&s.Tables[i])
	}
	for _, u := range s.Usage {
		name := "machine"
		if u.Protocol != sock.ProtocolUnknown {
			name = u.Protocol.String()
		}
		if parts[name] == nil {
			parts[name] = summaryPart{}
		}
		parts[name].addUsage(u)
	}
	whole := summaryPart{}
	for name, part := range parts {
		if len(part) > 0 {
			whole[name] = part
		}
	}
	whole["troubles"] = countersByGroup(s.Troubles)
	if s.Counters != nil {
		whole["counters"] = countersByGroup(s.Counters)
	}
	return whole
}

// countPart says how many sockets there are, of each family and in each state.
func countPart(c *sock.TableCount) summaryPart {
	families, states := summaryPart{}, map[string]uint64{}
	for f := range sock.FamilyNames() {
		family := sock.Family(f)
		if c.Family(family) == 0 {
			continue
		}
		ofFamily := map[string]uint64{}
		for st, name := range sock.StateNames() {
			if n := c.In(family, sock.State(st)); n > 0 {
				ofFamily[name] = n
				states[name] += n
			}
		}
		families[family.String()] = summaryPart{"total": c.Family(family), "states": ofFamily}
	}
	return summaryPart{"total": c.Total(), "families": families, "states": states}
}

func (p summaryPart) addUsage(u sock.Usage) {
	if u.Used.Known {
		p[u.Name] = u.Used.Value
	}
	if !u.Limit.Known {
		return
	}
	limits, _ := p["limits"].(map[string]int64)
	if limits == nil {
		limits = map[string]int64{}
		p["limits"] = limits
	}
	limits[u.Name] = u.Limit.Value
}

func countersByGroup(counters []sock.Counter) map[string]map[string]int64 {
	groups := map[string]map[string]int64{}
	for _, c := range counters {
		if groups[c.Group] == nil {
			groups[c.Group] = map[string]int64{}
		}
		groups[c.Group][c.Name] = c.Value
	}
	return groups
}
