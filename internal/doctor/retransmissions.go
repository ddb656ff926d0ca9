package doctor

import (
	"fmt"

	"sockeye/sock"
)

var retransmissions = &Rule{
	Name:     "retransmissions",
	Meaning:  "Segments are lost on the way, or come too late: transfers are slow.",
	Advice:   "See whether one destination is concerned or all: a link that is full, a bad cable, a router that drops.",
	Settings: []Setting{{"percent", 5, "of the segments that were sent"}, {"segments", 20, "at least so many"}},
	Twice:    true,
	begin: func(s *Space, set settings) look {
		to := destinations{}
		least, percent := set("segments"), set("percent")
		see := func(was *before, c *sock.Socket) {
			if sock.States(sock.SynSent, sock.SynReceived).Has(c.State) {
				return // other rules tell those
			}
			all, known := was.moved(c, sock.TCPInfoSegsOut)
			if again, told := was.moved(c, sock.TCPInfoTotalRetrans); known && told && all > 0 {
				to.add(c, again, all)
			}
		}
		return look{see, func() []Finding {
			if hosts := to.those(least, percent); len(hosts) > 0 {
				return to.findings(hosts, "-ti", "total_retrans", func(to string, s *sent) Finding {
					return Finding{
						Severity: Warning, Counters: []Number{{"total_retrans", int64(s.bad)}, {"segs_out", int64(s.all)}},
						Title: fmt.Sprintf("%.0f %% of the segments to %s were sent again: %d of %d", share(s.bad, s.all), to, s.bad, s.all),
					}
				})
			}
			// Those of connections that have ended are in the counters alone, of which
			// OutSegs does not count what is sent again (RFC 1213).
			again, first := s.grown("Tcp", "RetransSegs"), s.grown("Tcp", "OutSegs")
			if again <= 0 || float64(again) < least || 100*float64(again) < percent*float64(first+again) {
				return nil
			}
			return []Finding{{
				Severity: Warning, Counters: []Number{{"RetransSegs", again}, {"OutSegs", first}}, Try: "sockeye trace --retransmits --duration 10",
				Title: fmt.Sprintf("%.0f %% of the segments were sent again, most of them to many hosts, or on connections that have ended", share(uint64(again), uint64(first+again))),
			}}
		}}
	},
}

// share is a part in percent.
func share(part, all uint64) float64 { return 100 * float64(part) / float64(max(all, 1)) }

var spuriousRetransmissions = &Rule{
	Name:     "spurious_retransmissions",
	Meaning:  "The other host says that it got segments twice (DSACK): they were not lost but late, or were doubled on the way. What is sent for nothing takes room on the link, and each time the sender slows down.",
	Advice:   "Look for what holds segments up for longer than usual: a full buffer of a router, Wi-Fi, a virtual machine that stands still. A route that doubles segments shows more of them than were sent again.",
	Settings: []Setting{{"percent", 5, "of the segments that were sent"}, {"segments", 10, "at least so many"}},
	Needs:    sock.FieldTCPInfo,
	Twice:    true,
	begin: func(_ *Space, set settings) look {
		to := destinations{}
		see := func(was *before, c *sock.Socket) {
			all, known := was.moved(c, sock.TCPInfoSegsOut)
			twice, told := was.moved(c, sock.TCPInfoDsackDups)
			// Within the host it is the processor that is late.
			if !known || !told || all == 0 || c.Remote.Addr().IsLoopback() {
				return
			}
			to.add(c, twice, all)
		}
		return look{see, func() []Finding {
			return to.findings(to.those(set("segments"), set("percent")), "-ti", "dsack_dups", func(to string, s *sent) Finding {
				return Finding{
					Severity: Warning, Counters: []Number{{"dsack_dups", int64(s.bad)}, {"segs_out", int64(s.all)}},
					Title: fmt.Sprintf("%.0f %% of the segments to %s arrived twice: %d of %d", share(s.bad, s.all), to, s.bad, s.all),
				}
			})
		}}
	},
}

var reordering = &Rule{
	Name:     "reordering",
	Meaning:  "Segments overtake each other on the way. The sender has to wait longer before it takes one for lost, and takes some for lost that are not.",
	Advice:   "Look for links that are used together packet by packet (bonding by round-robin, per-packet load balancing): they should keep each connection on one.",
	Settings: []Setting{{"times", 20, "so often between the two listings"}},
	Needs:    sock.FieldTCPInfo,
	Twice:    true,
	begin: func(_ *Space, set settings) look {
		to := destinations{}
		see := func(was *before, c *sock.Socket) {
			if seen, known := was.moved(c, sock.TCPInfoReordSeen); known && seen > 0 && !c.Remote.Addr().IsLoopback() {
				out, _ := was.moved(c, sock.TCPInfoSegsOut)
				to.add(c, seen, out)
			}
		}
		return look{see, func() []Finding {
			return to.findings(to.those(set("times"), 0), "-ti", "reord_seen", func(to string, s *sent) Finding {
				return Finding{
					Severity: Info, Counters: []Number{{"reord_seen", int64(s.bad)}, {"segs_out", int64(s.all)}},
					Title: fmt.Sprintf("Segments to %s arrive out of order: %s among %d", to, count(int(s.bad), "time"), s.all),
				}
			})
		}}
	},
}
