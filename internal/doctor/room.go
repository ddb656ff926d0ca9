package doctor

import (
	"cmp"
	"fmt"
	"slices"

	"sockeye/sock"
)

var conntrackFull = &Rule{
	Name:     "conntrack_full",
	Meaning:  "The kernel keeps a table of every connection that goes through its filter or address translation. When it is full, packets of new ones are dropped, whatever the filter says.",
	Advice:   "See what fills it: many short connections, or old ones that are kept for long (nf_conntrack_tcp_timeout_established). net.netfilter.nf_conntrack_max is the limit; each entry takes some 300 bytes.",
	Settings: []Setting{{"percent", 80, "of the limit"}},
	Counters: true,
	begin: func(s *Space, set settings) look {
		return counters(func() []Finding {
			const try = "sockeye -ta --group-by remote_address"
			found := near(s, sock.ProtocolUnknown, "conntrack", set("percent"), "The table of connection tracking is %.0f %% full", try)
			dropped, early := s.grown("nf_conntrack", "drop"), s.grown("nf_conntrack", "early_drop")
			if dropped+early <= 0 {
				return found
			}
			return append(found, Finding{
				Severity: Critical, Counters: []Number{{"drop", dropped}, {"early_drop", early}}, Try: try,
				Title: fmt.Sprintf("Connection tracking had no room: %s dropped, %s forgotten early", count(int(dropped), "packet"), count(int(early), "connection")),
			})
		})
	},
}

var fileHandles = &Rule{
	Name:     "file_handles",
	Meaning:  "Nearly as many files and sockets are open on the whole machine as may be. Beyond the limit nobody but root opens one more (ENFILE).",
	Advice:   "See which process has so many: it may leak them. fs.file-max is the limit.",
	Settings: []Setting{{"percent", 80, "of the limit"}},
	Counters: true,
	begin: func(s *Space, set settings) look {
		return counters(func() []Finding {
			return near(s, sock.ProtocolUnknown, "open_files", set("percent"), "%.0f %% of the files that may be open on this machine are", "sockeye -a --group-by process")
		})
	},
}

var processFiles = &Rule{
	Name:     "process_files",
	Meaning:  "A process has nearly as many descriptors as it may have. At the limit it can neither accept a connection nor open a file (EMFILE).",
	Advice:   "See whether it leaks connections (close_wait_leak). RLIMIT_NOFILE is the limit: LimitNOFILE of a unit, ulimit -n of a shell.",
	Settings: []Setting{{"percent", 80, "of the limit"}, {"sockets", 50, "a process that has so many"}},
	Needs:    sock.FieldOwners,
	Counters: true,
	begin: func(s *Space, set settings) look {
		sockets := map[*sock.Process]int{}
		see := func(_ *before, c *sock.Socket) {
			for p := range c.PIDs {
				sockets[p]++
			}
		}
		return look{see, func() (found []Finding) {
			for p, n := range sockets {
				if s.machine.OpenFiles == nil || float64(n) < set("sockets") {
					continue
				}
				open, most, known := s.machine.OpenFiles(p.PID)
				if !known || most == 0 || share(uint64(open), uint64(most)) < set("percent") {
					continue
				}
				f := Finding{
					Severity: Warning, Counters: []Number{{"descriptors", open}, {"sockets", int64(n)}}, Limits: []Number{{"RLIMIT_NOFILE", most}},
					Title: fmt.Sprintf("%s[%d] has %d of %d descriptors open, and holds %s", p.Name, p.PID, open, most, count(n, "socket")),
					Try:   fmt.Sprintf("sockeye process %d --group-by state", p.PID),
				}
				if open >= most {
					f.Severity = Critical
				}
				found = append(found, f)
			}
			slices.SortFunc(found, func(a, b Finding) int { return cmp.Compare(a.Title, b.Title) })
			return found
		}}
	},
}

var softnetDrops = &Rule{
	Name:     "softnet_drops",
	Meaning:  "Packets arrived faster than a processor takes them out of its queue, and were dropped before they came to any socket, on the whole machine.",
	Advice:   "See whether one processor gets all packets (/proc/net/softnet_stat has a line for each): receive side scaling or steering (RSS, RPS) shares them. net.core.netdev_max_backlog is the length of the queue.",
	Settings: []Setting{{"packets", 1, "so many between the two listings"}},
	Counters: true,
	begin: func(s *Space, set settings) look {
		return counters(func() []Finding {
			dropped := s.grown("softnet_stat", "dropped")
			if float64(dropped) < set("packets") {
				return nil
			}
			return []Finding{{
				Severity: Warning, Machine: true, Try: "sockeye -s -s",
				Counters: []Number{{"dropped", dropped}, {"time_squeeze", s.grown("softnet_stat", "time_squeeze")}, {"processed", s.grown("softnet_stat", "processed")}},
				Title:    fmt.Sprintf("%s dropped on the way to a socket: the queue of a processor was full", count(int(dropped), "packet")),
			}}
		})
	},
}
