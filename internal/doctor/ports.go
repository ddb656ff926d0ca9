package doctor

import (
	"fmt"

	"sockeye/sock"
)

// automatic reports whether the kernel gives the port to a socket that asks for none.
func (s *Space) automatic(port uint16) bool {
	if s.AutoPorts[0] == 0 || port < s.AutoPorts[0] || port > s.AutoPorts[1] {
		return false
	}
	for _, r := range s.ReservedPorts {
		if r[0] <= port && port <= r[1] {
			return false
		}
	}
	return true
}

// automaticPorts returns how many of them there are.
func (s *Space) automaticPorts() (n int64) {
	for port := int(s.AutoPorts[0]); port <= int(s.AutoPorts[1]); port++ {
		if s.automatic(uint16(port)) {
			n++
		}
	}
	return n
}

var portExhaustion = &Rule{
	Name:     "port_exhaustion",
	Meaning:  "Nearly every port that the kernel gives to connections is taken towards one destination: further attempts will fail with EADDRNOTAVAIL.",
	Advice:   "Keep connections open and use them again, or use more addresses at either end. net.ipv4.ip_local_port_range is the range, of which ip_local_reserved_ports are not given.",
	Settings: []Setting{{"percent", 80, "of the range, without reserved ports"}},
	Counters: true,
	begin: func(s *Space, set settings) look {
		size := s.automaticPorts()
		most := set("percent") / 100 * float64(size)
		taken := map[pair]int{}
		var by grouped[pair] // the last of them, if they are many
		var serving ports    // what was accepted there took no port of the range
		see := func(_ *before, c *sock.Socket) {
			port := c.Local.Port()
			switch {
			case c.Protocol != sock.TCP || serving.has(port) || !s.automatic(port):
				return
			case c.State == sock.Listen:
				serving.add(port)
				return
			case !c.Knows(sock.FieldRemote):
				return
			}
			key := pair{c.Remote.Addr().As16(), c.Local.Addr().As16(), c.Remote.Port()}
			if taken[key]++; float64(taken[key]) > most-mostKept {
				by.add(key, c)
			}
		}
		return look{see, by.findings(func(key pair, g *group) *Finding {
			if g.Total = taken[key]; float64(g.Total) < most {
				return nil
			}
			return &Finding{
				Severity: Warning, Limits: []Number{{"ports_in_range", size}},
				Counters: []Number{{"ports", int64(g.Total)}},
				Title:    fmt.Sprintf("%d of %d ports from %s to %s are taken", g.Total, size, g.first().Local.Addr(), g.first().Remote),
				Try:      remoteOf(g.first()).try("-ta") + " --group-by state,process",
			}
		})}
	},
}

// ports is a set of them.
type ports [1 << 16 / 64]uint64

func (s *ports) add(p uint16)      { s[p/64] |= 1 << (p % 64) }
func (s *ports) has(p uint16) bool { return s[p/64]&(1<<(p%64)) != 0 }

// pair is from where connections lead to where, without the port that each has by itself.
type pair struct {
	to, from [16]byte
	port     uint16
}

var ephemeralListener = &Rule{
	Name:     "ephemeral_listener",
	Meaning:  "A service listens on a port out of those that the kernel gives to connections: while it is not running, any of these may take the port, and then it does not start (EADDRINUSE).",
	Advice:   "Add the port to net.ipv4.ip_local_reserved_ports, which leaves it out for connections, or take one outside of net.ipv4.ip_local_port_range.",
	Counters: true,
	begin: func(s *Space, _ settings) look {
		var by grouped[uint16]
		var taken ports // of those that the kernel gives
		var n int64
		see := func(_ *before, l *sock.Socket) {
			port := l.Local.Port()
			if l.Protocol != sock.TCP || !s.automatic(port) {
				return
			}
			if !taken.has(port) {
				taken.add(port)
				n++
			}
			if l.State == sock.Listen {
				by.add(port, l)
			}
		}
		return look{see, func() []Finding {
			// To a socket that is bound without a port the kernel gives one at an odd distance
			// from the first one as long as there is one (inet_csk_find_open_port), and to
			// several sockets never the same: what is not so was chosen by the program.
			plenty := n < s.automaticPorts()/4
			return by.findings(func(port uint16, g *group) *Finding {
				if g.Total == 1 && (!plenty || (port-s.AutoPorts[0])%2 == 1) {
					return nil
				}
				return &Finding{
					Severity: Info, Try: fmt.Sprintf("sockeye port %d", port),
					Title:  fmt.Sprintf("%s listens on port %d, which the kernel may give to a connection while it is not running", holder(g.first()), port),
					Limits: []Number{{"ip_local_port_range_first", int64(s.AutoPorts[0])}, {"ip_local_port_range_last", int64(s.AutoPorts[1])}},
				}
			})()
		}}
	},
}
