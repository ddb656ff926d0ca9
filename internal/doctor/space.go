package doctor

import (
	"fmt"
	"net/netip"

	"sockeye/sock"
)

// Space is what the rules look at in one network namespace beside the sockets of the
// second listing: the first one, some seconds before, and the kernel's counters at both
// times.
type Space struct {
	Netns sock.Netns
	// Counted: the counters of both times are known.
	Counted       bool
	Before, After sock.KernelSummary
	// AutoPorts are the first and last port that the kernel takes for a connection; 0:
	// not known.
	AutoPorts [2]uint16
	// ReservedPorts are ranges of them that it does not take.
	ReservedPorts [][2]uint16
	// Addresses are those of its interfaces; nil: they are not known.
	Addresses []netip.Addr

	machine *Machine
	earlier earlier
	same    before // of one listing: what the socket is
	joints  joints
	looks   []look // of each rule; nil before the second listing
}

// begin lets the rules begin to look, if they have not: the first listing is over.
func (s *Space) begin() {
	if s.looks != nil {
		return
	}
	for _, r := range Rules {
		s.looks = append(s.looks, r.begin(s, func(name string) float64 { return s.machine.Changes.value(r, name) }))
	}
}

// see takes the next socket of the second listing, of which nothing is kept but evidence.
func (s *Space) see(x *sock.Socket) {
	s.begin()
	was := s.was(x)
	for i := range s.looks {
		if see := s.looks[i].see; see != nil {
			see(was, x)
		}
	}
}

// findings returns what was found. The counters of the end must be there by then.
func (s *Space) findings() (all []Finding) {
	s.begin()
	skipped := map[*Rule]bool{}
	for _, skip := range s.skipped() {
		skipped[skip.Rule] = true
	}
	for i, r := range Rules {
		if skipped[r] {
			continue
		}
		for _, f := range s.looks[i].found() {
			f.Rule, f.Title = r, sentence(f.Title)
			all = append(all, f)
		}
	}
	return all
}

// grown returns by how much a counter grew.
func (s *Space) grown(group, name string) int64 {
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
func (s *Space) share(of sock.Protocol, name string) (percent float64, u sock.Usage, known bool) {
	for _, u := range s.After.Usage {
		if u.Protocol == of && u.Name == name && u.Used.Known && u.Limit.Known && u.Limit.Value > 0 {
			return 100 * float64(u.Used.Value) / float64(u.Limit.Value), u, true
		}
	}
	return 0, u, false
}

// limit returns a limit or setting of the kernel's.
func (s *Space) limit(of sock.Protocol, name string) (value int64, known bool) {
	for _, u := range s.After.Usage {
		if u.Protocol == of && u.Name == name {
			return u.Limit.Value, u.Limit.Known
		}
	}
	return 0, false
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

// Evidence is sockets that show a trouble.
type Evidence struct {
	Sockets []*sock.Socket // the first of them
	Total   int
	// Attempts are how often what failed, the most frequent first; of connect_failed alone.
	Attempts []Attempt
}

// mostKept is how many sockets are kept as evidence of one finding.
const mostKept = 100

func (e *Evidence) add(s *sock.Socket) {
	e.Total++
	if len(e.Sockets) < mostKept {
		e.Sockets = append(e.Sockets, s.Clone())
	}
}

// one is the evidence of one socket.
func one(s *sock.Socket) Evidence { return Evidence{Sockets: []*sock.Socket{s}, Total: 1} }

// group is evidence that belongs together, with a number of it.
type group struct {
	Evidence
	number uint64
}

// first is the first of the sockets.
func (g *group) first() *sock.Socket { return g.Sockets[0] }

// grouped puts sockets together by a key, in the order in which the keys come.
type grouped[K comparable] struct {
	keys []K
	of   map[K]*group
}

func (g *grouped[K]) add(key K, s *sock.Socket) *group {
	if g.of == nil {
		g.of = map[K]*group{}
	}
	if g.of[key] == nil {
		g.keys = append(g.keys, key)
		g.of[key] = &group{}
	}
	g.of[key].add(s)
	return g.of[key]
}

// findings makes a finding of each group; nil: it is none.
func (g *grouped[K]) findings(of func(key K, g *group) *Finding) func() []Finding {
	return func() (found []Finding) {
		for _, key := range g.keys {
			if f := of(key, g.of[key]); f != nil {
				f.Evidence = g.of[key].Evidence
				found = append(found, *f)
			}
		}
		return found
	}
}

// place is an address in a network namespace: the same one in another is another.
type place struct {
	netns uint64
	end   netip.AddrPort
}

func remoteOf(s *sock.Socket) place { return place{s.Netns.Inode, s.Remote} }

// try is the command that shows the connections to the address.
func (p place) try(options string) string {
	return fmt.Sprintf("sockeye %s dst %s and dport %d", options, p.end.Addr(), p.end.Port())
}
