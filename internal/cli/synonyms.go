package cli

// synonyms are the long options of ss and netstat that mean what an option here does
// under another name. They are taken as they are. One whose option this system's or
// version's commands do not have is refused as any unknown word.
var synonyms = map[string]string{
	// ss
	"diag":         "dump",
	"filter":       "filter-file",
	"inet-sockopt": "sockopt",
	"net":          "netns",
	"options":      "timers",
	"socket":       "query",
	// netstat
	"continuous": "watch",
	"extend":     "extended",
	"inet":       "ipv4",
	"inet6":      "ipv6",
	"ip":         "ipv4",
	"notrim":     "wide",
	"program":    "processes",
	"programs":   "processes",
	"protocol":   "family",
	"statistics": "summary",
	"timer":      "timers",
}

// meant returns an option that is known by the name of a long option, which may be
// another tool's; nil if there is none.
func (s spellings) meant(t *typed) *option {
	if o := s.long[t.name]; o != nil {
		return o
	}
	other, known := synonyms[t.name]
	if !known || s.long[other] == nil {
		return nil
	}
	t.name = other
	return s.long[other]
}
