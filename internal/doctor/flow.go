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
	look: func(s *Sample, _ settings) (found []Finding) {
		var by grouped[place]
		for first, c := range s.stayed() {
			if c.Protocol == sock.TCP && first.Timer.Kind == sock.TimerPersist && c.Timer.Kind == sock.TimerPersist && c.Knows(sock.FieldTimer) {
				by.add(remoteOf(c), c)
			}
		}
		for to, all := range by.all() {
			waiting := int64(0)
			for _, c := range all {
				waiting += int64(c.SendQueue)
			}
			found = append(found, Finding{
				Severity: Warning, Sockets: all, Counters: []Number{{"send_queue", waiting}}, Try: fmt.Sprintf("sockeye -to dst %s and dport %d", to.end.Addr(), to.end.Port()),
				Title: fmt.Sprintf("%s does not read: %s of %s with %d bytes that wait", to.end, count(len(all), "connection"), holder(all[0]), waiting),
			})
		}
		return found
	},
}

var receiverStalled = &Rule{
	Name:    "receiver_stalled",
	Meaning: "Data has arrived, and the process did not read a byte while it was looked. The sender will stop when the buffer is full.",
	Advice:  "See what the process does instead: it may wait for something else, or be stopped.",
	look: func(s *Sample, _ settings) (found []Finding) {
		var by grouped[int]
		for first, c := range s.stayedIn(sock.States(sock.Established)) {
			was, known := info(first, sock.TCPInfoBytesReceived)
			is, still := info(c, sock.TCPInfoBytesReceived)
			// What has been read is what arrived without what waits.
			if known && still && first.RecvQueue > 0 && c.RecvQueue > 0 && is-uint64(c.RecvQueue) == was-uint64(first.RecvQueue) && holderPID(c) != 0 {
				by.add(holderPID(c), c)
			}
		}
		for pid, all := range by.all() {
			waiting := int64(0)
			for _, c := range all {
				waiting += int64(c.RecvQueue)
			}
			found = append(found, Finding{
				Severity: Warning, Sockets: all, Counters: []Number{{"recv_queue", waiting}}, Try: fmt.Sprintf("sockeye process %d --sort -recv_queue", pid),
				Title: fmt.Sprintf("%s reads nothing: %d bytes wait on %s", holder(all[0]), waiting, count(len(all), "connection")),
			})
		}
		return found
	},
}

var retransmissions = &Rule{
	Name:     "retransmissions",
	Meaning:  "Segments are lost on the way, or come too late: transfers are slow.",
	Advice:   "See whether one destination is concerned or all: a link that is full, a bad cable, a router that drops.",
	Settings: []Setting{{"percent", 5, "of the segments that were sent"}, {"segments", 20, "at least so many"}},
	Counters: true,
	look: func(s *Sample, set settings) []Finding {
		again, sent := s.grown("Tcp", "RetransSegs"), s.grown("Tcp", "OutSegs")
		// OutSegs does not count those that are sent again (RFC 1213).
		if float64(again) < set("segments") || 100*float64(again) < set("percent")*float64(sent+again) {
			return nil
		}
		type lossy struct {
			socket *sock.Socket
			by     uint64
		}
		var worst []lossy
		for first, c := range s.stayed() {
			was, known := info(first, sock.TCPInfoTotalRetrans)
			is, still := info(c, sock.TCPInfoTotalRetrans)
			if known && still && is > was {
				worst = append(worst, lossy{c, is - was})
			}
		}
		slices.SortStableFunc(worst, func(a, b lossy) int { return cmp.Compare(b.by, a.by) })
		f := Finding{
			Severity: Warning, Counters: []Number{{"RetransSegs", again}, {"OutSegs", sent}}, Try: "sockeye -tic --sort -retrans_share",
			Title: fmt.Sprintf("%.0f %% of the segments were sent again", 100*float64(again)/float64(sent+again)),
		}
		for _, l := range worst {
			f.Sockets = append(f.Sockets, l.socket)
		}
		return []Finding{f}
	},
}

var datagramDrops = &Rule{
	Name:    "datagram_drops",
	Meaning: "Datagrams arrived and were dropped because the buffer of the socket was full: the process reads too slowly, or the buffer is too small.",
	Advice:  "A larger SO_RCVBUF (net.core.rmem_max) helps with bursts, not with a slow reader.",
	look: func(s *Sample, _ settings) (found []Finding) {
		for first, c := range s.stayed() {
			lost := int64(c.Memory.Drops) - int64(first.Memory.Drops)
			if !c.Knows(sock.FieldMemory) || c.Protocol == sock.TCP || lost <= 0 {
				continue
			}
			found = append(found, Finding{
				Severity: Warning, Sockets: []*sock.Socket{c}, Counters: []Number{{"drops", lost}}, Limits: []Number{{"rcvbuf", int64(c.Memory.Rcvbuf)}},
				Title: fmt.Sprintf("%s lost %s on port %d", holder(c), count(int(lost), "datagram"), c.Local.Port()), Try: fmt.Sprintf("sockeye -um sport %d", c.Local.Port()),
			})
		}
		return found
	},
}
