package doctor

import (
	"fmt"
	"time"

	"sockeye/sock"
)

var closeWaitLeak = &Rule{
	Name:     "close_wait_leak",
	Meaning:  "The other side has closed, and the process has not: it leaks connections, until it has no file descriptors left.",
	Advice:   "The process must close what it has read to the end. The kernel never does that for it.",
	Settings: []Setting{{"seconds", 60, "nothing has arrived for so long"}, {"connections", 1, "so many of one process"}},
	Needs:    sock.FieldTCPInfo,
	begin: func(_ *Sample, set settings) look {
		var by grouped[int]
		least, most := uint64(1000*set("seconds")), int(set("connections"))
		see := func(was *before, c *sock.Socket) {
			if !stayedIn(sock.States(sock.CloseWait), was, c) {
				return
			}
			// The FIN was the last segment that arrived, or another came after it: the
			// state is at least as old.
			if ms, known := info(c, sock.TCPInfoLastAckRecv); known && ms >= least {
				g := by.add(holderPID(c), c)
				g.number = max(g.number, ms)
			}
		}
		return look{see, by.findings(func(pid int, g *group) *Finding {
			if g.Total < most {
				return nil
			}
			f := &Finding{
				Severity: Warning, Try: "sockeye -t state close-wait",
				Title: fmt.Sprintf("%s of %s %s in CLOSE_WAIT, for at least %s", count(g.Total, "connection"), holder(g.first()),
					verb(g.Total, "stays", "stay"), span(time.Duration(g.number)*time.Millisecond)),
			}
			if pid != 0 {
				f.Try = fmt.Sprintf("sockeye process %d state close-wait", pid)
			}
			return f
		})}
	},
}
