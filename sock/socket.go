package sock

import (
	"net/netip"
	"slices"
	"time"
)

// Socket is the normalised record of one socket, the same on every system.
//
// Known says which members hold a fact: a member whose bit is not set was not
// asked for, is not given by the backend, or does not exist for this kind of
// socket, and holds the zero value, which means nothing. Protocol, Family and
// State are always meant.
type Socket struct {
	Known    Field
	Protocol Protocol
	Family   Family
	State    State

	// Local and Remote are the two ends. An address has no zone: the scope is
	// Interface. A v4-mapped address is stored as IPv4, with Family IPv6. For
	// raw sockets the local port is the IP protocol number, for ping sockets
	// the echo identifier. Remote is known only where there is a peer.
	Local, Remote netip.AddrPort

	// IfIndex and Interface are the bound device, or the scope of a
	// link-local address; 0 is bound to none. Interface is empty if the index
	// has no name (any more).
	IfIndex   uint32
	Interface string

	V6Only bool
	Mark   uint32 // SO_MARK

	// Path is the name of a unix socket as the kernel holds it: a first byte
	// of NUL is the abstract namespace, and any byte may follow.
	Path      string
	PeerPath  string
	PeerInode uint64
	Type      SocketType

	// PeerProcess is one that holds the other end on this machine, the first by PID,
	// and PeerNetns the network namespace of that end; PeerStatus says why there is
	// no process.
	PeerProcess *Process
	PeerNetns   Netns
	PeerStatus  PeerStatus

	// RecvQueue and SendQueue are bytes waiting; for a listener RecvQueue is
	// the number of connections in the accept queue and Backlog its limit.
	RecvQueue, SendQueue, Backlog uint32

	Inode  uint64 // of the socket in sockfs; 0 is never known
	Cookie uint64 // the kernel's unique number of the socket
	UID    uint32
	User   string
	Netns  Netns

	// Owners holds every process that holds the socket, sorted by PID then
	// descriptor. OwnerStatus says why there is none.
	Owners      []Owner
	OwnerStatus OwnerStatus
	// Listener is the process that has yet to accept the connection, if it is
	// known; only with OwnerAcceptQueue. It goes with FieldOwners.
	Listener *Process
	// CreatorPID is the process that bound the socket and has ended, and
	// CreatorChildren those of its children, by PID, that began afterwards and
	// live: one that inherited the socket keeps it open. Only with OwnerExited, from
	// a system that remembers it (Windows), and told with the owners.
	CreatorPID      int
	CreatorChildren []Owner

	Timer        Timer
	Memory       Memory
	TCPInfo      *TCPInfo
	Congestion   string
	ULP          string   // upper layer protocol in the kernel, such as "tls" (TCP_ULP)
	MPTCPInfo    *Numbers // by MPTCPInfoMembers
	MPTCPSubflow *Numbers // by MPTCPSubflowMembers: what a TCP socket is in MPTCP
	SCTPInfo     *SCTPInfo
	TIPC         *Numbers // by TIPCMembers
	SMCInfo      *SMCInfo
	// CongestionInfo and TLS are told by the congestion control and by the upper
	// layer protocol. MD5Peers are those whose segments are signed (TCP_MD5SIG);
	// the keys are nowhere.
	CongestionInfo *CongestionInfo
	TLS            *TLS
	MD5Peers       []netip.Prefix
	// File is where a unix socket is bound. Pending holds the inodes of those that
	// wait to be accepted and have not been closed meanwhile.
	File    *UnixFile
	Pending []uint64

	Shutdown     Shutdown
	TOS          uint8
	TrafficClass uint8
	ClassID      uint32 // of net_cls, else SO_PRIORITY
	Options      SocketOptions
	CgroupID     uint64 // the kernel's number of the control group
	Cgroup       string // its path in the hierarchy, from its root
	// Unit is the unit of systemd and Container the container that the socket
	// belongs to; PlacedBy says how that is known.
	Unit      string
	Container *Container
	PlacedBy  PlacedBy

	// Behind is to what a proxy hands the connections of this socket.
	Behind *Behind
	// Exposure is the farthest scope of the addresses at which others reach what
	// listens, and ExposedOn those beyond loopback, the farthest first: of a socket
	// that is bound to every address those of the interfaces. ScopeAll is said where
	// the addresses are not known, and ScopeLoopback where there is none beyond. A
	// link-local address has its interface as zone. The list is immutable once yielded.
	Exposure  Scope
	ExposedOn []netip.Addr

	// Rates and Age come of comparing listings; no source tells them. Age is how
	// long the socket has been there, at least.
	Rates Rates
	Age   time.Duration
	// ReadAt is when a listing read the socket from the kernel, where Rates or Age were asked for:
	// they are counted from that time. It is no fact.
	ReadAt time.Time
	// Details are those of a packet, netlink, VSOCK or XDP socket: where its ends
	// are, since it has no addresses, and what else is told of it. PacketFilter is
	// the program of a packet socket (SO_ATTACH_FILTER), disassembled.
	// Groups are the numbers of the multicast groups that a netlink socket has
	// joined, in order; they go with FieldNetlink.
	// PortProcess is the name of the process whose PID is the port of a netlink
	// socket whose holder is hidden: the kernel chooses that number for the first
	// socket of a process. It goes with FieldOwners.
	Details      *Details
	Groups       []uint64
	PacketFilter string
	PortProcess  string

	// Result says what became of the socket when it was to be closed; no source
	// tells it.
	Result Result

	// SocketContext is the label that a security module has given the socket.
	SocketContext string

	// ClosedAt is when the end of the socket was told; no source of listings tells it.
	ClosedAt time.Time

	// Event is what happened to the socket, where that is told; no listing tells it.
	Event *Event

	// Created is when the socket was bound, in UTC, where the system remembers
	// it (Windows).
	Created time.Time
}

