package sock

// TCPInfoField names a member of the kernel's struct tcp_info (linux/tcp.h).
type TCPInfoField uint8

// TCPInfo holds the members of struct tcp_info that the kernel gave. An older
// kernel gives a shorter struct: what is behind its end is not known.
type TCPInfo struct {
	known  uint64
	values [TCPInfoFieldCount]uint64
}

// The members, in the order of the struct. A bit field of the C struct is a
// member here.
const (
	TCPInfoState TCPInfoField = iota
	TCPInfoCAState
	TCPInfoRetransmits
	TCPInfoProbes
	TCPInfoBackoff
	TCPInfoOptions
	TCPInfoSndWscale
	TCPInfoRcvWscale
	TCPInfoDeliveryRateAppLimited
	TCPInfoFastopenClientFail
	TCPInfoRTO
	TCPInfoATO
	TCPInfoSndMSS
	TCPInfoRcvMSS
	TCPInfoUnacked
	TCPInfoSacked
	TCPInfoLost
	TCPInfoRetrans
	TCPInfoFackets
	TCPInfoLastDataSent
	TCPInfoLastAckSent
	TCPInfoLastDataRecv
	TCPInfoLastAckRecv
	TCPInfoPMTU
	TCPInfoRcvSsthresh
	TCPInfoRTT
	TCPInfoRTTVar
	TCPInfoSndSsthresh
	TCPInfoSndCwnd
	TCPInfoAdvMSS
	TCPInfoReordering
	TCPInfoRcvRTT
	TCPInfoRcvSpace
	TCPInfoTotalRetrans
	TCPInfoPacingRate
	TCPInfoMaxPacingRate
	TCPInfoBytesAcked
	TCPInfoBytesReceived
	TCPInfoSegsOut
	TCPInfoSegsIn
	TCPInfoNotsentBytes
	TCPInfoMinRTT
	TCPInfoDataSegsIn
	TCPInfoDataSegsOut
	TCPInfoDeliveryRate
	TCPInfoBusyTime
	TCPInfoRwndLimited
	TCPInfoSndbufLimited
	TCPInfoDelivered
	TCPInfoDeliveredCE
	TCPInfoBytesSent
	TCPInfoBytesRetrans
	TCPInfoDsackDups
	TCPInfoReordSeen
	TCPInfoRcvOoopack
	TCPInfoSndWnd
	TCPInfoRcvWnd
	TCPInfoRehash
	TCPInfoTotalRTO
	TCPInfoTotalRTORecoveries
	TCPInfoTotalRTOTime

	// TCPInfoFieldCount is the number of members.
	TCPInfoFieldCount
)

var tcpInfoNames = [TCPInfoFieldCount]string{
	"state", "ca_state", "retransmits", "probes", "backoff", "options", "snd_wscale", "rcv_wscale",
	"delivery_rate_app_limited", "fastopen_client_fail",
	"rto_us", "ato_us", "snd_mss_bytes", "rcv_mss_bytes", "unacked", "sacked", "lost", "retrans", "fackets",
	"last_data_sent_ms", "last_ack_sent_ms", "last_data_recv_ms", "last_ack_recv_ms",
	"pmtu_bytes", "rcv_ssthresh_bytes", "rtt_us", "rttvar_us", "snd_ssthresh", "snd_cwnd", "advmss_bytes",
	"reordering", "rcv_rtt_us", "rcv_space_bytes", "total_retrans",
	"pacing_rate_bytes_per_second", "max_pacing_rate_bytes_per_second", "bytes_acked", "bytes_received",
	"segs_out", "segs_in", "notsent_bytes", "min_rtt_us", "data_segs_in", "data_segs_out",
	"delivery_rate_bytes_per_second", "busy_time_us", "rwnd_limited_us", "sndbuf_limited_us",
	"delivered", "delivered_ce", "bytes_sent", "bytes_retrans", "dsack_dups", "reord_seen", "rcv_ooopack",
	"snd_wnd_bytes", "rcv_wnd_bytes", "rehash", "total_rto", "total_rto_recoveries", "total_rto_time_ms",
}

// String returns the name of the member in JSON: the kernel's, with the unit
// where it has one.
func (f TCPInfoField) String() string {
	if f >= TCPInfoFieldCount {
		return "unknown"
	}
	return tcpInfoNames[f]
}

// ParseTCPInfoField is the inverse of [TCPInfoField.String].
func ParseTCPInfoField(name string) (TCPInfoField, bool) {
	for f, n := range tcpInfoNames {
		if n == name {
			return TCPInfoField(f), true
		}
	}
	return 0, false
}

// Set makes a member known.
func (t *TCPInfo) Set(f TCPInfoField, v uint64) {
	t.known |= 1 << f
	t.values[f] = v
}

// Get returns a member, in the unit of its name, and whether it is known.
func (t *TCPInfo) Get(f TCPInfoField) (uint64, bool) {
	return t.values[f], t.known&(1<<f) != 0
}
