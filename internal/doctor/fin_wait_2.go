package doctor

import (
	"fmt"
	"time"

	"sockeye/sock"
)

var finWait2 = &Rule{
	Name:     "fin_wait_2",
	Meaning:  "The process has ended its direction and still holds the connection, and the other side does not end its own. It may never do so, and the kernel has no time-out for it while a process holds the socket.",
	Advice:   "A process that wants no more answers must close the socket: then the kernel waits for net.ipv4.tcp_fin_timeout at most. At the other end the process leaks it (CLOSE_WAIT there).",
	Settings: []Setting{{"seconds", 60, "nothing has arrived for so long"}, {"connections", 1, "so many of one process"}},
	Needs:    sock.FieldTCPInfo | sock.FieldOwners,
	begin: func(s *Space, set settings) look {
		var by grouped[int]
		least, many := 1000*set("seconds"), set("connections")
		see := func(was *before, c *sock.Socket) {
			// Those that no process holds end by themselves.
			if !stayedIn(sock.States(sock.FinWait2), was, c) || holderPID(c) == 0 {
				return
			}
			if ms, known := info(c, sock.TCPInfoLastAckRecv); known && float64(ms) >= least {
				g := by.add(holderPID(c), c)
				g.number = max(g.number, ms)
			}
		}
		return look{see, by.findings(func(pid int, g *group) *Finding {
			if float64(g.Total) < many {
				return nil
			}
			f := &Finding{
				Severity: Warning, Try: fmt.Sprintf("sockeye process %d state fin-wait-2", pid),
				Title: fmt.Sprintf("%s of %s %s in FIN_WAIT_2, %s at least %s", count(g.Total, "connection"), holder(g.first()),
					verb(g.Total, "stays", "stay"), verb(g.Total, "for", "one for"), span(time.Duration(g.number)*time.Millisecond)),
			}
			if seconds, known := s.limit(sock.TCP, "fin_timeout"); known {
				f.Limits = []Number{{"net.ipv4.tcp_fin_timeout", seconds}}
			}
			return f
		})}
	},
}
