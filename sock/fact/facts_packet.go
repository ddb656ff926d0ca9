package fact

import "sockeye/sock"

// packetFact is what is told of a packet socket.
var packetFact = detailObject("packet", sock.FieldPacket, "details of packet sockets",
	"packet socket: the protocol of the link that it receives, its rings and its group, linux/packet_diag.h", func() []*Fact {
		return []*Fact{
			silenced(detailName(sock.PacketProtocol, etherTypes, "packet.protocol", "name of the protocol that the socket receives; all is every one",
				"ethertype = arp", "ethertype", "link_protocol")),
			silenced(detail(sock.PacketProtocol, "packet.protocol_number", "its number: ETH_P_* of linux/if_ether.h; 0 receives nothing")),
			detail(sock.PacketVersion, "packet.version", "layout of the frames in its rings, by the kernel's number: 0 is TPACKET_V1"),
			detail(sock.PacketReserve, "packet.reserve_bytes", "room in front of each packet in a frame", "packet_reserve"),
			detail(sock.PacketCopyThresh, "packet.copy_thresh", "whether packets that do not fit a frame are queued, too (PACKET_COPY_THRESH)", "cpy_thresh", "copy_thresh"),
			detail(sock.PacketTimestamp, "packet.tstamp", "sources of time stamps: SOF_TIMESTAMPING_* of linux/net_tstamp.h", "tstamp"),
			detailFlag(sock.PacketRunning, "packet.running", "the socket receives", "packet_running"),
			detailFlag(sock.PacketAuxdata, "packet.auxdata", "messages have the length and the VLAN of the packet beside them", "auxdata"),
			detailFlag(sock.PacketOrigdev, "packet.origdev", "the device that is told is the one that received, not a bond over it", "origdev"),
			detailFlag(sock.PacketVnetHdr, "packet.vnethdr", "packets have a header of virtio in front", "vnethdr"),
			detailFlag(sock.PacketLoss, "packet.loss", "what is wrong in a ring of sending is left out (PACKET_LOSS)"),
			detail(sock.PacketRxBlockSize, "packet.rx_block_size_bytes", "ring of receiving: size of a block", "rx_block_size"),
			detail(sock.PacketRxBlocks, "packet.rx_blocks", "ring of receiving: number of blocks", "rx_blocks"),
			detail(sock.PacketRxFrameSize, "packet.rx_frame_size_bytes", "ring of receiving: size of a frame", "rx_frame_size"),
			detail(sock.PacketRxFrames, "packet.rx_frames", "ring of receiving: number of frames", "rx_frames"),
			detail(sock.PacketRxTimeout, "packet.rx_timeout_ms", "ring of receiving: time after which a block that is not full is handed over", "rx_timeout"),
			detail(sock.PacketRxPrivate, "packet.rx_private_bytes", "ring of receiving: bytes of the process in each block", "rx_private"),
			detail(sock.PacketRxFeatures, "packet.rx_features", "ring of receiving: TP_FT_REQ_* of linux/if_packet.h", "rx_features"),
			detail(sock.PacketTxBlockSize, "packet.tx_block_size_bytes", "ring of sending: size of a block", "tx_block_size"),
			detail(sock.PacketTxBlocks, "packet.tx_blocks", "ring of sending: number of blocks", "tx_blocks"),
			detail(sock.PacketTxFrameSize, "packet.tx_frame_size_bytes", "ring of sending: size of a frame", "tx_frame_size"),
			detail(sock.PacketTxFrames, "packet.tx_frames", "ring of sending: number of frames", "tx_frames"),
			detail(sock.PacketTxTimeout, "packet.tx_timeout_ms", "ring of sending: time after which a block is given up", "tx_timeout"),
			detail(sock.PacketTxPrivate, "packet.tx_private_bytes", "ring of sending: bytes of the process in each block", "tx_private"),
			detail(sock.PacketTxFeatures, "packet.tx_features", "ring of sending: TP_FT_REQ_* of linux/if_packet.h", "tx_features"),
			detail(sock.PacketFanoutID, "packet.fanout_id", "number of the group of sockets that share the packets (PACKET_FANOUT)", "fanout_id"),
			detailName(sock.PacketFanoutType, fanoutTypes, "packet.fanout", "how the group shares them: PACKET_FANOUT_* of linux/if_packet.h", "fanout = hash", "fanout"),
			silenced(detail(sock.PacketFanoutType, "packet.fanout_type", "the kernel's number of that", "fanout_type")),
		}
	})

// packetFilterFact is asked for by itself: it may be long, and not everybody may see it.
var packetFilterFact = &Fact{
	Name: "packet_filter", Aliases: []string{"bpf", "bpf_filter"}, Kind: Text, Needs: sock.FieldPacketFilter, Optional: true, Option: "bpf",
	Words: "filters of packet sockets", label: "filter",
	Doc:     "program that chooses the packets of a packet socket (SO_ATTACH_FILTER), disassembled; told with CAP_NET_ADMIN only",
	Example: "packet_filter ~ /#2048/",
	text:    func(s *sock.Socket) *string { return &s.PacketFilter },
}

// fanoutTypes are PACKET_FANOUT_* of linux/if_packet.h.
var fanoutTypes = map[uint64]string{0: "hash", 1: "lb", 2: "cpu", 3: "rollover", 4: "rnd", 5: "qm", 6: "cbpf", 7: "ebpf"}
