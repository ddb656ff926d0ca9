package doctor

import (
	"fmt"
	"net/netip"

	"sockeye/sock"
)

var synFlood = &Rule{
	Name:     "syn_flood",
	Meaning:  "Many connections are begun and not completed: a SYN flood, or clients whose way back is broken. With cookies the kernel goes on to serve others.",
	Advice:   "See whether the sources are few or many. net.ipv4.tcp_syncookies must stay on.",
	Settings: []Setting{{"handshakes", 128, "so many wait at one port"}},
	begin: func(s *Space, set settings) look {
		var by grouped[uint16]
		sources := map[uint16]map[netip.Addr]bool{}
		backlog := map[uint16]uint32{}
		see := func(_ *before, c *sock.Socket) {
			port := c.Local.Port()
			switch {
			case c.Protocol != sock.TCP:
			case c.State == sock.Listen && c.Knows(sock.FieldBacklog):
				backlog[port] = max(backlog[port], c.Backlog)
			case c.State == sock.SynReceived:
				if by.add(port, c).Total == 1 {
					sources[port] = map[netip.Addr]bool{}
				}
				sources[port][c.Remote.Addr()] = true
			}
		}
		return look{see, func() []Finding {
			// The queue of handshakes is full at the backlog (inet_csk_reqsk_queue_is_full):
			// then cookies are sent, or without them the handshake is dropped.
			cookies, dropped := s.grown("TcpExt", "SyncookiesSent"), s.grown("TcpExt", "TCPReqQFullDrop")
			told := false
			found := by.findings(func(port uint16, g *group) *Finding {
				most, known := backlog[port]
				full := known && cookies+dropped > 0 && g.Total >= int(most)
				if float64(g.Total) < set("handshakes") && !full {
					return nil
				}
				f := &Finding{
					Severity: Warning, Try: fmt.Sprintf("sockeye -t state syn-recv sport %d --group-by remote_address", port),
					Title: fmt.Sprintf("%s to port %d not completed, from %d %s", count(g.Total, "handshake"), port, len(sources[port]), verb(len(sources[port]), "address", "addresses")),
				}
				if known {
					f.Limits = []Number{{"backlog", int64(most)}}
				}
				if full {
					told = true
					f.Severity, f.Counters = Critical, []Number{{"SyncookiesSent", cookies}, {"TCPReqQFullDrop", dropped}}
				}
				return f
			})()
			if told || cookies+dropped == 0 {
				return found
			}
			return append(found, Finding{
				Severity: Warning, Counters: []Number{{"SyncookiesSent", cookies}, {"TCPReqQFullDrop", dropped}}, Try: "sockeye -t state syn-recv --group-by local",
				Title: fmt.Sprintf("A queue of handshakes was full for a moment: %s sent, %s dropped", count(int(cookies), "cookie"), count(int(dropped), "handshake")),
			})
		}}
	},
}
