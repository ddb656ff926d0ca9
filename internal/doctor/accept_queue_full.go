package doctor

import (
	"fmt"

	"sockeye/sock"
)

var acceptQueueFull = &Rule{
	Name:    "accept_queue_full",
	Meaning: "Connections arrive faster than the process accepts them. The kernel drops what does not fit: clients see time-outs and retries.",
	Advice:  "See what the process waits for. A longer backlog (listen(2), net.core.somaxconn) hides it for a while.",
	look: func(s *Sample, _ settings) []Finding {
		lost := s.grown("TcpExt", "ListenOverflows")
		var found []Finding
		for _, l := range s.Last {
			// The kernel takes one more than the backlog (sk_acceptq_is_full).
			if l.Protocol != sock.TCP || l.State != sock.Listen || !l.Knows(sock.FieldBacklog|sock.FieldRecvQueue) || l.RecvQueue == 0 || l.RecvQueue < l.Backlog {
				continue
			}
			f := Finding{
				Severity: Warning, Sockets: []*sock.Socket{l},
				Title: fmt.Sprintf("The accept queue of %s on port %d is full: %d of %d", holder(l), l.Local.Port(), l.RecvQueue, l.Backlog),
				Try:   fmt.Sprintf("sockeye port %d", l.Local.Port()),
			}
			if lost > 0 {
				f.Severity = Critical
				f.Counters = []Number{{"ListenOverflows", lost}}
				f.Title += fmt.Sprintf(", %s turned away", count(int(lost), "connection"))
			}
			found = append(found, f)
		}
		if len(found) == 0 && lost > 0 {
			found = append(found, Finding{
				Severity: Warning, Counters: []Number{{"ListenOverflows", lost}}, Try: "sockeye -tl --sort -recv_queue",
				Title: fmt.Sprintf("%s turned away: an accept queue was full for a moment", count(int(lost), "connection")),
			})
		}
		return found
	},
}
