package sock

import "math/bits"

// Protocol is the table a socket stands in. The order of the constants is the
// order of a listing.
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
	Unix
	Packet
	Netlink
	VSOCK
	XDP
	TIPC
	protocolEnd
)

var protocolNames = [...]string{
	ProtocolUnknown: "unknown",
	TCP:             "tcp",
	UDP:             "udp",
	UDPLite:         "udplite",
	Raw:             "raw",
	ICMP:            "icmp",
	SCTP:            "sctp",
	MPTCP:           "mptcp",
	DCCP:            "dccp",
	Unix:            "unix",
	Packet:          "packet",
	Netlink:         "netlink",
	VSOCK:           "vsock",
	XDP:             "xdp",
	TIPC:            "tipc",
}

// String returns the name used in every format, such as "udplite".
func (p Protocol) String() string {
	if p >= protocolEnd {
		return "unknown"
	}
	return protocolNames[p]
}

// ParseProtocol is the inverse of [Protocol.String].
func ParseProtocol(name string) (Protocol, bool) {
	for p := TCP; p < protocolEnd; p++ {
		if protocolNames[p] == name {
			return p, true
		}
	}
	return ProtocolUnknown, false
}

// Inet reports whether the protocol runs over IPv4 and IPv6.
func (p Protocol) Inet() bool { return p >= TCP && p <= DCCP }

// Stream reports whether the protocol has listeners and connections, as TCP
// does. Unix sockets are streams or datagrams by [SocketType], not by protocol.
func (p Protocol) Stream() bool { return p == TCP || p == SCTP || p == MPTCP || p == DCCP }

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
