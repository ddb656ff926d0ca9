package doctor

import (
	"fmt"
	"strings"

	"sockeye/sock"
)

var datagramDrops = &Rule{
	Name:    "datagram_drops",
	Meaning: "Datagrams arrived and were dropped because the buffer of the socket was full: the process reads too slowly, or the buffer is too small for as many as come at once.",
	Advice:  "Where datagrams wait all the time it is the reader that is slow, and a larger buffer helps for a moment only. Against bursts SO_RCVBUF helps (up to net.core.rmem_max).",
	Needs:   sock.FieldMemory,
	Twice:   true,
	begin: func(s *Space, _ settings) look {
		var found []Finding
		var told int64
		see := func(was *before, c *sock.Socket) {
			if was == nil || !c.Knows(sock.FieldMemory) || c.Protocol == sock.TCP || c.Memory.Drops == was.drops {
				return
			}
			lost := int64(c.Memory.Drops - was.drops) // of 32 bits, which may wrap
			if c.Protocol == sock.UDP {
				told += lost
			}
			how := "the buffer is empty at times, and too small for what comes at once"
			if was.recvQueue > 0 && c.RecvQueue > 0 {
				how = fmt.Sprintf("the reader is too slow, %d bytes wait", c.RecvQueue)
			}
			f := Finding{
				Severity: Warning, Evidence: one(c.Clone()), Counters: []Number{{"drops", lost}, {"recv_queue", int64(c.RecvQueue)}},
				Limits: []Number{{"rcvbuf", int64(c.Memory.Rcvbuf)}},
				Title:  fmt.Sprintf("%s lost %s on port %d: %s", holder(c), count(int(lost), "datagram"), c.Local.Port(), how),
				Try:    fmt.Sprintf("sockeye -uam sport %d", c.Local.Port()),
			}
			found = append(found, f)
		}
		return look{see, func() []Finding {
			found = append(found, rawDrops(s)...)
			// Those of sockets that were closed meanwhile are in the counters alone.
			lost := s.grown("Udp", "RcvbufErrors") + s.grown("Udp6", "RcvbufErrors")
			if told > 0 || lost <= 0 {
				return found
			}
			return append(found, Finding{
				Severity: Warning, Counters: []Number{{"RcvbufErrors", lost}}, Try: "sockeye -uam --sort -memory.drops",
				Title: fmt.Sprintf("%s lost at sockets that are not there any more: their buffers were full", count(int(lost), "datagram")),
			})
		}}
	},
}

// rawDrops are the findings of raw sockets, of which counters tell what each has dropped.
func rawDrops(s *Space) (found []Finding) {
	for _, c := range s.After.Counters {
		protocol, inode, _ := strings.Cut(c.Name, "/")
		lost := c.Value - counterOf(s.Before.Counters, c.Group, c.Name)
		if c.Group != "raw_drops" || lost <= 0 {
			continue
		}
		found = append(found, Finding{
			Severity: Warning, Counters: []Number{{"drops", lost}}, Try: "sockeye -wa inode = " + inode,
			Title: fmt.Sprintf("A raw socket for protocol %s of IP lost %s: its buffer was full", protocol, count(int(lost), "packet")),
		})
	}
	return found
}
