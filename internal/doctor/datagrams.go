package doctor

import (
	"fmt"

	"sockeye/sock"
)

var datagramDrops = &Rule{
	Name:    "datagram_drops",
	Meaning: "Datagrams arrived and were dropped because the buffer of the socket was full: the process reads too slowly, or the buffer is too small.",
	Advice:  "A larger SO_RCVBUF (net.core.rmem_max) helps with bursts, not with a slow reader.",
	Needs:   sock.FieldMemory,
	Twice:   true,
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
