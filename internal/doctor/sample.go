package doctor

import (
	"iter"
	"net/netip"
	"time"

	"sockeye/sock"
	"sockeye/sock/change"
)

// Sample is what the rules look at: two listings with some seconds between them, and
// the kernel's counters at both times.
type Sample struct {
	First, Last []*sock.Socket
	Took        time.Duration
	// Counted: the counters of both times are known.
	Counted       bool
	Before, After sock.KernelSummary
	// AutoPorts are the first and last port that the kernel takes for a connection; 0:
	// not known.
	AutoPorts [2]uint16

	was map[change.Identity]*sock.Socket
}

// stayed yields the sockets that are in both listings, as they were and as they are.
func (s *Sample) stayed() iter.Seq2[*sock.Socket, *sock.Socket] {
	if s.was == nil {
		s.was = make(map[change.Identity]*sock.Socket, len(s.First))
		for _, x := range s.First {
			s.was[change.IdentityOf(x)] = x
		}
	}
	return func(yield func(first, last *sock.Socket) bool) {
		for _, last := range s.Last {
			if first := s.was[change.IdentityOf(last)]; first != nil && !yield(first, last) {
				return
			}
		}
	}
}

// stayedIn yields the connections that were in one of some states both times.
func (s *Sample) stayedIn(states sock.StateSet) iter.Seq2[*sock.Socket, *sock.Socket] {
	return func(yield func(first, last *sock.Socket) bool) {
		for first, last := range s.stayed() {
			if last.Protocol == sock.TCP && states.Has(first.State) && states.Has(last.State) && !yield(first, last) {
				return
			}
		}
	}
}

// grown returns by how much a counter grew.
func (s *Sample) grown(group, name string) int64 {
	return counterOf(s.After.Counters, group, name) - counterOf(s.Before.Counters, group, name)
}

// counterOf returns a counter; one that the kernel does not have counts nothing.
func counterOf(all []sock.Counter, group, name string) int64 {
	for _, c := range all {
		if c.Group == group && c.Name == name {
			return c.Value
		}
	}
	return 0
}

// share returns which part of what is limited is taken, in percent, and both numbers;
// false if it is not known.
func (s *Sample) share(of sock.Protocol, name string) (percent float64, u sock.Usage, known bool) {
	for _, u := range s.After.Usage {
		if u.Protocol == of && u.Name == name && u.Used.Known && u.Limit.Known && u.Limit.Value > 0 {
			return 100 * float64(u.Used.Value) / float64(u.Limit.Value), u, true
		}
	}
	return 0, u, false
}

// info returns a number of struct tcp_info, and whether it is known.
func info(s *sock.Socket, f sock.TCPInfoField) (uint64, bool) {
	if s.TCPInfo == nil || !s.Knows(sock.FieldTCPInfo) {
		return 0, false
	}
	return s.TCPInfo.Get(f)
}

// retransmits is how often what waits to be acknowledged was sent again.
func retransmits(s *sock.Socket) uint8 {
	if !s.Knows(sock.FieldTimer) {
		return 0
	}
	return s.Timer.Retransmits
}

// grouped puts sockets together by a key, in the order in which the keys come.
type grouped[K comparable] struct {
	keys []K
	of   map[K][]*sock.Socket
}

func (g *grouped[K]) add(key K, s *sock.Socket) {
	if g.of == nil {
		g.of = map[K][]*sock.Socket{}
	}
	if g.of[key] == nil {
		g.keys = append(g.keys, key)
	}
	g.of[key] = append(g.of[key], s)
}

func (g *grouped[K]) all() iter.Seq2[K, []*sock.Socket] {
	return func(yield func(K, []*sock.Socket) bool) {
		for _, key := range g.keys {
			if !yield(key, g.of[key]) {
				return
			}
		}
	}
}

// place is an address in a network namespace: the same one in another is another.
type place struct {
	netns uint64
	end   netip.AddrPort
}

func remoteOf(s *sock.Socket) place { return place{s.Netns.Inode, s.Remote} }
