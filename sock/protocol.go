package sock

import "math/bits"

// Protocol is the table a socket stands in. The order of the constants is the
// order of a listing; [Descriptor] says what holds for each.
type Protocol uint8

// The protocols, in the order in which a listing shows them.
const (
	ProtocolUnknown Protocol = iota
	TCP
	UDP
	UDPLite
	Raw
	ICMP // ping sockets: socket(AF_INET, SOCK_DGRAM, IPPROTO_ICMP)
	SCTP
	MPTCP
	DCCP
	SMC
	Unix
	Packet
	Netlink
	VSOCK
	XDP
	TIPC
	protocolEnd
)

// ProtocolSet is a set of protocols.
type ProtocolSet uint32

// Protocols returns the set of the given protocols.
func Protocols(ps ...Protocol) ProtocolSet {
	var set ProtocolSet
	for _, p := range ps {
		set |= 1 << p
	}
	return set
}

// Has reports whether p is in the set.
func (s ProtocolSet) Has(p Protocol) bool { return s&(1<<p) != 0 }

// Len returns the number of protocols in the set.
func (s ProtocolSet) Len() int { return bits.OnesCount32(uint32(s)) }

// All yields the protocols of the set in listing order.
func (s ProtocolSet) All(yield func(Protocol) bool) {
	for p := TCP; p < protocolEnd; p++ {
		if s.Has(p) && !yield(p) {
			return
		}
	}
}
