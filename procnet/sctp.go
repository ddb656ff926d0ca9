package procnet

import (
	"bytes"
	"net/netip"
	"slices"

	"sockeye/sock"
)

// sctpParser parses /proc/net/sctp/eps and assocs (sctp_eps_seq_show and
// sctp_assocs_seq_show of net/sctp/proc.c):
//
//	ENDPT SOCK STY SST HBKT LPORT UID INODE LADDRS
//	ASSOC SOCK STY SST ST HBKT ASSOC-ID TX_QUEUE RX_QUEUE UID INODE LPORT RPORT LADDRS <-> RADDRS HBINT INS OUTS ...
//
// A row is a listener or an association, as those of sock_diag are. The family of
// the socket is not told: it is taken for IPv6 if one of its addresses is.
type sctpParser struct {
	inetParser
	info sock.SCTPInfo // of the record; valid until the next line
}

func newSCTP(p inetParser) rowParser { return &sctpParser{inetParser: p} }

func (p *sctpParser) parse(line []byte, s *sock.Socket) rowKind {
	p.info = sock.SCTPInfo{Locals: p.info.Locals[:0], Peers: p.info.Peers[:0]}
	words := bytes.Fields(line)
	arrow := slices.IndexFunc(words, func(word []byte) bool { return string(word) == "<->" })
	read := func() bool { return p.endpoint(words, s) }
	if arrow >= 0 {
		read = func() bool { return p.association(words, arrow, s) }
	}
	switch {
	case !read():
		return rowBad
	case s.Family != p.family || !p.states.Has(s.State) || arrow < 0 && s.State != sock.Listen:
		return rowSkipped // of what does not listen the associations are rows
	}
	return rowGood
}

// endpoint reads a row of eps.
func (p *sctpParser) endpoint(words [][]byte, s *sock.Socket) bool {
	const state, port, uid, inode, addresses = 3, 5, 6, 7, 8
	if len(words) <= addresses {
		return false
	}
	var c numbers
	p.identity(&c, words[uid], words[inode], s)
	if c.of(words[state]) == 0x0A { // decimal 10, TCP_LISTEN
		s.State = sock.Listen
	}
	for _, word := range words[addresses:] {
		p.info.Locals = c.address(p.info.Locals, word)
	}
	p.family6(s)
	s.Local = netip.AddrPortFrom(p.info.Locals[0], c.port(words[port]))
	s.Known |= sock.FieldLocal
	return !c.failed
}

// association reads a row of assocs, in which arrow stands between the addresses.
func (p *sctpParser) association(words [][]byte, arrow int, s *sock.Socket) bool {
	const state, txQueue, rxQueue, uid, inode, port, peerPort, addresses = 4, 7, 8, 9, 10, 11, 12, 13
	if arrow <= addresses {
		return false
	}
	var c numbers
	p.identity(&c, words[uid], words[inode], s)
	p.info.State = sock.SCTPStateOf(c.of(words[state]))
	s.State = p.info.State.State()
	s.RecvQueue, s.SendQueue = clamp32(c.of(words[rxQueue])), clamp32(c.of(words[txQueue]))
	for _, word := range words[addresses:arrow] {
		p.info.Locals = c.address(p.info.Locals, bytes.TrimPrefix(word, []byte("*")))
	}
	behind := p.peers(&c, words[arrow+1:])
	if c.failed || len(p.info.Peers) == 0 {
		return false
	}
	p.streams(&c, behind)
	p.family6(s)
	p.ends(c.port(words[port]), c.port(words[peerPort]), s)
	return !c.failed
}

// peers reads the addresses of the peer, of which the primary one has a star before
// it, and returns what is behind them.
func (p *sctpParser) peers(c *numbers, words [][]byte) [][]byte {
	for i, word := range words {
		text, primary := bytes.CutPrefix(word, []byte("*"))
		if !primary && bytes.IndexByte(text, '.') < 0 && bytes.IndexByte(text, ':') < 0 {
			return words[i:]
		}
		p.info.Peers = c.address(p.info.Peers, text)
		if primary && !c.failed {
			p.info.Primary = p.info.Peers[len(p.info.Peers)-1].String()
		}
	}
	return nil
}

// The members of struct sctp_info that the file has.
var (
	sctpInStreams  = sock.MemberNamed(sock.SCTPInfoMembers, "instrms")
	sctpOutStreams = sock.MemberNamed(sock.SCTPInfoMembers, "outstrms")
)

// streams reads HBINT INS OUTS, which are there since Linux 2.6.
func (p *sctpParser) streams(c *numbers, words [][]byte) {
	if len(words) < 3 {
		return
	}
	p.info.Set(sctpInStreams, c.of(words[1]))
	p.info.Set(sctpOutStreams, c.of(words[2]))
}

// identity sets what every row has.
func (p *sctpParser) identity(c *numbers, uid, inode []byte, s *sock.Socket) {
	s.Protocol, s.SCTPInfo = sock.SCTP, &p.info
	s.Known |= sock.FieldSCTPInfo
	if n := c.of(inode); n != 0 {
		s.Inode, s.UID = n, clamp32(c.of(uid))
		s.Known |= sock.FieldInode | sock.FieldUID
	}
}

// family6 sets the family by the own addresses.
func (p *sctpParser) family6(s *sock.Socket) {
	s.Family = sock.IPv4
	for _, a := range p.info.Locals {
		if a.Is6() {
			s.Family = sock.IPv6
		}
	}
	if len(p.info.Locals) == 0 {
		p.info.Locals = append(p.info.Locals, netip.IPv4Unspecified())
	}
}

// ends sets the two ends of an association: the primary address of the peer, and an
// own one of its family.
func (p *sctpParser) ends(port, peerPort uint16, s *sock.Socket) {
	remote := p.info.Peers[0]
	for _, a := range p.info.Peers {
		if a.String() == p.info.Primary {
			remote = a
		}
	}
	s.Local, s.Remote = netip.AddrPortFrom(p.info.LocalTo(remote), port), netip.AddrPortFrom(remote, peerPort)
	s.Known |= sock.FieldLocal | sock.FieldRemote | sock.FieldRecvQueue | sock.FieldSendQueue
}

// numbers reads words; after a mistake it stays failed.
type numbers struct{ failed bool }

// of reads a decimal number.
func (n *numbers) of(word []byte) uint64 {
	c := cursor{rest: word}
	v := c.decimal()
	if c.failed || len(c.rest) > 0 {
		n.failed = true
		return 0
	}
	return v
}

func (n *numbers) port(word []byte) uint16 {
	v := n.of(word)
	if v > 1<<16-1 {
		n.failed = true
	}
	return uint16(v)
}

// address appends an address. One that is v4-mapped becomes IPv4.
func (n *numbers) address(to []netip.Addr, word []byte) []netip.Addr {
	if len(word) > 64 {
		n.failed = true
		return to
	}
	a, err := netip.ParseAddr(string(word))
	if err != nil || a.Zone() != "" {
		n.failed = true
		return to
	}
	return append(to, a.Unmap())
}
