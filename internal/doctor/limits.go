package doctor

import (
	"fmt"

	"sockeye/sock"
)

// near finds something of which nearly as much is taken as may be.
func near(s *Space, of sock.Protocol, name string, percent float64, title, try string) []Finding {
	share, u, known := s.share(of, name)
	if !known || share < percent {
		return nil
	}
	f := Finding{
		Severity: Warning, Title: fmt.Sprintf(title, share), Try: try,
		Counters: []Number{{name, u.Used.Value}}, Limits: []Number{{u.Setting, u.Limit.Value}}, Machine: u.Machine,
	}
	if share >= 100 {
		f.Severity = Critical
	}
	return []Finding{f}
}

var orphans = &Rule{
	Name:     "orphans",
	Meaning:  "Connections that no process holds any more wait for their end. Beyond the limit the kernel resets them at once, with the data that was not sent.",
	Advice:   "See where they lead: the hosts there do not acknowledge the end. net.ipv4.tcp_max_orphans is the limit, of the whole machine.",
	Settings: []Setting{{"percent", 50, "of the limit"}},
	Counters: true,
	begin: func(s *Space, set settings) look {
		return counters(func() []Finding {
			return near(s, sock.TCP, "orphaned", set("percent"), "%.0f %% of the orphaned connections that there may be", "sockeye -t owner_status = orphaned")
		})
	},
}

var timeWait = &Rule{
	Name:     "time_wait",
	Meaning:  "Closed connections are remembered for a minute, so that late segments are not taken for those of a new one. Beyond the limit they are forgotten at once.",
	Advice:   "Connections that are kept open and used again need none. net.ipv4.tcp_max_tw_buckets is the limit.",
	Settings: []Setting{{"percent", 80, "of the limit"}},
	Counters: true,
	begin: func(s *Space, set settings) look {
		return counters(func() []Finding {
			found := near(s, sock.TCP, "time_wait", set("percent"), "%.0f %% of the connections in TIME_WAIT that there may be", "sockeye -t state time-wait --group-by remote")
			if n := s.grown("TcpExt", "TCPTimeWaitOverflow"); n > 0 {
				found = append(found, Finding{Severity: Warning, Counters: []Number{{"TCPTimeWaitOverflow", n}}, Try: "sockeye -s",
					Title: fmt.Sprintf("%s not remembered in TIME_WAIT: the limit was reached", count(int(n), "connection"))})
			}
			return found
		})
	},
}

var memoryPressure = &Rule{
	Name:     "memory_pressure",
	Meaning:  "The kernel has little memory left for the data of TCP or UDP, on the whole machine: for TCP it makes windows smaller, then it drops what arrives.",
	Advice:   "See which sockets hold the most. net.ipv4.tcp_mem and net.ipv4.udp_mem are the limits, in pages.",
	Settings: []Setting{{"percent", 80, "of the limit"}},
	Counters: true,
	begin: func(s *Space, set settings) look {
		return counters(func() []Finding {
			found := near(s, sock.TCP, "memory_bytes", set("percent"), "TCP has taken %.0f %% of its memory", "sockeye -tam --sort -send_queue --limit 10")
			found = append(found, near(s, sock.UDP, "memory_bytes", set("percent"), "UDP has taken %.0f %% of its memory", "sockeye -uam --sort -recv_queue --limit 10")...)
			if n := s.grown("TcpExt", "TCPMemoryPressures"); n > 0 {
				found = append(found, Finding{Severity: Warning, Counters: []Number{{"TCPMemoryPressures", n}}, Try: "sockeye -s",
					Title: "TCP came under memory pressure"})
			}
			return found
		})
	},
}
