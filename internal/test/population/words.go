package population

// The words of the JSON schema, spelled here and not taken from package sock: a
// population is what listings are judged by, so it leans on none of their code.

// Protocol is the name of a protocol in the schema.
type Protocol string

// The protocols of which sockets are made.
const (
	TCP     Protocol = "tcp"
	UDP     Protocol = "udp"
	UDPLite Protocol = "udplite"
	Raw     Protocol = "raw"
	ICMP    Protocol = "icmp"
	SCTP    Protocol = "sctp"
	MPTCP   Protocol = "mptcp"
	DCCP    Protocol = "dccp"
	SMC     Protocol = "smc"
	TIPC    Protocol = "tipc"
	Unix    Protocol = "unix"
	Packet  Protocol = "packet"
	Netlink Protocol = "netlink"
	VSOCK   Protocol = "vsock"
	XDP     Protocol = "xdp"
)

// Family is the name of an address family in the schema.
type Family string

// The families.
const (
	IPv4       Family = "ipv4"
	IPv6       Family = "ipv6"
	FamilyUnix Family = "unix"
)

// State is the name of a state in the schema.
type State string

// The states that are held.
const (
	Listen      State = "LISTEN"
	SynSent     State = "SYN_SENT"
	SynReceived State = "SYN_RECEIVED"
	Established State = "ESTABLISHED"
	FinWait1    State = "FIN_WAIT_1"
	FinWait2    State = "FIN_WAIT_2"
	CloseWait   State = "CLOSE_WAIT"
	Closing     State = "CLOSING"
	LastAck     State = "LAST_ACK"
	TimeWait    State = "TIME_WAIT"
	Closed      State = "CLOSED"
	Bound       State = "BOUND"
	Unconnected State = "UNCONNECTED"
)

// The reasons for which no process holds a socket, as the schema's owner_status
// has them.
const (
	AcceptQueue = "accept_queue"
	Request     = "request"
	Orphaned    = "orphaned"
	Remembered  = "time_wait"
)

// TCPStates are the states of a TCP socket that [Parity] holds.
var TCPStates = []State{Listen, SynSent, SynReceived, Established, FinWait1, FinWait2, CloseWait, Closing,
	LastAck, TimeWait, Bound}
