package fact

import (
	"strconv"
	"sync"
)

// additive are the numbers of which those of several sockets add up to one that means
// something: what was counted and what waits, not the size or the time of a connection.
var additive = sync.OnceValue(func() map[string]bool {
	return map[string]bool{
		"recv_queue": true, "send_queue": true, "backlog": true,
		"recv_rate": true, "send_rate": true, "segs_in_rate": true, "segs_out_rate": true,
		"memory.rmem_alloc_bytes": true, "memory.rcvbuf_bytes": true, "memory.wmem_alloc_bytes": true,
		"memory.sndbuf_bytes": true, "memory.fwd_alloc_bytes": true, "memory.wmem_queued_bytes": true,
		"memory.optmem_bytes": true, "memory.backlog_bytes": true, "memory.drops": true,
		"tcp_info.unacked": true, "tcp_info.sacked": true, "tcp_info.lost": true, "tcp_info.retrans": true,
		"tcp_info.total_retrans": true, "tcp_info.total_rto": true, "tcp_info.total_rto_recoveries": true,
		"tcp_info.bytes_acked": true, "tcp_info.bytes_received": true, "tcp_info.bytes_sent": true,
		"tcp_info.bytes_retrans": true, "tcp_info.notsent_bytes": true,
		"tcp_info.segs_out": true, "tcp_info.segs_in": true, "tcp_info.data_segs_out": true, "tcp_info.data_segs_in": true,
		"tcp_info.delivered": true, "tcp_info.delivered_ce": true, "tcp_info.received_ce": true,
		"tcp_info.dsack_dups": true, "tcp_info.reord_seen": true, "tcp_info.rcv_ooopack": true, "tcp_info.rehash": true,
	}
})

// Additive reports whether the numbers of several sockets may be summed.
func (f *Fact) Additive() bool { return additive()[f.Name] }

// AppendSum appends a sum of the fact's numbers: as people read it, or as JSON and CSV
// have it.
func (f *Fact) AppendSum(dst []byte, sum uint64, people bool) []byte {
	if people && f.human {
		return f.appendHuman(dst, sum)
	}
	return strconv.AppendUint(dst, sum, 10)
}
