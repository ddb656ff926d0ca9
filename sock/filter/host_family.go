package filter

import (
	"strconv"
	"strings"

	"sockeye/sock"
	"sockeye/sock/fact"
)

// detailEnd is a number that stands at an end of a socket without an address: the
// protocol and the port of netlink, the context identifier and the port of VSOCK, the
// protocol of a packet socket, which has one end.
type detailEnd struct {
	local, remote sock.Detail
	oneEnd        bool
	value         uint64
}

func (d *detailEnd) match(s *sock.Socket, remote bool) bool {
	at := d.local
	if remote {
		if at = d.remote; d.oneEnd {
			return false
		}
	}
	v, known := s.Detail(at)
	return known && v == d.value
}

// familyHost reads what stands behind link:, netlink: and vsock:. A part that is
// empty or * is any.
func (p *parser) familyHost(t token, text string, h Host) ([]Host, error) {
	first, second, _ := strings.Cut(text, ":")
	if h.Family == sock.FamilyPacket { // TYPE:INTERFACE
		if second != "" && second != "*" {
			var err error
			if h.Scope, err = p.device(t, second); err != nil {
				return nil, err
			}
			h.HasScope = true
		}
		text, second = first, ""
	}
	if strings.Trim(text, "*:") != "" {
		h.Other = text
	}
	for i, part := range [...]string{first, second} {
		if part == "" || part == "*" {
			continue
		}
		end := familyEnds[h.Family][i]
		value, ok := end.read(part)
		if !ok {
			return nil, p.failAt(t, short(part)+" is not "+end.what)
		}
		h.details = append(h.details, detailEnd{end.local, end.remote, end.oneEnd, value})
	}
	return []Host{h}, nil
}

// familyEnd is how one part of such a HOST is read.
type familyEnd struct {
	local, remote sock.Detail
	oneEnd        bool
	read          func(string) (uint64, bool)
	what          string // for messages
}

var familyEnds = map[sock.Family][2]familyEnd{
	sock.FamilyPacket: {
		{local: sock.PacketProtocol, oneEnd: true, read: fact.EtherType, what: "a protocol of the link such as ip, arp or 0x86dd"},
	},
	sock.FamilyNetlink: {
		{local: sock.NetlinkProtocol, remote: sock.NetlinkProtocol, read: fact.NetlinkProtocol, what: "a netlink protocol such as route, generic or 15"},
		{local: sock.NetlinkPort, remote: sock.NetlinkPeerPort, read: netlinkPort, what: "a port of netlink: a number, or kernel"},
	},
	sock.FamilyVSOCK: {
		{local: sock.VSOCKCID, remote: sock.VSOCKPeerCID, read: number32, what: "a context identifier: a number, or *"},
		{local: sock.VSOCKPort, remote: sock.VSOCKPeerPort, read: number32, what: "a port of VSOCK: a number, or *"},
	},
}

// netlinkPort reads a port of netlink, which ss shows with a sign.
func netlinkPort(text string) (uint64, bool) {
	if text == "kernel" {
		return 0, true
	}
	if n, err := strconv.ParseInt(text, 10, 32); err == nil {
		return uint64(uint32(n)), true
	}
	return number32(text)
}

func number32(text string) (uint64, bool) {
	n, err := strconv.ParseUint(text, 0, 32)
	return n, err == nil
}

// matchDetails compares an end of a socket that has no address. Whom a netlink
// socket sends to is known only if it chose somebody.
func (h *Host) matchDetails(s *sock.Socket, remote bool) bool {
	if remote && s.Family == sock.FamilyNetlink && fact.RemoteText(s) == "" {
		return false
	}
	for i := range h.details {
		if !h.details[i].match(s, remote) {
			return false
		}
	}
	return true
}

// portOf returns the port of an end that is a number of 32 bits: of VSOCK and, as ss
// has it, of netlink.
func portOf(s *sock.Socket, remote bool) (uint64, bool) {
	switch {
	case s.Family == sock.FamilyVSOCK && remote:
		return s.Detail(sock.VSOCKPeerPort)
	case s.Family == sock.FamilyVSOCK:
		return s.Detail(sock.VSOCKPort)
	case s.Family == sock.FamilyNetlink && !remote:
		return s.Detail(sock.NetlinkPort)
	case s.Family == sock.FamilyNetlink && fact.RemoteText(s) != "":
		return s.Detail(sock.NetlinkPeerPort)
	}
	return 0, false
}

// familyFacts are the facts that tell the ends of a family's sockets.
var familyFacts = map[sock.Family]sock.Field{
	sock.FamilyPacket: sock.FieldPacket, sock.FamilyNetlink: sock.FieldNetlink, sock.FamilyVSOCK: sock.FieldVSOCK,
}
