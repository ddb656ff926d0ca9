package sock

// Detail names a number that the sockets of one family have: packet, netlink, VSOCK
// or XDP sockets. Flags are 0 or 1.
type Detail int

// The details of packet sockets, packet(7): struct packet_diag_msg and what follows
// it, linux/packet_diag.h. An Rx or Tx ring is there if its block size is known.
const (
	PacketProtocol   Detail = iota // ETH_P_* of linux/if_ether.h, in host byte order
	PacketVersion                  // TPACKET_V1 is 0
	PacketReserve                  // bytes of headroom in each frame of a ring
	PacketCopyThresh               // PACKET_COPY_THRESH
	PacketTimestamp                // SOF_TIMESTAMPING_* of linux/net_tstamp.h
	PacketRunning                  // PDI_*
	PacketAuxdata
	PacketOrigdev
	PacketVnetHdr
	PacketLoss
	PacketRxBlockSize // struct packet_diag_ring, bytes
	PacketRxBlocks
	PacketRxFrameSize // bytes
	PacketRxFrames
	PacketRxTimeout // milliseconds until a block that is not full is given up
	PacketRxPrivate // bytes in each block for the process
	PacketRxFeatures
	PacketTxBlockSize
	PacketTxBlocks
	PacketTxFrameSize
	PacketTxFrames
	PacketTxTimeout
	PacketTxPrivate
	PacketTxFeatures
	PacketFanoutID
	PacketFanoutType // PACKET_FANOUT_* of linux/if_packet.h

	// The details of netlink sockets, netlink(7): struct netlink_diag_msg and what
	// follows it, linux/netlink_diag.h. A port number of 0 is the kernel's own.
	NetlinkProtocol // NETLINK_* of linux/netlink.h
	NetlinkPort
	NetlinkPeerPort  // to whom connect(2) sends; 0 is the kernel, or nobody
	NetlinkPeerGroup // the same of a multicast group, by its number; 0 is none
	NetlinkDrops     // messages
	NetlinkCallback
	NetlinkPktinfo // NDIAG_FLAG_*
	NetlinkBroadcastError
	NetlinkNoENOBUFS
	NetlinkListenAllNSID
	NetlinkCapAck

	// The ends of VSOCK sockets, vsock(7): struct vsock_diag_msg of
	// linux/vm_sockets_diag.h. One that is any (VMADDR_CID_ANY, VMADDR_PORT_ANY) is
	// not known.
	VSOCKCID
	VSOCKPort
	VSOCKPeerCID
	VSOCKPeerPort

	// The details of XDP sockets: what follows struct xdp_diag_msg, linux/xdp_diag.h.
	XDPQueue
	XDPRxEntries
	XDPTxEntries
	XDPFillEntries
	XDPCompletionEntries
	XDPUmemID
	XDPUmemSize // bytes
	XDPUmemPages
	XDPUmemChunkSize // bytes
	XDPUmemHeadroom  // bytes
	XDPUmemInterface // index
	XDPUmemQueue
	XDPUmemZeroCopy
	XDPUmemRefs
	XDPRxDropped
	XDPRxInvalid
	XDPRxFull
	XDPFillEmpty
	XDPTxInvalid
	XDPTxEmpty

	// DetailCount is the number of details.
	DetailCount
)

// All details have a place in Numbers.
var _ [NumbersCount - DetailCount]struct{}

// Details holds the details of one socket, each of which is known or not.
type Details struct {
	numbers Numbers
}

// Set makes a detail known.
func (d *Details) Set(i Detail, v uint64) { d.numbers.Set(int(i), v) }

// Get returns a detail and whether it is known.
func (d *Details) Get(i Detail) (uint64, bool) { return d.numbers.Get(int(i)) }

// Detail returns a detail of the socket and whether it is known.
func (s *Socket) Detail(i Detail) (uint64, bool) {
	if s.Details == nil {
		return 0, false
	}
	return s.Details.Get(i)
}
