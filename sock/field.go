package sock

import "math/bits"

// Field is a set of facts about a socket. Protocol, family and state are always
// known and have no bit.
type Field uint64

// The facts. The comment names the members of [Socket] that a bit covers.
const (
	FieldLocal        Field = 1 << iota // Local
	FieldRemote                         // Remote
	FieldInterface                      // IfIndex, Interface
	FieldV6Only                         // V6Only
	FieldMark                           // Mark
	FieldPath                           // Path
	FieldPeerPath                       // PeerPath
	FieldPeerInode                      // PeerInode
	FieldType                           // Type
	FieldRecvQueue                      // RecvQueue
	FieldSendQueue                      // SendQueue
	FieldBacklog                        // Backlog
	FieldInode                          // Inode
	FieldCookie                         // Cookie
	FieldUID                            // UID
	FieldUser                           // User
	FieldNetns                          // Netns.Inode
	FieldNetnsName                      // Netns.Name, if it has one
	FieldOwners                         // Owners, OwnerStatus, Listener
	FieldTimer                          // Timer
	FieldMemory                         // Memory
	FieldTCPInfo                        // TCPInfo
	FieldCongestion                     // Congestion
	FieldULP                            // ULP
	FieldMPTCPInfo                      // MPTCPInfo
	FieldMPTCPSubflow                   // MPTCPSubflow
	FieldSCTPInfo                       // SCTPInfo
	FieldTIPC                           // TIPC
	FieldSMCInfo                        // SMCInfo
	FieldShutdown                       // Shutdown
	FieldTOS                            // TOS
	FieldTrafficClass                   // TrafficClass
	FieldCgroupID                       // CgroupID
	FieldCgroup                         // Cgroup
	FieldCreated                        // Created
	FieldService                        // Owner.Service of one owner at least
	FieldCreator                        // CreatorPID, CreatorChildren
	FieldResult                         // Result
	FieldRates                          // one member of Rates at least
	FieldAge                            // Age
	FieldPacket                         // Details, of a packet socket
	FieldPacketFilter                   // PacketFilter
	FieldNetlink                        // Details and Groups, of a netlink socket
	FieldVSOCK                          // Details, of a VSOCK socket
	FieldXDP                            // Details, of an XDP socket

	// Details that few options show.
	FieldClassID        // ClassID
	FieldOptions        // Options
	FieldCongestionInfo // CongestionInfo
	FieldTLS            // TLS
	FieldMD5            // MD5Peers
	FieldFile           // File
	FieldPending        // Pending
	FieldPeerProcess    // PeerProcess, PeerNetns, PeerStatus
	FieldClosedAt       // ClosedAt
	FieldSocketContext  // SocketContext
	FieldPlace          // Unit, Container, PlacedBy, Behind: one of them at least
	FieldExposure       // Exposure, ExposedOn
	FieldEvent          // Event

	// The facts about a process that holds a socket; see [Process].
	FieldExe
	FieldCmdline
	FieldProcessUser
	FieldStartedAt
	FieldContext
	FieldOrigin // Parent, ParentName, Cwd: one of them at least
)

// ProcessFields are the facts about the process that cost a look-up of their
// own. PID, name and descriptor come with FieldOwners.
const ProcessFields = FieldExe | FieldCmdline | FieldProcessUser | FieldStartedAt | FieldContext | FieldOrigin

// ComparedFields are the facts that no listing tells by itself: they come of
// comparing one with the listing before.
const ComparedFields = FieldRates | FieldAge

// OwnerFields are the facts for which the owners of sockets are searched.
const OwnerFields = FieldOwners | FieldService | FieldSocketContext | FieldPeerProcess | ProcessFields

// WithheldFields are the facts that Linux tells only with CAP_NET_ADMIN, the last
// three of them before 6.15.
const WithheldFields = FieldMark | FieldMD5 | FieldPacketFilter | FieldULP | FieldTLS | FieldMPTCPSubflow

// AllFields holds every fact.
const AllFields = FieldOrigin | (FieldOrigin - 1) // the last one and those before it

// Has reports whether every fact of want is in the set.
func (f Field) Has(want Field) bool { return f&want == want }

// Len returns the number of facts in the set.
func (f Field) Len() int { return bits.OnesCount64(uint64(f)) }
