package procnet

import "sockeye/sock"

// familyParser parses the tables of packet and netlink sockets.
type familyParser struct {
	details sock.Details // of the record, as are the groups; valid until the next line
	groups  []uint64
	read    func(*familyParser, *cursor, *sock.Socket)
}

func newPacket(inetParser) rowParser  { return &familyParser{read: (*familyParser).packet} }
func newNetlink(inetParser) rowParser { return &familyParser{read: (*familyParser).netlink} }

func (p *familyParser) parse(line []byte, s *sock.Socket) rowKind {
	c := cursor{rest: line}
	p.details = sock.Details{}
	s.State, s.Details = sock.Unconnected, &p.details
	p.read(p, &c, s)
	if c.failed {
		return rowBad
	}
	return rowGood
}

// packet reads a row of /proc/net/packet (packet_seq_show of net/packet/af_packet.c):
//
//	sk RefCnt Type Proto Iface R Rmem User Inode
//
// Proto is hexadecimal, R is 1 for one that receives.
func (p *familyParser) packet(c *cursor, s *sock.Socket) {
	c.pointer() // a hashed address
	c.column()  // references
	p.setType(c.column(), s)
	c.blanks()
	p.details.Set(sock.PacketProtocol, uint64(c.hexWord(4)))
	s.IfIndex = clamp32(c.column())
	p.details.Set(sock.PacketRunning, min(c.column(), 1))
	s.RecvQueue = clamp32(c.column())
	s.UID = clamp32(c.column())
	s.Inode = c.column()
	c.end()
	s.Protocol, s.Family = sock.Packet, sock.FamilyPacket
	s.Known |= sock.FieldPacket | sock.FieldInterface | sock.FieldRecvQueue
	if s.Inode != 0 {
		s.Known |= sock.FieldInode | sock.FieldUID
	}
}

// netlink reads a row of /proc/net/netlink (netlink_seq_show of
// net/netlink/af_netlink.c):
//
//	sk Eth Pid Groups Rmem Wmem Dump Locks Drops Inode
//
// Eth is the protocol and Pid the port; of the groups there are the first 32.
func (p *familyParser) netlink(c *cursor, s *sock.Socket) {
	c.pointer() // a hashed address
	p.details.Set(sock.NetlinkProtocol, c.column())
	p.details.Set(sock.NetlinkPort, c.column())
	c.blanks()
	p.setGroups(c.hexWord(8), s)
	s.RecvQueue = clamp32(c.column())
	s.SendQueue = clamp32(c.column())
	p.details.Set(sock.NetlinkCallback, min(c.column(), 1))
	c.column() // references
	p.details.Set(sock.NetlinkDrops, c.column())
	s.Inode = c.column()
	c.end()
	s.Protocol, s.Family = sock.Netlink, sock.FamilyNetlink
	s.Known |= sock.FieldNetlink | sock.FieldRecvQueue | sock.FieldSendQueue
	if s.Inode != 0 {
		s.Known |= sock.FieldInode
	}
}

// setGroups sets which of the first 32 groups were joined.
func (p *familyParser) setGroups(mask uint32, s *sock.Socket) {
	p.groups = p.groups[:0]
	for i := range uint64(32) {
		if mask>>i&1 != 0 {
			p.groups = append(p.groups, i+1)
		}
	}
	s.Groups = p.groups
}

func (p *familyParser) setType(kind uint64, s *sock.Socket) {
	if t := sock.SocketTypeOf(kind); t != sock.TypeUnknown {
		s.Type = t
		s.Known |= sock.FieldType
	}
}
