package platform

import "strings"

// Unasked says which of the sockets that the request means a recording was not asked
// for when it was made, such as "unix sockets": that there is none in it says nothing.
// It is empty if there are none, or nobody knows, and of this machine. It is known when
// the stream has ended.
//
// A request that names no tables means those that are there.
func (l *Listing) Unasked() string {
	if l.head == nil {
		return ""
	}
	recorded := l.head().Asked
	if !recorded.Told() {
		return ""
	}
	q := l.request.Query
	missing := q.Named &^ recorded.Protocols
	if q.Protocols&recorded.Protocols == 0 {
		missing = q.Protocols
	}
	if missing != 0 {
		var words []string
		for p := range missing.All {
			words = append(words, p.String()+" sockets")
		}
		return strings.Join(words, " and no ")
	}
	within := recorded.Within(q)
	for range within.Tables {
		if within.States != 0 {
			return ""
		}
		return "sockets in that state"
	}
	return "sockets of that type or family"
}
