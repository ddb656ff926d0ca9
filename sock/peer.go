package sock

import "net/netip"

// PeerStatus says whether it is known who holds the other end of a connection and,
// if not, why.
type PeerStatus uint8

// The reasons. [PeerUnknown] is what is said where no other end was found: it is
// on another machine, or in a network namespace that was not looked at.
const (
	PeerUnknown PeerStatus = iota
	// PeerKnown: PeerProcess holds it.
	PeerKnown
	// PeerAmbiguous: several sockets may be the other end, such as those with the
	// same addresses in several network namespaces.
	PeerAmbiguous
	// PeerPermission: a process whose descriptors the reader may not see may hold it.
	PeerPermission
	// PeerRequest: a handshake that no socket stands for yet.
	PeerRequest
	// PeerAcceptQueue: it waits for its listener to accept it.
	PeerAcceptQueue
	// PeerOrphaned: its process closed it; the kernel finishes the connection.
	PeerOrphaned
	// PeerNotFound: it is on this machine, and no process was found that holds it.
	PeerNotFound
)

var peerStatuses = []string{"", "known", "ambiguous", "permission", "request", "accept_queue", "orphaned", "not_found"}

// PeerStatuses returns the words for the values of [PeerStatus].
func PeerStatuses() []string { return peerStatuses }

// PeerProtocols are those of which the other end of a connection is looked for.
const PeerProtocols = ProtocolSet(1<<TCP | 1<<UDP | 1<<UDPLite | 1<<SCTP | 1<<MPTCP | 1<<DCCP | 1<<Unix | 1<<Netlink | 1<<VSOCK)

// TrackedProtocol returns the protocol of a number of IPPROTO_* of linux/in.h, if
// connection tracking knows it by its ports.
func TrackedProtocol(number uint8) Protocol {
	switch number {
	case 6:
		return TCP
	case 17:
		return UDP
	case 33:
		return DCCP
	case 132:
		return SCTP
	case 136:
		return UDPLite
	}
	return ProtocolUnknown
}

// Flow is one direction of a connection, as its packets are addressed. The addresses
// have no zone, and a v4-mapped one is IPv4.
type Flow struct {
	Protocol Protocol
	From, To netip.AddrPort
}

// Reverse returns the other direction.
func (f Flow) Reverse() Flow { return Flow{f.Protocol, f.To, f.From} }

// Translation is a connection whose addresses are changed on the way (NAT), as
// connection tracking knows it: how the packets of whoever began it are addressed
// when they come, and how those of the answer are.
type Translation struct{ Original, Reply Flow }

// Changes reports whether anything is changed at all.
func (t *Translation) Changes() bool { return t.Reply != t.Original.Reverse() }
