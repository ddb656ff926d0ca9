package doctor

import (
	"fmt"
	"strings"
	"time"

	"sockeye/sock"
)

// middlebox is something on the way that remembers connections.
type middlebox struct {
	name   string
	after  time.Duration // without a segment it forgets one, as it is delivered
	source string
}

// middleboxes are common ones, by their documentation, the shortest first.
var middleboxes = []middlebox{
	{"Azure Load Balancer", 4 * time.Minute, "https://learn.microsoft.com/en-us/azure/load-balancer/load-balancer-tcp-idle-timeout"},
	{"AWS Network Load Balancer", 350 * time.Second, "https://aws.amazon.com/about-aws/whats-new/2024/09/aws-network-load-balancer-tcp-idle-timeout"},
	{"Google Cloud VPC firewall", 10 * time.Minute, "https://cloud.google.com/compute/docs/troubleshooting"},
	{"Cisco Secure Firewall", time.Hour, "https://docs.defenseorchestrator.com/cdfmc/t_configure_global_timeouts_fptd.html"},
	{"VMware NSX gateway firewall", 2 * time.Hour, "https://docs.vmware.com/en/VMware-NSX/4.1/administration/GUID-F4187E53-AF72-4B6A-8855-9F9D1469FD0C.html"},
	{"Linux connection tracking", 5 * 24 * time.Hour, "Documentation/networking/nf_conntrack-sysctl.rst"},
}

var idleWithoutKeepalive = &Rule{
	Name:     "idle_without_keepalive",
	Meaning:  "Nothing has gone over connections to other hosts for longer than common load balancers and firewalls remember one. When one on the way forgets it, nobody notices: the next request hangs.",
	Advice:   "Turn keepalive on (SO_KEEPALIVE, with TCP_KEEPIDLE or net.ipv4.tcp_keepalive_time below that), or close what is idle.",
	Settings: []Setting{{"seconds", middleboxes[0].after.Seconds(), "idle for so long"}},
	Needs:    sock.FieldTCPInfo | sock.FieldTimer,
	Details:  remembered(),
	Sources:  middleboxSources(),
	begin: func(_ *Space, set settings) look {
		var by grouped[int]
		least := 1000 * set("seconds")
		see := func(was *before, c *sock.Socket) {
			if !stayedIn(sock.States(sock.Established), was, c) || c.Remote.Addr().IsLoopback() || c.Remote.Addr() == c.Local.Addr() {
				return
			}
			sent, known := info(c, sock.TCPInfoLastDataSent)
			received, told := info(c, sock.TCPInfoLastDataRecv)
			if idle := min(sent, received); known && told && c.Knows(sock.FieldTimer) && c.Timer.Kind == sock.TimerOff && float64(idle) >= least {
				g := by.add(holderPID(c), c)
				g.number = max(g.number, idle)
			}
		}
		return look{see, by.findings(func(_ int, g *group) *Finding {
			idle := time.Duration(g.number) * time.Millisecond
			f := &Finding{
				Severity: Info, Try: "sockeye -tio state established timer = off",
				Title: fmt.Sprintf("%s of %s without keepalive %s for at least %s%s", count(g.Total, "connection"), holder(g.first()),
					verb(g.Total, "is idle", "are idle, one"), span(idle), forgetful(idle)),
			}
			for _, m := range middleboxes {
				if m.after <= idle {
					f.Limits = append(f.Limits, Number{m.name, int64(m.after.Seconds())})
				}
			}
			return f
		})}
	},
}

// forgetful names the middlebox with the longest memory that has forgotten a connection
// by then.
func forgetful(idle time.Duration) string {
	last := -1
	for i, m := range middleboxes {
		if m.after <= idle {
			last = i
		}
	}
	if last < 0 {
		return ""
	}
	return fmt.Sprintf(", longer than %s remembers (%s)", middleboxes[last].name, span(middleboxes[last].after))
}

// remembered says how long each of them does.
func remembered() []string {
	var each []string
	for _, m := range middleboxes {
		each = append(each, m.name+" "+span(m.after))
	}
	return []string{"As delivered, what is idle is forgotten after: " + strings.Join(each, ", ") + "."}
}

func middleboxSources() (all []string) {
	for _, m := range middleboxes {
		all = append(all, m.source)
	}
	return all
}
