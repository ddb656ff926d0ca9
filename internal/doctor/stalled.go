package doctor

import (
	"fmt"
	"time"

	"sockeye/sock"
)

var zeroWindow = &Rule{
	Name:    "zero_window",
	Meaning: "The other side has no room: its process does not read. Nothing can be sent until it does.",
	Advice:  "Look at the process at the other end. The kernel here asks again and again (the persist timer).",
	Needs:   sock.FieldTimer | sock.FieldSendQueue,
	Twice:   true,
	begin: func(*Space, settings) look {
		var by grouped[place]
		see := func(was *before, c *sock.Socket) {
			if was != nil && c.Protocol == sock.TCP && was.timer == sock.TimerPersist && c.Timer.Kind == sock.TimerPersist && c.Knows(sock.FieldTimer) {
				by.add(remoteOf(c), c).number += uint64(c.SendQueue)
			}
		}
		return look{see, by.findings(func(to place, g *group) *Finding {
			return &Finding{
				Severity: Warning, Counters: []Number{{"send_queue", int64(g.number)}}, Try: to.try("-to"),
				Title: fmt.Sprintf("%s does not read: %s of %s with %d bytes that wait", to.end, count(g.Total, "connection"), holder(g.first()), g.number),
			}
		})}
	},
}

var receiverStalled = &Rule{
	Name:     "receiver_stalled",
	Meaning:  "Data has arrived, and the process did not read a byte between the two listings. The sender will stop when the buffer is full.",
	Advice:   "See what the process does instead: it may wait for something else, or be stopped.",
	Settings: []Setting{{"seconds", 1, "nothing was read for so long: a process waits its turn on a busy machine"}},
	Needs:    sock.FieldTCPInfo | sock.FieldRecvQueue | sock.FieldOwners,
	Twice:    true,
	begin: func(s *Space, set settings) look {
		var by grouped[int]
		least := set("seconds")
		see := func(was *before, c *sock.Socket) {
			if !stayedIn(sock.States(sock.Established), was, c) || was.recvQueue == 0 || c.RecvQueue == 0 {
				return
			}
			if len(c.Owners) == 0 && c.OwnerStatus != sock.OwnerPermission {
				return // nobody has it who could read
			}
			// What has been read is what arrived without what waits.
			arrived, known := was.moved(c, sock.TCPInfoBytesReceived)
			if !known || uint64(was.recvQueue)+arrived != uint64(c.RecvQueue) {
				return
			}
			last, _ := info(c, sock.TCPInfoLastDataRecv)
			if max(s.machine.Took, time.Duration(last)*time.Millisecond).Seconds() >= least {
				by.add(holderPID(c), c).number += uint64(c.RecvQueue)
			}
		}
		return look{see, by.findings(func(pid int, g *group) *Finding {
			return &Finding{
				Severity: Warning, Counters: []Number{{"recv_queue", int64(g.number)}},
				Try:   tryProcess(pid, "--sort -recv_queue", "-t --sort -recv_queue"),
				Title: fmt.Sprintf("%s reads nothing: %d bytes wait on %s", holder(g.first()), g.number, count(g.Total, "connection")),
			}
		})}
	},
}
