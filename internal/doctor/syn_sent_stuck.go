package doctor

import (
	"fmt"

	"sockeye/sock"
)

var synSentStuck = &Rule{
	Name:     "syn_sent_stuck",
	Meaning:  "Nothing answers, neither yes nor no: a firewall drops the segments, a route leads nowhere, the host is off, or the accept queue there is full.",
	Advice:   "Ask whether the address and port are right, and look at firewalls on the way. A host that refuses would have said so at once.",
	Settings: []Setting{{"retransmits", 1, "the SYN was sent again so often"}},
	Needs:    sock.FieldTimer,
	begin: func(_ *Space, set settings) look {
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
