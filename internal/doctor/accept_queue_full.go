package doctor

import (
	"fmt"

	"sockeye/sock"
)

var acceptQueueFull = &Rule{
	Name:    "accept_queue_full",
	Meaning: "Connections arrive faster than the process accepts them. The kernel drops what does not fit: clients see time-outs and retries.",
	Advice:  "See what the process waits for. A longer backlog (listen(2), net.core.somaxconn) hides it for a while.",
	Needs:   sock.FieldBacklog | sock.FieldRecvQueue,
	begin: func(s *Sample, _ settings) look {
		var full Evidence
		return look{func(_ *before, l *sock.Socket) {
			// The kernel takes one more than the backlog (sk_acceptq_is_full).
			if l.Protocol == sock.TCP && l.State == sock.Listen && l.Knows(sock.FieldBacklog|sock.FieldRecvQueue) && l.RecvQueue > 0 && l.RecvQueue >= l.Backlog {
				full.add(l)
			}
		}, func() []Finding { return fullQueues(full.Sockets, s.grown("TcpExt", "ListenOverflows")) }}
	},
}

// fullQueues are the findings of listeners whose queues are full, and of how many
// connections were turned away, here or at queues that were full for a moment.
func fullQueues(full []*sock.Socket, lost int64) (found []Finding) {
	for _, l := range full {
		f := Finding{
			Severity: Warning, Evidence: one(l), Try: fmt.Sprintf("sockeye port %d", l.Local.Port()),
			Title: fmt.Sprintf("The accept queue of %s on port %d is full: %d of %d", holder(l), l.Local.Port(), l.RecvQueue, l.Backlog),
		}
		if lost > 0 {
			f.Severity = Critical
			f.Counters = []Number{{"ListenOverflows", lost}}
			f.Title += fmt.Sprintf(", %s turned away", count(int(lost), "connection"))
		}
		found = append(found, f)
	}
	if len(full) == 0 && lost > 0 {
		found = append(found, Finding{
			Severity: Warning, Counters: []Number{{"ListenOverflows", lost}}, Try: "sockeye -tl --sort -recv_queue",
			Title: fmt.Sprintf("%s turned away: an accept queue was full for a moment", count(int(lost), "connection")),
		})
	}
	return found
}
