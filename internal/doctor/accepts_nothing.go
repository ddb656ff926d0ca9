package doctor

import (
	"fmt"
	"time"

	"sockeye/sock"
)

var acceptsNothing = &Rule{
	Name:     "accepts_nothing",
	Meaning:  "Connections are complete and wait to be accepted, and the process did not take one between the two listings: clients believe that they are connected and get no answer.",
	Advice:   "See what the process does instead: it may be stopped, wait for something else, or have no descriptor left (process_files).",
	Settings: []Setting{{"seconds", 1, "one waits for so long"}},
	Needs:    sock.FieldTCPInfo | sock.FieldBacklog | sock.FieldOwners,
	Twice:    true,
	begin: func(_ *Space, set settings) look {
		type port struct {
			netns  uint64
			number uint16
		}
		// Which of several listeners on a port a connection waits for is not told.
		waited := map[port]int{} // how many did before
		listener := map[port]*sock.Socket{}
		var still grouped[port]
		least := 1000 * set("seconds")
		see := func(was *before, c *sock.Socket) {
			if was == nil || c.Protocol != sock.TCP {
				return
			}
			at := port{c.Netns.Inode, c.Local.Port()}
			switch {
			case c.State == sock.Listen:
				waited[at] += int(was.recvQueue)
				if was.recvQueue > 0 {
					listener[at] = c.Clone()
				}
			case c.OwnerStatus == sock.OwnerAcceptQueue && stayedIn(sock.States(sock.Established, sock.CloseWait), was, c):
				// The segment that completed it, or another one, arrived last: it has waited
				// for as long at least.
				g := still.add(at, c)
				if ms, known := info(c, sock.TCPInfoLastAckRecv); known {
					g.number = max(g.number, ms)
				}
			}
		}
		return look{see, still.findings(func(at port, g *group) *Finding {
			// One that was accepted is not among those that still wait.
			l := listener[at]
			if l == nil || g.Total < waited[at] || float64(g.number) < least {
				return nil
			}
			return &Finding{
				Severity: Warning, Counters: []Number{{"recv_queue", int64(l.RecvQueue)}}, Limits: []Number{{"backlog", int64(l.Backlog)}},
				Title: fmt.Sprintf("%s accepts nothing on port %d: %s %s for at least %s", holder(l), at.number,
					count(g.Total, "connection"), verb(g.Total, "waits", "wait, one"), span(time.Duration(g.number)*time.Millisecond)),
				Try: fmt.Sprintf("sockeye -ta sport %d owner_status = accept_queue", at.number),
			}
		})}
	},
}
