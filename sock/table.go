package sock

import "slices"

// Table is one table of the kernel: a protocol in a family.
type Table struct {
	Protocol Protocol
	Family   Family
}

// String returns for example "tcp/ipv6", or "unix" where the family says nothing more.
func (t Table) String() string {
	if !t.Protocol.Inet() {
		return t.Protocol.String()
	}
	return t.Protocol.String() + "/" + t.Family.String()
}

// Descriptor says what holds for the tables of one protocol, wherever they are
// read. Command line, filter and sources take their lists of tables from it.
type Descriptor struct {
	Protocol Protocol
	// Name is the name in every format, and the word of --query.
	Name string
	// Option and Letter are the long and the short option that ask for the tables,
	// without dashes. Option is empty if no source lists the protocol yet.
	Option, Letter string
	// Title is what people call it.
	Title string
	// Families are those that have a table of the protocol.
	Families FamilySet
	// States are those that a socket of the protocol can have, but for
	// [StateUnknown].
	States StateSet
	// ConnectionOriented: the protocol has listeners and connections, as TCP does.
	// Unix sockets have them or not by their type.
	ConnectionOriented bool
	// Parts are parts of the table with words of their own in --query.
	Parts []Part
}

// Part is what ss has its own words for: the sockets of one type in a table.
type Part struct {
	Type  SocketType
	Words []string
}

const (
	overIP         = FamilySet(1<<IPv4 | 1<<IPv6)
	datagramStates = StateSet(1<<Established | 1<<Unconnected)
	// connectionStates are those of RFC 9293.
	connectionStates = StateSet(1<<(Closed+1)-1) &^ (1 << StateUnknown)
	// sctpStates are those of a listener and of associations; see [SCTPState.State].
	sctpStates  = StateSet(1<<Listen | 1<<SynSent | 1<<Established | 1<<FinWait1 | 1<<FinWait2 | 1<<CloseWait | 1<<LastAck | 1<<Closed)
	vsockStates = StateSet(1<<Listen | 1<<SynSent | 1<<Established | 1<<Closing | 1<<Closed | 1<<Unconnected)
	// smcTCPStates are those of SMC; see [SMCState.State].
	smcTCPStates = StateSet(1<<Listen | 1<<Established | 1<<FinWait1 | 1<<FinWait2 | 1<<CloseWait | 1<<Closing | 1<<LastAck | 1<<Closed)
	tipcStates   = StateSet(1<<Listen | 1<<SynSent | 1<<Established | 1<<CloseWait | 1<<Closed | 1<<Unconnected)
	unixStates   = StateSet(1<<Listen | 1<<Established | 1<<Closed | 1<<Unconnected)
)

// descriptors are in the order of a listing, that of the protocols' numbers.
var descriptors = [...]Descriptor{
	{Protocol: TCP, Name: "tcp", Option: "tcp", Letter: "t", Title: "TCP", Families: overIP,
		States: connectionStates | 1<<Bound, ConnectionOriented: true},
	{Protocol: UDP, Name: "udp", Option: "udp", Letter: "u", Title: "UDP", Families: overIP, States: datagramStates},
	{Protocol: UDPLite, Name: "udplite", Option: "udplite", Letter: "U", Title: "UDP-Lite", Families: overIP, States: datagramStates},
	{Protocol: Raw, Name: "raw", Option: "raw", Letter: "w", Title: "raw IP", Families: overIP, States: datagramStates},
	{Protocol: ICMP, Name: "icmp", Option: "icmp", Title: "ping sockets", Families: overIP, States: datagramStates},
	{Protocol: SCTP, Name: "sctp", Option: "sctp", Letter: "S", Title: "SCTP", Families: overIP,
		States: sctpStates, ConnectionOriented: true},
	{Protocol: MPTCP, Name: "mptcp", Option: "mptcp", Letter: "M", Title: "MPTCP", Families: overIP,
		States: connectionStates, ConnectionOriented: true},
	{Protocol: DCCP, Name: "dccp", Option: "dccp", Letter: "d", Title: "DCCP", Families: overIP,
		States: connectionStates | 1<<Bound, ConnectionOriented: true},
	{Protocol: SMC, Name: "smc", Option: "smc", Title: "SMC", Families: overIP,
		States: smcTCPStates, ConnectionOriented: true},
	{Protocol: Unix, Name: "unix", Option: "unix", Letter: "x", Title: "unix", Families: 1 << FamilyUnix, States: unixStates,
		Parts: []Part{
			{TypeStream, []string{"unix_stream", "u_str"}},
			{TypeDatagram, []string{"unix_dgram", "u_dgr"}},
			{TypeSeqpacket, []string{"unix_seqpacket", "u_seq"}},
		}},
	{Protocol: Packet, Name: "packet", Option: "packet", Letter: "0", Title: "packet", Families: 1 << FamilyPacket, States: 1 << Unconnected,
		Parts: []Part{
			{TypeRaw, []string{"packet_raw", "p_raw"}},
			{TypeDatagram, []string{"packet_dgram", "p_dgr"}},
		}},
	{Protocol: Netlink, Name: "netlink", Option: "netlink", Title: "netlink", Families: 1 << FamilyNetlink, States: 1 << Unconnected},
	{Protocol: VSOCK, Name: "vsock", Option: "vsock", Title: "VSOCK", Families: 1 << FamilyVSOCK, States: vsockStates, ConnectionOriented: true,
		Parts: []Part{
			{TypeStream, []string{"vsock_stream", "v_str"}},
			{TypeDatagram, []string{"vsock_dgram", "v_dgr"}},
		}},
	{Protocol: XDP, Name: "xdp", Option: "xdp", Title: "XDP", Families: 1 << FamilyXDP, States: 1 << Unconnected},
	{Protocol: TIPC, Name: "tipc", Option: "tipc", Title: "TIPC", Families: 1 << FamilyTIPC, States: tipcStates, ConnectionOriented: true},
}

// Descriptors yields what holds for each protocol, in the order of a listing.
func Descriptors(yield func(*Descriptor) bool) {
	for i := range descriptors {
		if !yield(&descriptors[i]) {
			return
		}
	}
}

// Descriptor returns what holds for a protocol; of an unknown one that is nothing.
func (p Protocol) Descriptor() *Descriptor {
	if p < TCP || p >= protocolEnd {
		return &unknownDescriptor
	}
	return &descriptors[p-TCP]
}

var unknownDescriptor = Descriptor{Name: "unknown"}

// String returns the name used in every format, such as "udplite".
func (p Protocol) String() string { return p.Descriptor().Name }

// ParseProtocol is the inverse of [Protocol.String].
func ParseProtocol(name string) (Protocol, bool) {
	i := slices.IndexFunc(descriptors[:], func(d Descriptor) bool { return d.Name == name })
	if i < 0 {
		return ProtocolUnknown, false
	}
	return descriptors[i].Protocol, true
}

// Inet reports whether the protocol runs over IPv4 and IPv6.
func (p Protocol) Inet() bool { return p.Descriptor().Families == overIP }

// ConnectionOriented reports whether the protocol has listeners and connections;
// see [Descriptor].
func (p Protocol) ConnectionOriented() bool { return p.Descriptor().ConnectionOriented }
