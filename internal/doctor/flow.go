package doctor

import (
	"cmp"
	"fmt"
	"slices"

	"sockeye/sock"
)

var zeroWindow = &Rule{
	Name:    "zero_window",
	Meaning: "The other side has no room: its process does not read. Nothing can be sent until it does.",
	Advice:  "Look at the process at the other end. The kernel here asks again and again (the persist timer).",
	begin: func(*Sample, settings) look {
		var by grouped[place]
		see := func(was *before, c *sock.Socket) {
			if was != nil && c.Protocol == sock.TCP && was.timer == sock.TimerPersist && c.Timer.Kind == sock.TimerPersist && c.Knows(sock.FieldTimer) {
				by.add(remoteOf(c), c).number += uint64(c.SendQueue)
			}
		}
		return look{see, by.findings(func(to place, g *group) *Finding {
			return &Finding{
				Severity: Warning, Counters: []Number{{"send_queue", int64(g.number)}}, Try: to.try("-to"),
				Title: fmt.Sprintf("%s does not read: %s of %s with %d bytes that wait", to.end, count(g.Total, "connection"), holder(g.first()), g.number),
			}
		})}
	},
}

var receiverStalled = &Rule{
	Name:    "receiver_stalled",
	Meaning: "Data has arrived, and the process did not read a byte while it was looked. The sender will stop when the buffer is full.",
	Advice:  "See what the process does instead: it may wait for something else, or be stopped.",
	begin: func(*Sample, settings) look {
		var by grouped[int]
		see := func(was *before, c *sock.Socket) {
			if !stayedIn(sock.States(sock.Established), was, c) || was.recvQueue == 0 || c.RecvQueue == 0 || holderPID(c) == 0 {
				return
			}
			// What has been read is what arrived without what waits.
			if arrived, known := was.moved(c, sock.TCPInfoBytesReceived); known && uint64(was.recvQueue)+arrived == uint64(c.RecvQueue) {
				by.add(holderPID(c), c).number += uint64(c.RecvQueue)
			}
		}
		return look{see, by.findings(func(pid int, g *group) *Finding {
			return &Finding{
				Severity: Warning, Counters: []Number{{"recv_queue", int64(g.number)}}, Try: fmt.Sprintf("sockeye process %d --sort -recv_queue", pid),
				Title: fmt.Sprintf("%s reads nothing: %d bytes wait on %s", holder(g.first()), g.number, count(g.Total, "connection")),
			}
		})}
	},
}

var retransmissions = &Rule{
	Name:     "retransmissions",
	Meaning:  "Segments are lost on the way, or come too late: transfers are slow.",
	Advice:   "See whether one destination is concerned or all: a link that is full, a bad cable, a router that drops.",
	Settings: []Setting{{"percent", 5, "of the segments that were sent"}, {"segments", 20, "at least so many"}},
	Counters: true,
	begin: func(s *Sample, set settings) look {
		var lossy worst
		see := func(was *before, c *sock.Socket) {
			if again, known := was.moved(c, sock.TCPInfoTotalRetrans); known && again > 0 {
				lossy.add(c, again)
			}
		}
		return look{see, func() []Finding {
			again, sent := s.grown("Tcp", "RetransSegs"), s.grown("Tcp", "OutSegs")
			// OutSegs does not count those that are sent again (RFC 1213).
			if float64(again) < set("segments") || 100*float64(again) < set("percent")*float64(sent+again) {
				return nil
			}
			return []Finding{{
				Severity: Warning, Evidence: lossy.evidence(), Counters: []Number{{"RetransSegs", again}, {"OutSegs", sent}}, Try: "sockeye -tic --sort -retrans_share",
				Title: fmt.Sprintf("%.0f %% of the segments were sent again", 100*float64(again)/float64(sent+again)),
			}}
		}}
	},
}

// worst keeps the sockets with the greatest numbers.
type worst struct {
	total int
	kept  []numbered
}

type numbered struct {
	socket *sock.Socket
	number uint64
}

func (w *worst) add(s *sock.Socket, number uint64) {
	w.total++
	at, _ := slices.BinarySearchFunc(w.kept, number, func(n numbered, number uint64) int { return cmp.Compare(number, n.number) })
	if at == mostKept {
		return
	}
	w.kept = slices.Insert(w.kept, at, numbered{s.Clone(), number})
	w.kept = w.kept[:min(len(w.kept), mostKept)]
}

func (w *worst) evidence() (e Evidence) {
	for _, n := range w.kept {
		e.Sockets = append(e.Sockets, n.socket)
	}
	e.Total = w.total
	return e
}

var datagramDrops = &Rule{
	Name:    "datagram_drops",
	Meaning: "Datagrams arrived and were dropped because the buffer of the socket was full: the process reads too slowly, or the buffer is too small.",
	Advice:  "A larger SO_RCVBUF (net.core.rmem_max) helps with bursts, not with a slow reader.",
	begin: func(*Sample, settings) look {
		var found []Finding
		see := func(was *before, c *sock.Socket) {
			if was == nil || !c.Knows(sock.FieldMemory) || c.Protocol == sock.TCP || c.Memory.Drops == was.drops {
				return
			}
			lost := int64(c.Memory.Drops - was.drops) // of 32 bits, which may wrap
			found = append(found, Finding{
				Severity: Warning, Evidence: one(c.Clone()), Counters: []Number{{"drops", lost}}, Limits: []Number{{"rcvbuf", int64(c.Memory.Rcvbuf)}},
				Title: fmt.Sprintf("%s lost %s on port %d", holder(c), count(int(lost), "datagram"), c.Local.Port()), Try: fmt.Sprintf("sockeye -um sport %d", c.Local.Port()),
			})
		}
		return look{see, func() []Finding { return found }}
	},
}
