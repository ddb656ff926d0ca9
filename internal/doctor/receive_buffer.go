package doctor

import (
	"fmt"

	"sockeye/sock"
)

var receiveBuffer = &Rule{
	Name:     "receive_buffer",
	Meaning:  "The receive buffer of a connection is full, with what the kernel needs beside the data: what still arrives is dropped, and has to be sent again.",
	Advice:   "See whether the process reads (receiver_stalled). Unless the program sets SO_RCVBUF, the kernel makes the buffer larger, up to the last number of net.ipv4.tcp_rmem.",
	Settings: []Setting{{"percent", 90, "of the buffer, in both listings"}, {"segments", 10, "so many were dropped between the two listings"}},
	Needs:    sock.FieldMemory,
	Twice:    true,
	begin: func(s *Space, set settings) look {
		var by grouped[int]
		percent := set("percent")
		see := func(was *before, c *sock.Socket) {
			if !stayedIn(sock.States(sock.Established, sock.CloseWait), was, c) || was.recvQueue == 0 || c.RecvQueue < was.recvQueue || !c.Knows(sock.FieldMemory) {
				return
			}
			if share(uint64(c.Memory.RmemAlloc), uint64(c.Memory.Rcvbuf)) >= percent {
				by.add(holderPID(c), c).number += uint64(c.Memory.RmemAlloc)
			}
		}
		full := by.findings(func(pid int, g *group) *Finding {
			c := g.first()
			return &Finding{
				Severity: Info, Counters: []Number{{"rmem_alloc", int64(g.number)}}, Limits: []Number{{"rcvbuf", int64(c.Memory.Rcvbuf)}},
				Title: fmt.Sprintf("The receive buffers of %s of %s are full: %d of %d bytes in the first", count(g.Total, "connection"), holder(c), c.Memory.RmemAlloc, c.Memory.Rcvbuf),
				Try:   tryProcess(pid, "-m --sort -recv_queue", "-tm --sort -recv_queue"),
			}
		})
		return look{see, func() []Finding {
			found := full()
			var dropped int64
			var told []Number
			for _, name := range []string{"RcvPruned", "TCPRcvQDrop", "TCPBacklogDrop", "PruneCalled"} {
				n := s.grown("TcpExt", name)
				if told = append(told, Number{name, n}); name != "PruneCalled" { // which makes room
					dropped += n
				}
			}
			if dropped <= 0 || float64(dropped) < set("segments") {
				return found
			}
			return append(found, Finding{
				Severity: Warning, Counters: told, Try: "sockeye -tm --sort -recv_queue",
				Title: fmt.Sprintf("%s dropped: receive buffers were full", count(int(dropped), "segment")),
			})
		}}
	},
}
