package sock

import "net/netip"

// Forward are ports of this machine whose packets the kernel sends elsewhere before a
// socket sees them (NAT, IPVS). A value is immutable once it was returned.
type Forward struct {
	Protocol Protocol // ProtocolUnknown: all that have ports
	Family   Family   // FamilyUnknown: both
	// Address is what the packets are addressed to; invalid: any address of the machine.
	Address     netip.Prefix
	First, Last uint16
	// Target is where they are sent. Its address is invalid if that is this machine
	// itself, its port 0 if the port stays the same.
	Target netip.AddrPort
	// By is who does it: nftables, which iptables writes to as well, iptables, or ipvs.
	By string
	// Partly: not all packets to the ports, but those that match something else too.
	Partly bool
	// Outgoing: not the packets that arrive, but those that this machine itself sends.
	Outgoing bool
	// Behind is what stands at the target; nil if that is not known.
	Behind *Behind
	// Netns is the network namespace, where that is told; the inode is 0 else.
	Netns Netns
	// Exposed says where others reach the ports; nil if that was not asked.
	Exposed *Exposed
}

// Exposed says where others reach something: the values of Exposure and ExposedOn of a
// [Socket].
type Exposed struct {
	Scope Scope
	On    []netip.Addr
}

// Row returns what stands for a forward among what listens on a protocol: what a peer
// finds is a listener of the kernel. That it is none is said by who hands its
// connections on (Behind.By).
func (f *Forward) Row(p Protocol) *Socket {
	s := &Socket{
		Protocol: p, Family: f.Family, State: Listen, OwnerStatus: OwnerKernel,
		Known: FieldLocal | FieldOwners | FieldPlace,
	}
	if p == UDP || p == UDPLite {
		s.State = Unconnected
	}
	s.Local = netip.AddrPortFrom(f.end(s), f.First)
	b := Behind{}
	if f.Behind != nil {
		b = *f.Behind
	}
	b.Target, b.By, b.Partly = f.Target, f.By, f.Partly
	switch {
	case f.First == 0 && f.Last == 1<<16-1: // any port
	case f.Last > f.First:
		b.LastPort = f.Last
	}
	s.Behind = &b
	if f.Netns.Inode != 0 {
		s.Netns = f.Netns
		s.Known |= FieldNetns
	}
	if f.Netns.Name != "" {
		s.Known |= FieldNetnsName
	}
	if f.Exposed != nil {
		s.Exposure, s.ExposedOn = f.Exposed.Scope, f.Exposed.On
		s.Known |= FieldExposure
	}
	return s
}

// end returns the address of a row and sets its family.
func (f *Forward) end(s *Socket) netip.Addr {
	addr := f.Address.Addr()
	switch {
	case f.Address.IsValid() && addr.Is4():
		s.Family = IPv4
	case f.Address.IsValid():
		s.Family = IPv6
	}
	if s.Family != IPv4 {
		s.V6Only = s.Family == IPv6 // else [::] that takes both
		s.Family = IPv6
		s.Known |= FieldV6Only
	}
	switch {
	case f.Address.IsSingleIP():
		return addr
	case s.Family == IPv4:
		return netip.IPv4Unspecified()
	}
	return netip.IPv6Unspecified()
}
