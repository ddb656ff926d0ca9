package fact

import "sockeye/sock"

// xdpFact is what is told of an XDP socket.
var xdpFact = detailObject("xdp", sock.FieldXDP, "details of XDP sockets",
	"XDP socket: its queue, rings, memory and counters, linux/xdp_diag.h", func() []*Fact {
		return []*Fact{
			silenced(detail(sock.XDPQueue, "xdp.queue_id", "queue of the device", "queue_id", "xdp_queue")),
			detail(sock.XDPRxEntries, "xdp.rx_entries", "descriptors of the ring of receiving", "rx_entries"),
			detail(sock.XDPTxEntries, "xdp.tx_entries", "descriptors of the ring of sending", "tx_entries"),
			detail(sock.XDPFillEntries, "xdp.fill_entries", "descriptors of the ring of buffers for the kernel", "fill_entries"),
			detail(sock.XDPCompletionEntries, "xdp.completion_entries", "descriptors of the ring of buffers that were sent", "completion_entries"),
			detail(sock.XDPUmemID, "xdp.umem_id", "number of the memory, which several sockets may share", "umem_id"),
			detail(sock.XDPUmemSize, "xdp.umem_size_bytes", "size of the memory", "umem_size"),
			detail(sock.XDPUmemPages, "xdp.umem_pages", "pages of the memory", "umem_pages"),
			detail(sock.XDPUmemChunkSize, "xdp.umem_chunk_size_bytes", "size of one buffer in it", "umem_chunk_size"),
			detail(sock.XDPUmemHeadroom, "xdp.umem_headroom_bytes", "room in front of each packet", "umem_headroom"),
			detail(sock.XDPUmemInterface, "xdp.umem_ifindex", "index of the device that the memory is bound to"),
			detail(sock.XDPUmemQueue, "xdp.umem_queue_id", "queue that the memory is bound to"),
			detailFlag(sock.XDPUmemZeroCopy, "xdp.umem_zerocopy", "the device reads and writes the memory itself", "zerocopy"),
			detail(sock.XDPUmemRefs, "xdp.umem_refs", "users of the memory"),
			detail(sock.XDPRxDropped, "xdp.rx_dropped", "packets dropped, but for those below", "rx_dropped"),
			detail(sock.XDPRxInvalid, "xdp.rx_invalid", "descriptors of receiving that were invalid", "rx_invalid"),
			detail(sock.XDPRxFull, "xdp.rx_full", "packets dropped since the ring was full", "rx_full"),
			detail(sock.XDPFillEmpty, "xdp.fill_empty", "times that no buffer was there to receive into", "fill_empty"),
			detail(sock.XDPTxInvalid, "xdp.tx_invalid", "descriptors of sending that were invalid", "tx_invalid"),
			detail(sock.XDPTxEmpty, "xdp.tx_empty", "times that there was nothing to send", "tx_empty"),
		}
	})
