package doctor

import (
	"fmt"

	"sockeye/sock"
)

var acceptQueueFull = &Rule{
	Name:     "accept_queue_full",
	Meaning:  "Connections arrive faster than the process accepts them. The kernel drops what does not fit: clients see time-outs and retries.",
	Advice:   "See what the process waits for. A longer backlog hides it for a while; net.core.somaxconn cuts what listen(2) asks for.",
	Settings: []Setting{{"percent", 80, "of the backlog, in both listings"}},
	Needs:    sock.FieldBacklog | sock.FieldRecvQueue,
	begin: func(s *Space, set settings) look {
		var full, nearly Evidence
		percent := set("percent")
		return look{func(was *before, l *sock.Socket) {
			if l.Protocol != sock.TCP || l.State != sock.Listen || !l.Knows(sock.FieldBacklog|sock.FieldRecvQueue) || l.RecvQueue == 0 {
				return
			}
			// The kernel takes one more than the backlog (sk_acceptq_is_full).
			most := percent / 100 * float64(l.Backlog)
			switch {
			case l.RecvQueue >= l.Backlog:
				full.add(l)
			case was != nil && float64(was.recvQueue) >= most && float64(l.RecvQueue) >= most:
				nearly.add(l)
			}
		}, func() []Finding {
			limit, _ := s.limit(sock.TCP, "backlog")
			found := fullQueues(full.Sockets, s.grown("TcpExt", "ListenOverflows"), limit)
			for _, l := range nearly.Sockets {
				f := ofQueue(l, "nearly full", limit)
				f.Severity = Info
				found = append(found, f)
			}
			return found
		}}
	},
}

// ofQueue is a finding about the accept queue of a listener.
func ofQueue(l *sock.Socket, how string, somaxconn int64) Finding {
	f := Finding{
		Severity: Warning, Evidence: one(l), Try: fmt.Sprintf("sockeye port %d", l.Local.Port()),
		Title:  fmt.Sprintf("The accept queue of %s on port %d is %s: %d of %d", holder(l), l.Local.Port(), how, l.RecvQueue, l.Backlog),
		Limits: []Number{{"backlog", int64(l.Backlog)}},
	}
	if somaxconn > 0 {
		f.Limits = append(f.Limits, Number{"net.core.somaxconn", somaxconn})
		if int64(l.Backlog) == somaxconn {
			f.Title += ", where net.core.somaxconn cuts it"
		}
	}
	return f
}

// fullQueues are the findings of listeners whose queues are full, and of how many attempts
// to connect were turned away (each segment counts, and a client sends it again), here or
// at queues that were full for a moment.
func fullQueues(full []*sock.Socket, lost, somaxconn int64) (found []Finding) {
	for _, l := range full {
		f := ofQueue(l, "full", somaxconn)
		if lost > 0 {
			f.Severity = Critical
			f.Counters = []Number{{"ListenOverflows", lost}}
			f.Title += fmt.Sprintf("; %s turned away", count(int(lost), "attempt"))
			if len(full) > 1 {
				f.Title += " at all full queues"
			}
		}
		found = append(found, f)
	}
	if len(full) == 0 && lost > 0 {
		found = append(found, Finding{
			Severity: Warning, Counters: []Number{{"ListenOverflows", lost}}, Try: "sockeye -tl --sort -recv_queue",
			Title: fmt.Sprintf("%s to connect turned away: an accept queue was full for a moment", count(int(lost), "attempt")),
		})
	}
	return found
}
