package procnet

import "sockeye/sock"

// datagramParser parses /proc/net/udp, udplite, raw, icmp and their IPv6 twins,
// which one format serves. The local port of a raw socket is its IP protocol,
// that of a ping socket its echo identifier. The queues are memory, not payload.
type datagramParser struct{ inetParser }

func newDatagram(p inetParser) rowParser { return &datagramParser{p} }

func (p *datagramParser) parse(line []byte, s *sock.Socket) verdict {
	c := cursor{rest: line}
	e := p.ends(&c)
	if c.failed {
		return rowBad
	}
	s.State = datagramState(e.state)
	if !p.states.Has(s.State) {
		return rowSkipped
	}
	r := p.tail(&c)
	p.fill(&c, e, r, s.State != sock.Unconnected, s)
	if c.failed {
		return rowBad
	}
	return rowGood
}
