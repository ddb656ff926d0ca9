package platform

import (
	"context"
	"net/netip"

	"sockeye/sock"
)

// listenEnd is where something listens.
type listenEnd struct {
	netns uint64
	at    netip.AddrPort
}

// mptcpOwners are the processes that listened by MPTCP when the trace began. The TCP
// part of such a socket belongs to the kernel, so the programs there do not find its
// owner: they learn one of those that begin to listen later. Package net of Go listens
// by MPTCP unless it is told not to. Where several processes listen, the owner is nil.
type mptcpOwners map[listenEnd]*sock.Process

// mptcpOwners lists them. What cannot be listed has no owner, which each event says.
func (h *Host) mptcpOwners(ctx context.Context) mptcpOwners {
	q := sock.Query{
		Protocols: sock.Protocols(sock.MPTCP), Families: sock.Families(sock.IPv4, sock.IPv6), States: sock.States(sock.Listen),
		Want: sock.FieldOwners | sock.FieldLocal | sock.FieldNetns,
	}
	if !h.Protocols().Has(sock.MPTCP) {
		return nil
	}
	found := mptcpOwners{}
	for s, err := range h.List(ctx, Request{Query: q}).Sockets {
		if err != nil {
			break
		}
		if len(s.Owners) == 0 {
			continue
		}
		end := listenEnd{s.Netns.Inode, s.Local}
		owner := s.Owners[0].Process
		if other, twice := found[end]; twice && (other == nil || other.PID != owner.PID) {
			owner = nil
		}
		found[end] = owner
	}
	return found
}

// add gives an event the owner of the listener that its socket is or comes from, if it
// has none.
func (m mptcpOwners) add(s *sock.Socket) {
	if len(m) == 0 || len(s.Owners) > 0 || s.Event.Kind != sock.EventState && s.Event.Kind != sock.EventRetransmit {
		return
	}
	local, origin := s.Local, sock.OriginInherited
	if s.Event.OldState == sock.Listen && s.Event.NewState == sock.Closed {
		origin = sock.OriginSeeded
	}
	for _, addr := range [...]netip.Addr{local.Addr(), netip.IPv4Unspecified(), netip.IPv6Unspecified()} {
		p, there := m[listenEnd{s.Netns.Inode, netip.AddrPortFrom(addr, local.Port())}]
		if !there {
			continue
		}
		if p != nil {
			s.Owners, s.OwnerStatus, s.Event.Origin = []sock.Owner{{Process: p, FD: sock.NoFD}}, sock.OwnerKnown, origin
			s.Known |= sock.FieldOwners
		}
		return
	}
}
