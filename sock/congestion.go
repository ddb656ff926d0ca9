package sock

// CongestionInfo is what a congestion control tells of a TCP connection beside
// struct tcp_info: one member of union tcp_cc_info of linux/inet_diag.h, that of
// Kind.
type CongestionInfo struct {
	Kind  CongestionKind
	Vegas VegasInfo
	DCTCP DCTCPInfo
	BBR   BBRInfo
}

// CongestionKind says which member of [CongestionInfo] is meant.
type CongestionKind uint8

// The kinds. Others than these tell nothing of their own.
const (
	CongestionOther CongestionKind = iota
	CongestionVegas
	CongestionDCTCP
	CongestionBBR
)

// VegasInfo is struct tcpvegas_info, also told by veno, yeah, nv and illinois.
type VegasInfo struct {
	Enabled  bool
	RTTCount uint32 // round trips measured
	RTT      uint32 // microseconds; [VegasUnset] before one was measured
	MinRTT   uint32 // microseconds, as RTT
}

// VegasUnset is the round trip that net/ipv4/tcp_vegas.c begins with.
const VegasUnset = 1<<31 - 1

// DCTCPInfo is struct tcp_dctcp_info. Without Enabled it has fallen back to reno,
// since the peer has no ECN, and the rest is 0.
type DCTCPInfo struct {
	Enabled bool
	CEState uint16 // 1: the last segment had a mark of congestion
	Alpha   uint32 // share of marked bytes, of 1024
	ABECN   uint32 // bytes acknowledged with a mark, in this window
	ABTotal uint32 // bytes acknowledged, in this window
}

// BBRInfo is struct tcp_bbr_info.
type BBRInfo struct {
	Bandwidth  uint64 // bytes per second
	MinRTT     uint32 // microseconds; all ones before one was measured
	PacingGain uint32 // of 256
	CwndGain   uint32 // of 256
}
