package doctor

import (
	"fmt"
	"net/netip"

	"sockeye/sock"
)

var synSentStuck = &Rule{
	Name:     "syn_sent_stuck",
	Meaning:  "Nothing answers, neither yes nor no: a firewall drops the segments, a route leads nowhere, or the host is off.",
	Advice:   "Ask whether the address and port are right, and look at firewalls on the way. A host that refuses would have said so at once.",
	Settings: []Setting{{"retransmits", 1, "the SYN was sent again so often"}},
	Needs:    sock.FieldTimer,
	begin: func(_ *Sample, set settings) look {
		var by grouped[place]
		least := set("retransmits")
		see := func(was *before, c *sock.Socket) {
			if stayedIn(sock.States(sock.SynSent), was, c) && float64(retransmits(c)) >= least {
				by.add(remoteOf(c), c)
			}
		}
		return look{see, by.findings(func(to place, g *group) *Finding {
			return &Finding{
				Severity: Warning, Try: to.try("-to"),
				Title: fmt.Sprintf("%s of %s to %s %s no answer", count(g.Total, "attempt"), holder(g.first()), to.end, verb(g.Total, "gets", "get")),
			}
		})}
	},
}

var connectFailed = &Rule{
	Name:     "connect_failed",
	Meaning:  "Attempts to connect end without a connection: they are refused, reset, or time out.",
	Advice:   "Refused: nothing listens there. Timed out: see syn_sent_stuck.",
	Settings: []Setting{{"attempts", 5, "so many while it was looked"}},
	Counters: true,
	begin: func(s *Sample, set settings) look {
		return counters(func() []Finding {
			n := s.grown("Tcp", "AttemptFails")
			if float64(n) < set("attempts") {
				return nil
			}
			return []Finding{{
				Severity: Warning, Counters: []Number{{"AttemptFails", n}, {"ActiveOpens", s.grown("Tcp", "ActiveOpens")}, {"PassiveOpens", s.grown("Tcp", "PassiveOpens")}},
				Title: fmt.Sprintf("%s failed", count(int(n), "attempt to connect")), Try: "sockeye -t state syn-sent",
			}}
		})
	},
}

var synFlood = &Rule{
	Name:     "syn_flood",
	Meaning:  "Many connections are begun and not completed: a SYN flood, or clients whose way back is broken. With cookies the kernel goes on to serve others.",
	Advice:   "See whether the sources are few or many. net.ipv4.tcp_syncookies must stay on.",
	Settings: []Setting{{"handshakes", 128, "so many wait at one port"}},
	begin: func(s *Sample, set settings) look {
		var by grouped[place]
		sources := map[place]map[netip.Addr]bool{}
		see := func(_ *before, c *sock.Socket) {
			if c.Protocol != sock.TCP || c.State != sock.SynReceived {
				return
			}
			at := place{c.Netns.Inode, c.Local}
			if by.add(at, c).Total == 1 {
				sources[at] = map[netip.Addr]bool{}
			}
			sources[at][c.Remote.Addr()] = true
		}
		return look{see, by.findings(func(at place, g *group) *Finding {
			cookies := s.grown("TcpExt", "SyncookiesSent")
			if float64(g.Total) < set("handshakes") && cookies == 0 {
				return nil
			}
			f := &Finding{
				Severity: Warning, Try: fmt.Sprintf("sockeye -t state syn-recv sport %d --group-by remote_address", at.end.Port()),
				Title: fmt.Sprintf("%s to port %d not completed, from %d addresses", count(g.Total, "handshake"), at.end.Port(), len(sources[at])),
			}
			if cookies > 0 {
				f.Severity, f.Counters = Critical, []Number{{"SyncookiesSent", cookies}}
			}
			return f
		})}
	},
}
