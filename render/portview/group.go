// Package portview prints the answer to "who uses this port?" for people: what
// listens, who it is, and who is connected to it.
package portview

import (
	"cmp"
	"net/netip"
	"slices"

	"sockeye/sock"
)

// group is everything that uses one port of one protocol.
type group struct {
	port     uint16
	protocol sock.Protocol
	blocks   []*block
	// outgoing are the connections that are no listener's, and outgoingWait those
	// of them that nobody holds any more.
	outgoing     []*sock.Socket
	outgoingWait int
}

// block is the listeners on one end, which share its connections (SO_REUSEPORT);
// or sockets that are bound to it, or datagram sockets without a peer.
type block struct {
	listeners []*sock.Socket
	clients   []*sock.Socket // connections that a listener accepted or will
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
	var connections []*sock.Socket
	for _, s := range sockets {
		k := key{s.Local.Port(), s.Protocol}
		if byKey[k] == nil {
			byKey[k] = &group{port: k.port, protocol: k.protocol}
			all = append(all, byKey[k])
		}
		if s.Knows(sock.FieldRemote) || s.State == sock.TimeWait {
			connections = append(connections, s)
		} else {
			byKey[k].listen(s)
		}
	}
	for _, s := range connections {
		byKey[key{s.Local.Port(), s.Protocol}].connect(s)
	}
	slices.SortStableFunc(all, func(a, b *group) int {
		return cmp.Or(cmp.Compare(a.port, b.port), cmp.Compare(a.protocol, b.protocol))
	})
	return all
}

// listen adds a socket without a peer.
func (g *group) listen(s *sock.Socket) {
	for _, b := range g.blocks {
		if sameEnd(b.listeners[0], s) {
			b.listeners = append(b.listeners, s)
			return
		}
	}
	g.blocks = append(g.blocks, &block{listeners: []*sock.Socket{s}})
}

func sameEnd(a, b *sock.Socket) bool {
	return a.Local == b.Local && a.IfIndex == b.IfIndex && a.Interface == b.Interface && a.Family == b.Family &&
		a.V6Only == b.V6Only && a.State == b.State
}

// connect adds a connection to those of the listener whose end its own is, the
// nearest if there are several, else to the outgoing ones: the port was chosen for
// it, or bound before it was connected.
func (g *group) connect(s *sock.Socket) {
	var nearest *block
	best := 0
	for _, b := range g.blocks {
		if n := nearness(b.listeners[0], s); n > best {
			nearest, best = b, n
		}
	}
	switch wait := s.State == sock.TimeWait; {
	case nearest == nil && wait:
		g.outgoingWait++
	case nearest == nil:
		g.outgoing = append(g.outgoing, s)
	case wait:
		nearest.timeWait++
	default:
		nearest.clients = append(nearest.clients, s)
	}
}

// nearness says how exactly a connection's own end is that of a listener: 0 not at
// all, 1 to 3 by an address that stands for several, 4 by its very address.
func nearness(listener, s *sock.Socket) int {
	bound, own := listener.Local.Addr(), s.Local.Addr().Unmap()
	switch {
	case listener.State == sock.Bound, s.State == sock.SynSent:
		return 0
	case listener.IfIndex != 0 && s.IfIndex != 0 && listener.IfIndex != s.IfIndex:
		return 0
	case bound.Unmap() == own:
		return 4
	case bound == netip.IPv4Unspecified() && own.Is4():
		return 3
	case bound != netip.IPv6Unspecified():
		return 0
	case own.Is6():
		return 2
	case listener.Knows(sock.FieldV6Only) && listener.V6Only:
		return 0
	}
	return 1 // an IPv6 socket may take IPv4 too
}

// addresses counts connections by remote address, the most first.
func addresses(connections []*sock.Socket) []counted {
	count := map[string]int{}
	for _, s := range connections {
		count[s.Remote.Addr().String()]++
	}
	return mostFirst(count)
}

// counted is a name, and how many connections have it.
type counted struct {
	text string
	n    int
}

func mostFirst(count map[string]int) []counted {
	all := make([]counted, 0, len(count))
	for text, n := range count {
		all = append(all, counted{text, n})
	}
	slices.SortFunc(all, func(a, b counted) int { return cmp.Or(cmp.Compare(b.n, a.n), cmp.Compare(a.text, b.text)) })
	return all
}

// waiting is the number of connections that nobody accepted yet.
func (b *block) waiting() int {
	n := 0
	for _, s := range b.clients {
		if s.OwnerStatus == sock.OwnerAcceptQueue {
			n++
		}
	}
	return n
}

// holders returns the processes that hold some sockets, each once, by PID, but for
// those of others.
func holders(sockets, others []*sock.Socket) []*sock.Process {
	known := map[int]bool{}
	for _, s := range others {
		for p := range s.PIDs {
			known[p.PID] = true
		}
	}
	var found []*sock.Process
	for _, s := range sockets {
		for p := range s.PIDs {
			if !known[p.PID] {
				known[p.PID] = true
				found = append(found, p)
			}
		}
	}
	slices.SortStableFunc(found, func(a, b *sock.Process) int { return cmp.Compare(a.PID, b.PID) })
	return found
}
