package doctor

import (
	"fmt"
	"net/netip"

	"sockeye/sock"
)

var closingStuck = &Rule{
	Name:     "closing_stuck",
	Meaning:  "Both sides, or this one, have closed, and the last segments are not acknowledged: the other host is gone, or a firewall has forgotten the connection.",
	Advice:   "Look at what is between the two. The kernel gives up after net.ipv4.tcp_orphan_retries attempts, or tcp_retries2 while a process holds the socket.",
	Settings: []Setting{{"retransmits", 2, "the segment was sent again so often"}},
	Needs:    sock.FieldTimer,
	begin: func(_ *Space, set settings) look {
		var by grouped[netip.Addr]
		least := set("retransmits")
		see := func(was *before, c *sock.Socket) {
			if stayedIn(sock.States(sock.LastAck, sock.Closing, sock.FinWait1), was, c) && float64(retransmits(c)) >= least {
				by.add(c.Remote.Addr(), c)
			}
		}
		return look{see, by.findings(func(host netip.Addr, g *group) *Finding {
			return &Finding{
				Severity: Warning, Try: "sockeye -to dst " + host.String(),
				Title: fmt.Sprintf("%s to %s cannot end: nothing answers", count(g.Total, "connection"), host),
			}
		})}
	},
}
