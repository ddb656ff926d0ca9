package procnet

import (
	"encoding/binary"
	"net/netip"

	"sockeye/sock"
)

// rowKind is what a parser says of a line.
type rowKind uint8

const (
	rowGood    rowKind = iota // the record holds the row
	rowSkipped                // a row that was not asked for
	rowBad                    // no row
)

// rowParser parses one line of an IP table into a record that has been reset.
type rowParser interface {
	parse(line []byte, s *sock.Socket) rowKind
}

// inetParser parses what the IP tables have in common (get_tcp4_sock in
// net/ipv4/tcp_ipv4.c, udp4_format_sock in net/ipv4/udp.c, their IPv6 twins and
// __ip6_dgram_sock_seq_show in net/ipv6/datagram.c):
//
//	sl: LOCAL:PORT REMOTE:PORT st TX:RX tr:when retr uid timeout inode ...
type inetParser struct {
	protocol sock.Protocol
	family   sock.Family
	little   bool // the machine that printed the addresses is little-endian
	states   sock.StateSet
}

// inetRow is what stands behind the state, in the units of the kernel.
type inetRow struct {
	tx, rx      uint32
	timer       uint64
	when        uint64 // USER_HZ ticks
	retransmits uint64
	uid         uint32
	probes      uint64
	inode       uint64
}

// ends is the part of a row up to the state, still as text.
type ends struct {
	local, remote address
	state         uint32
}

// address is an end of a connection as printed; it is decoded only for a row
// that was asked for.
type address struct {
	words []byte // 8 or 32 hexadecimal digits
	port  uint16 // for raw sockets the protocol, for ping sockets the identifier
}

// ends reads up to the state. A row of a state that nobody asked for is read no
// further.
func (p *inetParser) ends(c *cursor) ends {
	c.blanks()
	c.decimal() // sl: a running number, or the hash bucket
	c.byte(':')
	c.byte(' ')
	var e ends
	e.local = p.address(c)
	c.byte(' ')
	e.remote = p.address(c)
	c.byte(' ')
	e.state = c.hexWord(2)
	return e
}

func (p *inetParser) address(c *cursor) address {
	digits := 8
	if p.family == sock.IPv6 {
		digits = 32
	}
	if len(c.rest) < digits {
		c.fail()
		return address{}
	}
	a := address{words: c.rest[:digits]}
	c.rest = c.rest[digits:]
	c.byte(':')
	a.port = uint16(c.hexWord(4))
	return a
}

// decode returns the address and port. A v4-mapped address becomes IPv4.
func (p *inetParser) decode(c *cursor, a address) netip.AddrPort {
	words := cursor{rest: a.words}
	var b [16]byte
	for i := 0; i < len(a.words)/2; i += 4 {
		if word := words.hexWord(8); p.little {
			binary.LittleEndian.PutUint32(b[i:], word)
		} else {
			binary.BigEndian.PutUint32(b[i:], word)
		}
	}
	if words.failed {
		c.fail()
	}
	if p.family == sock.IPv6 {
		return netip.AddrPortFrom(netip.AddrFrom16(b).Unmap(), a.port)
	}
	return netip.AddrPortFrom(netip.AddrFrom4([4]byte(b[:4])), a.port)
}

// tail reads what stands behind the state, as far as the inode.
func (p *inetParser) tail(c *cursor) inetRow {
	var r inetRow
	c.blanks()
	r.tx = clamp32(c.hex())
	c.byte(':')
	r.rx = clamp32(c.hex())
	c.blanks()
	r.timer = c.hex()
	c.byte(':')
	r.when = c.hex()
	c.blanks()
	r.retransmits = c.hex()
	c.blanks()
	r.uid = clamp32(c.decimal())
	c.blanks()
	if len(c.rest) > 0 && c.rest[0] == '-' {
		c.rest = c.rest[1:] // %8d of a counter: never negative, but signed
	}
	r.probes = c.decimal()
	c.blanks()
	r.inode = c.decimal()
	c.byte(' ') // more fields follow: without a blank the inode may be cut off
	return r
}

// fill sets what all the protocols over IP have in common. peer says whether the
// state is one with a peer.
func (p *inetParser) fill(c *cursor, e ends, r inetRow, peer bool, s *sock.Socket) {
	s.Protocol, s.Family = p.protocol, p.family
	s.Local = p.decode(c, e.local)
	s.Known = sock.FieldLocal | sock.FieldRecvQueue | sock.FieldSendQueue
	s.RecvQueue, s.SendQueue = r.rx, r.tx
	if peer {
		remote := p.decode(c, e.remote)
		if remote.Port() != 0 || !remote.Addr().IsUnspecified() {
			s.Remote = remote
			s.Known |= sock.FieldRemote
		}
	}
	// Without an inode there is no struct socket, and so no user: the kernel
	// prints 0, or for a request the listener's.
	if r.inode != 0 {
		s.Inode, s.UID = r.inode, r.uid
		s.Known |= sock.FieldInode | sock.FieldUID
	}
}

// datagramParser parses /proc/net/udp, udplite, raw, icmp and their IPv6 twins,
// which one format serves. The local port of a raw socket is its IP protocol,
// that of a ping socket its echo identifier. The queues are memory, not payload.
type datagramParser struct{ inetParser }

func newDatagram(p inetParser) rowParser { return &datagramParser{p} }

func (p *datagramParser) parse(line []byte, s *sock.Socket) rowKind {
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

// inetRows streams the rows of a table over IP.
func (r *reading) inetRows(f format) error {
	parser := f.parser(inetParser{
		protocol: r.table.Protocol, family: r.table.Family, little: littleEndian(r.env.ByteOrder), states: r.query.States,
	})
	return r.eachLine(func(line []byte) error {
		r.rec.Reset()
		switch parser.parse(line, &r.rec) {
		case rowBad:
			r.malformed.add(r.lines.number)
			return nil
		case rowSkipped:
			return nil
		}
		if !r.seen.again(&r.rec) && !r.yield(&r.rec, nil) {
			return errStopped
		}
		return nil
	})
}

// seen remembers the rows of one table, because the kernel repeats some when the
// table changes between two pages.
type seen struct {
	inodes map[uint64]struct{}
	pairs  map[addressPair]struct{}
}

// addressPair is the key of a row without an inode. Within a table the protocol
// is the same.
type addressPair struct {
	local, remote         [16]byte
	localPort, remotePort uint16
}

func newSeen() seen {
	return seen{inodes: map[uint64]struct{}{}, pairs: map[addressPair]struct{}{}}
}

// again reports whether the row was there before, and remembers it.
func (d *seen) again(s *sock.Socket) bool {
	if s.Inode != 0 && s.Protocol != sock.SCTP { // whose associations share it
		before := len(d.inodes)
		d.inodes[s.Inode] = struct{}{}
		return len(d.inodes) == before
	}
	if !s.Protocol.Inet() {
		return false // nothing tells it from another
	}
	key := addressPair{local: s.Local.Addr().As16(), localPort: s.Local.Port()}
	if s.Knows(sock.FieldRemote) {
		key.remote, key.remotePort = s.Remote.Addr().As16(), s.Remote.Port()
	}
	before := len(d.pairs)
	d.pairs[key] = struct{}{}
	return len(d.pairs) == before
}
