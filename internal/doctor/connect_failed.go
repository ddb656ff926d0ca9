package doctor

import "fmt"

var connectFailed = &Rule{
	Name:     "connect_failed",
	Meaning:  "Attempts to connect end without a connection: they are refused, reset, or time out. Handshakes that others begin and reset are counted too (EmbryonicRsts).",
	Advice:   "Refused: nothing listens there. Timed out (TCPAbortOnTimeout): see syn_sent_stuck. Where each of them went is not kept; a trace tells it as it happens.",
	Settings: []Setting{{"attempts", 5, "so many between the two listings"}},
	Counters: true,
	begin: func(s *Space, set settings) look {
		return counters(func() []Finding {
			n := s.grown("Tcp", "AttemptFails")
			if float64(n) < set("attempts") {
				return nil
			}
			return []Finding{{
				Severity: Warning, Counters: []Number{
					{"AttemptFails", n}, {"ActiveOpens", s.grown("Tcp", "ActiveOpens")}, {"PassiveOpens", s.grown("Tcp", "PassiveOpens")},
					{"EmbryonicRsts", s.grown("TcpExt", "EmbryonicRsts")}, {"TCPAbortOnTimeout", s.grown("TcpExt", "TCPAbortOnTimeout")},
				},
				Title: connectTitle(n, s.grown("TcpExt", "TCPAbortOnTimeout")), Try: "sockeye trace --connects --duration 10",
			}}
		})
	},
}

// connectTitle says how many failed, and of how many that is a time-out: connections
// that were established and timed out are counted with them.
func connectTitle(failed, timedOut int64) string {
	title := count(int(failed), "attempt") + " to connect failed"
	if timedOut > 0 {
		title += fmt.Sprintf(", %d of them by a time-out at most", min(failed, timedOut))
	}
	return title
}