// Netns names a network namespace.
type Netns struct {
	Inode uint64 // of the nsfs file, such as /proc/self/ns/net
	Name  string // empty if it has none
}

// Shutdown says which directions of a connection are closed, as sk_shutdown.
type Shutdown uint8

// The bits of [Shutdown], from include/net/sock.h.
const (
	ShutdownReceive Shutdown = 1 // RCV_SHUTDOWN
	ShutdownSend    Shutdown = 2 // SEND_SHUTDOWN
)

// Knows reports whether every fact of want is known.
func (s *Socket) Knows(want Field) bool { return s.Known.Has(want) }

// Reset makes the record empty for the next socket. It keeps the memory that
// its members point to only as long as the caller sets them again.
func (s *Socket) Reset() { *s = Socket{} }

// Clone returns a copy that shares no memory that a [Source] reuses. The
// processes that it points to are immutable once yielded and stay shared.
func (s *Socket) Clone() *Socket {
	c := *s
	c.Owners = slices.Clone(s.Owners)
	c.CreatorChildren = slices.Clone(s.CreatorChildren)
	c.SCTPInfo = s.SCTPInfo.clone()
	c.TIPC, c.SMCInfo = copied(s.TIPC), copied(s.SMCInfo)
	c.MPTCPInfo, c.MPTCPSubflow = copied(s.MPTCPInfo), copied(s.MPTCPSubflow)
	c.MD5Peers, c.Pending, c.Groups = slices.Clone(s.MD5Peers), slices.Clone(s.Pending), slices.Clone(s.Groups)
	c.TCPInfo, c.CongestionInfo = copied(s.TCPInfo), copied(s.CongestionInfo)
	c.TLS, c.File = copied(s.TLS), copied(s.File)
	c.Details, c.Event = copied(s.Details), copied(s.Event)
	return &c
}

// copied returns a pointer to a copy; nil stays nil.
func copied[T any](p *T) *T {
	if p == nil {
		return nil
	}
	v := *p
	return &v
}

// Listening reports whether others may begin to talk to the socket: a listener,
// or a datagram socket without a peer.
func (s *Socket) Listening() bool { return ListeningStates.Has(s.State) }
