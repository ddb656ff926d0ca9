package doctor

import (
	"fmt"
	"time"

	"sockeye/sock"
)

var rtoBackoff = &Rule{
	Name:     "rto_backoff",
	Meaning:  "What was sent is not acknowledged, however often it is sent again, and each time the sender waits twice as long: the other host is gone, or something on the way has begun to drop the connection.",
	Advice:   "See whether other connections to that host work: then a firewall has forgotten this one. The kernel gives up after net.ipv4.tcp_retries2 attempts, some 15 minutes; TCP_USER_TIMEOUT ends it earlier.",
	Settings: []Setting{{"backoff", 3, "the time to wait was doubled so often"}},
	Needs:    sock.FieldTCPInfo | sock.FieldTimer,
	begin: func(_ *Space, set settings) look {
		var by grouped[host]
		next := map[host]time.Duration{} // until the next attempt
		least := set("backoff")
		see := func(was *before, c *sock.Socket) {
			// With the persist timer it is the window that is closed, which zero_window tells.
			if !stayedIn(sock.States(sock.Established, sock.CloseWait), was, c) || !c.Knows(sock.FieldTimer) || c.Timer.Kind != sock.TimerOn {
				return
			}
			if n, known := info(c, sock.TCPInfoBackoff); known && float64(n) >= least {
				to := hostOf(c)
				g := by.add(to, c)
				g.number = max(g.number, n)
				if g.Total == 1 || c.Timer.Expires < next[to] {
					next[to] = c.Timer.Expires
				}
			}
		}
		return look{see, by.findings(func(to host, g *group) *Finding {
			return &Finding{
				Severity: Warning, Counters: []Number{{"backoff", int64(g.number)}}, Try: to.try("-tio"),
				Title: fmt.Sprintf("%s acknowledges nothing on %s of %s; the next attempt is in %s", to.address,
					count(g.Total, "connection"), holder(g.first()), span(next[to])),
			}
		})}
	},
}

var pathMTU = &Rule{
	Name:     "path_mtu",
	Meaning:  "The packets to a host must be shorter than what nearly every link takes: a tunnel in a tunnel, a router that is set wrongly, or forged messages of ICMP. Transfers take more packets, and are slow.",
	Advice:   "tracepath -n with the address shows where it becomes so small. Let ICMP's \"fragmentation needed\" and \"packet too big\" through: without them it gets worse.",
	Settings: []Setting{{"bytes", 1200, "below that; IPv6 asks for 1280 of every link"}},
	Needs:    sock.FieldTCPInfo,
	begin: func(_ *Space, set settings) look {
		var by grouped[host]
		least := set("bytes")
		see := func(_ *before, c *sock.Socket) {
			if c.Protocol != sock.TCP || c.State != sock.Established {
				return
			}
			if mtu, known := info(c, sock.TCPInfoPMTU); known && mtu > 0 && float64(mtu) < least {
				g := by.add(hostOf(c), c)
				if g.number == 0 || mtu < g.number {
					g.number = mtu
				}
			}
		}
		return look{see, by.findings(func(to host, g *group) *Finding {
			f := &Finding{
				Severity: Warning, Counters: []Number{{"pmtu_bytes", int64(g.number)}}, Try: to.try("-ti"),
				Title: fmt.Sprintf("No packet to %s may be longer than %d bytes: %s of %s", to.address, g.number, count(g.Total, "connection"), holder(g.first())),
			}
			if mss, known := info(g.first(), sock.TCPInfoAdvMSS); known {
				f.Limits = []Number{{"advmss_bytes", int64(mss)}}
			}
			return f
		})}
	},
}
