package doctor

import (
	"fmt"
	"net/netip"

	"sockeye/sock"
)

var closingStuck = &Rule{
	Name:     "closing_stuck",
	Meaning:  "Both sides, or this one, have closed, and the last segments are not acknowledged: the other host is gone, or a firewall has forgotten the connection.",
	Advice:   "Look at what is between the two. The kernel gives up after tcp_orphan_retries.",
	Settings: []Setting{{"retransmits", 2, "the segment was sent again so often"}},
	look: func(s *Sample, set settings) (found []Finding) {
		var by grouped[netip.Addr]
		for _, c := range s.stayedIn(sock.States(sock.LastAck, sock.Closing, sock.FinWait1)) {
			if float64(retransmits(c)) >= set("retransmits") {
				by.add(c.Remote.Addr(), c)
			}
		}
		for host, all := range by.all() {
			found = append(found, Finding{
				Severity: Warning, Sockets: all, Try: "sockeye -to dst " + host.String(),
				Title: fmt.Sprintf("%s to %s cannot end: nothing answers", count(len(all), "connection"), host),
			})
		}
		return found
	},
}
