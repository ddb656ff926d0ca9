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
	// Behind is what stands at the target; nil if that is not known.
	Behind *Behind
}
