package doctor

import (
	"fmt"
	"time"

	"sockeye/sock"
)

var closeWaitLeak = &Rule{
	Name:    "close_wait_leak",
	Meaning: "The other side has closed, and the process has not: it leaks connections, until it has no file descriptors left.",
	Advice:  "The process must close what it has read to the end. The kernel never does that for it.",
	Settings: []Setting{
		{"seconds", 60, "nothing has arrived for so long"}, {"connections", 1, "so many of one process"},
		{"growing", 20, "so many stay for a second, and more come to them"},
	},
	Needs: sock.FieldTCPInfo,
	begin: func(_ *Space, set settings) look {
		var by, young grouped[int]
		least, many := 1000*set("seconds"), set("connections")
		more := map[int]int{} // those that were not in the state before
		see := func(was *before, c *sock.Socket) {
			if c.Protocol != sock.TCP || c.State != sock.CloseWait || c.OwnerStatus == sock.OwnerAcceptQueue {
				return // what was not accepted no process can close: accepts_nothing tells that
			}
			if was == nil || was.state != sock.CloseWait {
				more[holderPID(c)]++
				return
			}
			// The FIN was the last segment that arrived, or another came after it: the
			// state is at least as old.
			ms, known := info(c, sock.TCPInfoLastAckRecv)
			if known && float64(ms) >= least {
				g := by.add(holderPID(c), c)
				g.number = max(g.number, ms)
			}
			if known && ms >= 1000 {
				g := young.add(holderPID(c), c)
				g.number = max(g.number, ms)
			}
		}
		stay := by.findings(func(pid int, g *group) *Finding {
			if float64(g.Total) < many {
				return nil
			}
			return closeWait(pid, g, more[pid])
		})
		grow := young.findings(func(pid int, g *group) *Finding {
			if old := by.of[pid]; old != nil && float64(old.Total) >= many || more[pid] == 0 || float64(g.Total) < set("growing") {
				return nil
			}
			return closeWait(pid, g, more[pid])
		})
		return look{see, func() []Finding { return append(stay(), grow()...) }}
	},
}

// closeWait is the finding of a process that does not close, and of how many more
// connections came to those between the two listings.
func closeWait(pid int, g *group, more int) *Finding {
	f := &Finding{
		Severity: Warning, Try: tryProcess(pid, "state close-wait", "-t state close-wait"),
		Title: fmt.Sprintf("%s of %s %s in CLOSE_WAIT, %s at least %s", count(g.Total, "connection"), holder(g.first()),
			verb(g.Total, "stays", "stay"), verb(g.Total, "for", "one for"), span(time.Duration(g.number)*time.Millisecond)),
		Counters: []Number{{"close_wait", int64(g.Total)}, {"more_close_wait", int64(more)}},
	}
	if more > 0 {
		f.Title += fmt.Sprintf(", and %d more came to them", more)
	}
	return f
}
