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
	look: func(s *Sample, set settings) (found []Finding) {
		var by grouped[int]
		for _, c := range s.stayedIn(sock.States(sock.CloseWait)) {
			// The FIN was the last segment that arrived, or another came after it: the
			// state is at least as old.
			if ms, known := info(c, sock.TCPInfoLastAckRecv); known && float64(ms) >= 1000*set("seconds") {
				by.add(holderPID(c), c)
			}
		}
		for pid, all := range by.all() {
			if float64(len(all)) < set("connections") {
				continue
			}
			oldest := uint64(0)
			for _, c := range all {
				ms, _ := info(c, sock.TCPInfoLastAckRecv)
				oldest = max(oldest, ms)
			}
			f := Finding{
				Severity: Warning, Sockets: all, Try: "sockeye -t state close-wait",
				Title: fmt.Sprintf("%s of %s %s in CLOSE_WAIT, for at least %s", count(len(all), "connection"), holder(all[0]),
					verb(len(all), "stays", "stay"), span(time.Duration(oldest)*time.Millisecond)),
			}
			if pid != 0 {
				f.Try = fmt.Sprintf("sockeye process %d state close-wait", pid)
			}
			found = append(found, f)
		}
		return found
	},
}
