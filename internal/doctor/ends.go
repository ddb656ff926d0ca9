package doctor

import (
	"fmt"
	"time"

	"sockeye/sock"
)

var halfOpen = &Rule{
	Name:    "half_open",
	Meaning: "The other end of a connection on this host is gone: what is written gets a reset, and who only reads waits for ever.",
	Advice:  "A time-out in the program, or keepalive, finds it.",
	look: func(s *Sample, _ settings) (found []Finding) {
		type ends struct{ local, remote place }
		there := map[ends]bool{}
		for _, list := range [][]*sock.Socket{s.First, s.Last} {
			for _, c := range list {
				if c.Protocol == sock.TCP && c.Knows(sock.FieldRemote) {
					there[ends{place{c.Netns.Inode, c.Local}, remoteOf(c)}] = true
				}
			}
		}
		for _, c := range s.stayedIn(sock.States(sock.Established)) {
			if !c.Local.Addr().IsLoopback() || !c.Remote.Addr().IsLoopback() || there[ends{remoteOf(c), place{c.Netns.Inode, c.Local}}] {
				continue
			}
			found = append(found, Finding{
				Severity: Warning, Sockets: []*sock.Socket{c}, Try: fmt.Sprintf("sockeye -ta sport %d or dport %d", c.Local.Port(), c.Local.Port()),
				Title: fmt.Sprintf("The connection of %s from %s to %s has no other end", holder(c), c.Local, c.Remote),
			})
		}
		return found
	},
}

// Middleboxes forget connections over which nothing goes: Azure's load balancer after
// 4 minutes, AWS's network load balancer after 350 s, Google's firewalls after 10
// minutes, says their documentation.
var idleWithoutKeepalive = &Rule{
	Name:     "idle_without_keepalive",
	Meaning:  "Nothing has gone over connections to other hosts for longer than load balancers and firewalls remember one (350 s and less), and nothing will notice when they forget it: the next request hangs.",
	Advice:   "Turn keepalive on (SO_KEEPALIVE, with net.ipv4.tcp_keepalive_time below that), or close what is idle.",
	Settings: []Setting{{"seconds", 350, "nothing was sent or received for so long"}},
	look: func(s *Sample, set settings) (found []Finding) {
		var by grouped[int]
		for _, c := range s.stayedIn(sock.States(sock.Established)) {
			sent, known := info(c, sock.TCPInfoLastDataSent)
			received, told := info(c, sock.TCPInfoLastDataRecv)
			if known && told && c.Knows(sock.FieldTimer) && c.Timer.Kind == sock.TimerOff &&
				float64(min(sent, received)) >= 1000*set("seconds") && !c.Remote.Addr().IsLoopback() && c.Remote.Addr() != c.Local.Addr() {
				by.add(holderPID(c), c)
			}
		}
		for _, all := range by.all() {
			found = append(found, Finding{
				Severity: Info, Sockets: all, Try: "sockeye -to state established timer = off",
				Title: fmt.Sprintf("%s of %s idle for more than %s, without keepalive", count(len(all), "connection"), holder(all[0]),
					span(time.Duration(set("seconds")*float64(time.Second)))),
			})
		}
		return found
	},
}
