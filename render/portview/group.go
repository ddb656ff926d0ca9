// Package portview prints the answer to "who uses this port?" for people: what
// listens, who it is, and who is connected to it.
package portview

import (
	"cmp"
	"slices"

	"sockeye/sock"
)

// group is everything that uses one port of one protocol.
type group struct {
	port      uint16
	protocol  sock.Protocol
	listeners []*sock.Socket // or bound, or datagram sockets without a peer
	connected []*sock.Socket
	timeWait  int
}

// groups sorts sockets by port, then protocol; within a group the order of the
// listing stays.
func groups(sockets []*sock.Socket) []*group {
	type key struct {
		port     uint16
		protocol sock.Protocol
	}
	byKey := map[key]*group{}
	var all []*group
	for _, s := range sockets {
		k := key{s.Local.Port(), s.Protocol}
		g := byKey[k]
		if g == nil {
			g = &group{port: k.port, protocol: k.protocol}
			byKey[k] = g
			all = append(all, g)
		}
		switch {
		case s.State == sock.TimeWait:
			g.timeWait++
		case s.Knows(sock.FieldRemote):
			g.connected = append(g.connected, s)
		default:
			g.listeners = append(g.listeners, s)
		}
	}
	slices.SortStableFunc(all, func(a, b *group) int {
		return cmp.Or(cmp.Compare(a.port, b.port), cmp.Compare(a.protocol, b.protocol))
	})
	return all
}

// clients counts the connections of a group by remote address, the most first.
func (g *group) clients() []client {
	count := map[string]int{}
	for _, s := range g.connected {
		count[s.Remote.Addr().String()]++
	}
	all := make([]client, 0, len(count))
	for addr, n := range count {
		all = append(all, client{addr, n})
	}
	slices.SortFunc(all, func(a, b client) int { return cmp.Or(cmp.Compare(b.n, a.n), cmp.Compare(a.addr, b.addr)) })
	return all
}

type client struct {
	addr string
	n    int
}

// waiting is the number of connections that nobody accepted yet.
func (g *group) waiting() int {
	n := 0
	for _, s := range g.connected {
		if s.OwnerStatus == sock.OwnerAcceptQueue {
			n++
		}
	}
	return n
}

// others returns the processes that hold connections of the group and none of
// its listeners.
func (g *group) others() []*sock.Process {
	known := map[int]bool{}
	for _, s := range g.listeners {
		for p := range s.PIDs {
			known[p.PID] = true
		}
	}
	var found []*sock.Process
	for _, s := range g.connected {
		for p := range s.PIDs {
			if !known[p.PID] {
				known[p.PID] = true
				found = append(found, p)
			}
		}
	}
	return found
}
