package sockdiag

import "sockeye/sock"

// Offsets of struct xdp_diag_msg, linux/xdp_diag.h.
const (
	xdiagType   = 1
	xdiagIno    = 4
	xdiagCookie = 8
	xdpMsgLen   = 16
)

// XDP_DIAG_* attributes of linux/xdp_diag.h.
const (
	xdpDiagInfo           = 1 // struct xdp_diag_info: u32 ifindex, u32 queue_id
	xdpDiagUID            = 2 // u32
	xdpDiagRxRing         = 3 // struct xdp_diag_ring: u32 entries
	xdpDiagTxRing         = 4
	xdpDiagUmem           = 5 // struct xdp_diag_umem
	xdpDiagFillRing       = 6 // struct xdp_diag_ring
	xdpDiagCompletionRing = 7
	xdpDiagMemInfo        = 8 // u32[SK_MEMINFO_VARS]
	xdpDiagStats          = 9 // struct xdp_diag_stats: u64[6], Linux 5.9
)

// xdp reads struct xdp_diag_msg and its attributes into s, which it resets. The
// record is valid until the next call.
func (d *familyDecoder) xdp(b []byte, s *sock.Socket) parsed {
	if len(b) < xdpMsgLen || b[0] != afXDP {
		return rejected
	}
	d.begin(s, sock.XDP, sock.FamilyXDP, b[xdiagType], b[xdiagIno:], b[xdiagCookie:])
	s.Known |= sock.FieldXDP
	return wholeness(eachAttribute(b[xdpMsgLen:], func(kind uint16, v []byte) bool {
		switch kind {
		case xdpDiagInfo:
			if len(v) < 8 {
				return false
			}
			setDevice(v, s)
			d.details.Set(sock.XDPQueue, uint64(native.Uint32(v[4:])))
		case xdpDiagUID:
			return setUser(v, s)
		case xdpDiagRxRing:
			return d.numbers(v, sock.XDPRxEntries)
		case xdpDiagTxRing:
			return d.numbers(v, sock.XDPTxEntries)
		case xdpDiagFillRing:
			return d.numbers(v, sock.XDPFillEntries)
		case xdpDiagCompletionRing:
			return d.numbers(v, sock.XDPCompletionEntries)
		case xdpDiagUmem:
			return d.umem(v)
		case xdpDiagMemInfo:
			return setQueues(v, s)
		case xdpDiagStats:
			return d.xdpStats(v)
		}
		return true
	}))
}

// umem reads struct xdp_diag_umem: u64 size, then u32 id, num_pages, chunk_size,
// headroom, ifindex, queue_id, flags, refs.
func (d *familyDecoder) umem(v []byte) bool {
	const size = 8 + 8*4
	if len(v) < size {
		return false
	}
	d.details.Set(sock.XDPUmemSize, native.Uint64(v))
	d.numbers(v[8:], sock.XDPUmemID, sock.XDPUmemPages, sock.XDPUmemChunkSize, sock.XDPUmemHeadroom, sock.XDPUmemInterface, sock.XDPUmemQueue)
	d.flags(native.Uint32(v[32:]), sock.XDPUmemZeroCopy)
	return d.numbers(v[36:], sock.XDPUmemRefs)
}

// xdpStats reads struct xdp_diag_stats.
func (d *familyDecoder) xdpStats(v []byte) bool {
	in := [...]sock.Detail{sock.XDPRxDropped, sock.XDPRxInvalid, sock.XDPRxFull, sock.XDPFillEmpty, sock.XDPTxInvalid, sock.XDPTxEmpty}
	if len(v) < 8*len(in) {
		return false
	}
	for i, detail := range in {
		d.details.Set(detail, native.Uint64(v[8*i:]))
	}
	return true
}
