package doctor

import (
	"fmt"

	"sockeye/sock"
)

var synSentStuck = &Rule{
	Name:     "syn_sent_stuck",
	Meaning:  "Nothing answers, neither yes nor no: a firewall drops the segments, a route leads nowhere, or the host is off.",
	Advice:   "Ask whether the address and port are right, and look at firewalls on the way. A host that refuses would have said so at once.",
	Settings: []Setting{{"retransmits", 1, "the SYN was sent again so often"}},
	look: func(s *Sample, set settings) (found []Finding) {
		var by grouped[place]
		for _, c := range s.stayedIn(sock.States(sock.SynSent)) {
			if float64(retransmits(c)) >= set("retransmits") {
				by.add(remoteOf(c), c)
			}
		}
		for to, all := range by.all() {
			found = append(found, Finding{
				Severity: Warning, Sockets: all, Try: fmt.Sprintf("sockeye -to dst %s and dport %d", to.end.Addr(), to.end.Port()),
				Title: fmt.Sprintf("%s of %s to %s %s no answer", count(len(all), "attempt"), holder(all[0]), to.end, verb(len(all), "gets", "get")),
			})
		}
		return found
	},
}

var connectFailed = &Rule{
	Name:     "connect_failed",
	Meaning:  "Attempts to connect end without a connection: they are refused, reset, or time out.",
	Advice:   "Refused: nothing listens there. Timed out: see syn_sent_stuck.",
	Settings: []Setting{{"attempts", 5, "so many while it was looked"}},
	Counters: true,
	look: func(s *Sample, set settings) []Finding {
		n := s.grown("Tcp", "AttemptFails")
		if float64(n) < set("attempts") {
			return nil
		}
		return []Finding{{
			Severity: Warning, Counters: []Number{{"AttemptFails", n}, {"ActiveOpens", s.grown("Tcp", "ActiveOpens")}, {"PassiveOpens", s.grown("Tcp", "PassiveOpens")}},
			Title: fmt.Sprintf("%s failed", count(int(n), "attempt to connect")), Try: "sockeye -t state syn-sent",
		}}
	},
}

var synFlood = &Rule{
	Name:     "syn_flood",
	Meaning:  "Many connections are begun and not completed: a SYN flood, or clients whose way back is broken. With cookies the kernel goes on to serve others.",
	Advice:   "See whether the sources are few or many. net.ipv4.tcp_syncookies must stay on.",
	Settings: []Setting{{"handshakes", 128, "so many wait at one port"}},
	look: func(s *Sample, set settings) (found []Finding) {
		var by grouped[place]
		for _, c := range s.Last {
			if c.Protocol == sock.TCP && c.State == sock.SynReceived {
				by.add(place{c.Netns.Inode, c.Local}, c)
			}
		}
		cookies := s.grown("TcpExt", "SyncookiesSent")
		for to, all := range by.all() {
			if float64(len(all)) < set("handshakes") && cookies == 0 {
				continue
			}
			sources := map[string]bool{}
			for _, c := range all {
				sources[c.Remote.Addr().String()] = true
			}
			f := Finding{
				Severity: Warning, Sockets: all, Try: fmt.Sprintf("sockeye -t state syn-recv sport %d --group-by remote_address", to.end.Port()),
				Title: fmt.Sprintf("%s to port %d not completed, from %s", count(len(all), "handshake"), to.end.Port(), count(len(sources), "address")),
			}
			if cookies > 0 {
				f.Severity, f.Counters = Critical, []Number{{"SyncookiesSent", cookies}}
			}
			found = append(found, f)
		}
		return found
	},
}
