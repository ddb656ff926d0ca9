package sock

// TCPInfoField names a member of the kernel's struct tcp_info (linux/tcp.h).
type TCPInfoField uint8

// tcpInfoSet is a set of members. It has a place for every value of
// TCPInfoField.
type tcpInfoSet [4]uint64

func (s *tcpInfoSet) add(f TCPInfoField)      { s[f/64] |= 1 << (f % 64) }
func (s *tcpInfoSet) has(f TCPInfoField) bool { return s[f/64]&(1<<(f%64)) != 0 }

// TCPInfo holds the members of struct tcp_info that the kernel gave. An older
// kernel gives a shorter struct: what is behind its end is not known.
type TCPInfo struct {
	known  tcpInfoSet
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
	TCPInfoReceivedCE
	TCPInfoDeliveredE1Bytes
	TCPInfoDeliveredE0Bytes
	TCPInfoDeliveredCEBytes
	TCPInfoReceivedE1Bytes
	TCPInfoReceivedE0Bytes
	TCPInfoReceivedCEBytes
	TCPInfoECNMode
	TCPInfoAccECNOptSeen
	TCPInfoAccECNFailMode
	TCPInfoOptions2

	// TCPInfoFieldCount is the number of members.
	TCPInfoFieldCount
)

// TCPInfoMember describes a member of struct tcp_info.
type TCPInfoMember struct {
	// Name is the kernel's, with the unit behind it where it has one.
	Name string
	Unit Unit
	// Bytes is the width of the member in the struct; of a bit field, that of
	// the integer that holds it.
	Bytes uint8
	// Meaning is one line for people, without the unit.
	Meaning string
	// unlimited: from this value on it stands for no value; 0 if none does.
	unlimited uint64
}

// tcpInfoMembers is the table that every list of these members is made from.
var tcpInfoMembers = describeTCPInfo([TCPInfoFieldCount]TCPInfoMember{
	TCPInfoState:                  {"state", UnitNone, 1, "state, by the kernel's number", 0},
	TCPInfoCAState:                {"ca_state", UnitNone, 1, "state of congestion control: 0 open, 1 disorder, 2 CWR, 3 recovery, 4 loss", 0},
	TCPInfoRetransmits:            {"retransmits", UnitNone, 1, "retransmissions of the segment that waits now", 0},
	TCPInfoProbes:                 {"probes", UnitNone, 1, "probes sent that nothing answered", 0},
	TCPInfoBackoff:                {"backoff", UnitNone, 1, "how often the timeout was doubled", 0},
	TCPInfoOptions:                {"options", UnitNone, 1, "options in use: 1 timestamps, 2 SACK, 4 window scale, 8 ECN, 16 ECN seen, 32 data in the SYN", 0},
	TCPInfoSndWscale:              {"snd_wscale", UnitNone, 1, "window scale of the peer", 0},
	TCPInfoRcvWscale:              {"rcv_wscale", UnitNone, 1, "own window scale", 0},
	TCPInfoDeliveryRateAppLimited: {"delivery_rate_app_limited", UnitNone, 1, "delivery_rate was held down by the program", 0},
	TCPInfoFastopenClientFail:     {"fastopen_client_fail", UnitNone, 1, "why TCP Fast Open failed", 0},
	TCPInfoRTO:                    {"rto_us", UnitMicroseconds, 4, "retransmission timeout", 0},
	TCPInfoATO:                    {"ato_us", UnitMicroseconds, 4, "timeout of delayed acknowledgements", 0},
	TCPInfoSndMSS:                 {"snd_mss_bytes", UnitBytes, 4, "segment size for sending", 0},
	TCPInfoRcvMSS:                 {"rcv_mss_bytes", UnitBytes, 4, "segment size seen in what arrives", 0},
	TCPInfoUnacked:                {"unacked", UnitNone, 4, "segments sent and not acknowledged", 0},
	TCPInfoSacked:                 {"sacked", UnitNone, 4, "segments acknowledged selectively", 0},
	TCPInfoLost:                   {"lost", UnitNone, 4, "segments taken for lost", 0},
	TCPInfoRetrans:                {"retrans", UnitNone, 4, "retransmitted segments on their way", 0},
	TCPInfoFackets:                {"fackets", UnitNone, 4, "segments before the highest acknowledged one; not counted since Linux 4.15", 0},
	TCPInfoLastDataSent:           {"last_data_sent_ms", UnitMilliseconds, 4, "time since data was sent last", 0},
	TCPInfoLastAckSent:            {"last_ack_sent_ms", UnitMilliseconds, 4, "time since an acknowledgement was sent; no kernel tells it", 0},
	TCPInfoLastDataRecv:           {"last_data_recv_ms", UnitMilliseconds, 4, "time since data arrived last", 0},
	TCPInfoLastAckRecv:            {"last_ack_recv_ms", UnitMilliseconds, 4, "time since an acknowledgement arrived last", 0},
	TCPInfoPMTU:                   {"pmtu_bytes", UnitBytes, 4, "path MTU", 0},
	TCPInfoRcvSsthresh:            {"rcv_ssthresh_bytes", UnitBytes, 4, "largest window to advertise for now", 0},
	TCPInfoRTT:                    {"rtt_us", UnitMicroseconds, 4, "round-trip time, smoothed", 0},
	TCPInfoRTTVar:                 {"rttvar_us", UnitMicroseconds, 4, "variation of the round-trip time", 0},
	TCPInfoSndSsthresh:            {"snd_ssthresh", UnitNone, 4, "slow start threshold, in segments; not known before a loss", 0},
	TCPInfoSndCwnd:                {"snd_cwnd", UnitNone, 4, "congestion window, in segments", 0},
	TCPInfoAdvMSS:                 {"advmss_bytes", UnitBytes, 4, "segment size advertised to the peer", 0},
	TCPInfoReordering:             {"reordering", UnitNone, 4, "how many segments may arrive out of order", 0},
	TCPInfoRcvRTT:                 {"rcv_rtt_us", UnitMicroseconds, 4, "round-trip time as the receiver sees it", 0},
	TCPInfoRcvSpace:               {"rcv_space_bytes", UnitBytes, 4, "what the program reads in a round trip", 0},
	TCPInfoTotalRetrans:           {"total_retrans", UnitNone, 4, "segments retransmitted so far", 0},
	TCPInfoPacingRate:             {"pacing_rate_bytes_per_second", UnitBytesPerSecond, 8, "rate that sending is held to; not known where it is not", 0},
	TCPInfoMaxPacingRate:          {"max_pacing_rate_bytes_per_second", UnitBytesPerSecond, 8, "limit of that rate (SO_MAX_PACING_RATE); not known where there is none", 0},
	TCPInfoBytesAcked:             {"bytes_acked", UnitBytes, 8, "bytes acknowledged by the peer", 0},
	TCPInfoBytesReceived:          {"bytes_received", UnitBytes, 8, "bytes received and acknowledged", 0},
	TCPInfoSegsOut:                {"segs_out", UnitNone, 4, "segments sent", 0},
	TCPInfoSegsIn:                 {"segs_in", UnitNone, 4, "segments received", 0},
	TCPInfoNotsentBytes:           {"notsent_bytes", UnitBytes, 4, "bytes written and not sent yet", 0},
	TCPInfoMinRTT:                 {"min_rtt_us", UnitMicroseconds, 4, "least round-trip time seen", 0},
	TCPInfoDataSegsIn:             {"data_segs_in", UnitNone, 4, "segments received with data", 0},
	TCPInfoDataSegsOut:            {"data_segs_out", UnitNone, 4, "segments sent with data", 0},
	TCPInfoDeliveryRate:           {"delivery_rate_bytes_per_second", UnitBytesPerSecond, 8, "rate at which data was delivered lately", 0},
	TCPInfoBusyTime:               {"busy_time_us", UnitMicroseconds, 8, "time with data to send", 0},
	TCPInfoRwndLimited:            {"rwnd_limited_us", UnitMicroseconds, 8, "time held up by the peer's window", 0},
	TCPInfoSndbufLimited:          {"sndbuf_limited_us", UnitMicroseconds, 8, "time held up by the send buffer", 0},
	TCPInfoDelivered:              {"delivered", UnitNone, 4, "segments delivered", 0},
	TCPInfoDeliveredCE:            {"delivered_ce", UnitNone, 4, "segments delivered with a mark of congestion", 0},
	TCPInfoBytesSent:              {"bytes_sent", UnitBytes, 8, "bytes sent, retransmissions among them", 0},
	TCPInfoBytesRetrans:           {"bytes_retrans", UnitBytes, 8, "bytes retransmitted", 0},
	TCPInfoDsackDups:              {"dsack_dups", UnitNone, 4, "segments that the peer got twice", 0},
	TCPInfoReordSeen:              {"reord_seen", UnitNone, 4, "reorderings seen", 0},
	TCPInfoRcvOoopack:             {"rcv_ooopack", UnitNone, 4, "segments that arrived out of order", 0},
	TCPInfoSndWnd:                 {"snd_wnd_bytes", UnitBytes, 4, "window that the peer advertises", 0},
	TCPInfoRcvWnd:                 {"rcv_wnd_bytes", UnitBytes, 4, "own window, as advertised", 0},
	TCPInfoRehash:                 {"rehash", UnitNone, 4, "changes of the flow's hash: after a loss, another path is tried", 0},
	TCPInfoTotalRTO:               {"total_rto", UnitNone, 2, "retransmission timeouts so far", 0},
	TCPInfoTotalRTORecoveries:     {"total_rto_recoveries", UnitNone, 2, "recoveries from them", 0},
	TCPInfoTotalRTOTime:           {"total_rto_time_ms", UnitMilliseconds, 4, "time spent in them", 0},
	TCPInfoReceivedCE:             {"received_ce", UnitNone, 4, "segments received with a mark of congestion", 0},
	TCPInfoDeliveredE1Bytes:       {"delivered_e1_bytes", UnitBytes, 4, "bytes delivered with the mark ECT(1)", 0},
	TCPInfoDeliveredE0Bytes:       {"delivered_e0_bytes", UnitBytes, 4, "bytes delivered with the mark ECT(0)", 0},
	TCPInfoDeliveredCEBytes:       {"delivered_ce_bytes", UnitBytes, 4, "bytes delivered with a mark of congestion", 0},
	TCPInfoReceivedE1Bytes:        {"received_e1_bytes", UnitBytes, 4, "bytes received with the mark ECT(1)", 0},
	TCPInfoReceivedE0Bytes:        {"received_e0_bytes", UnitBytes, 4, "bytes received with the mark ECT(0)", 0},
	TCPInfoReceivedCEBytes:        {"received_ce_bytes", UnitBytes, 4, "bytes received with a mark of congestion", 0},
	TCPInfoECNMode:                {"ecn_mode", UnitNone, 4, "ECN as agreed: 0 disabled, 1 RFC 3168, 2 AccECN, 3 pending", 0},
	TCPInfoAccECNOptSeen:          {"accecn_opt_seen", UnitNone, 4, "the option of AccECN in what arrived: 0 not seen, 1 empty, 2 counters, 3 failed", 0},
	TCPInfoAccECNFailMode:         {"accecn_fail_mode", UnitNone, 4, "what of AccECN does not get through: 1 its bits sent, 2 received, 4 its option sent, 8 received", 0},
	TCPInfoOptions2:               {"options2", UnitNone, 4, "more options in use; the kernel has named none yet", 0},
})

// infiniteSsthresh is TCP_INFINITE_SSTHRESH of net/tcp.h: no loss yet has set
// the threshold.
const infiniteSsthresh = 1<<31 - 1

// describeTCPInfo adds to the members which value stands for none: all ones, as
// where a rate has no limit or a round trip was never measured.
func describeTCPInfo(members [TCPInfoFieldCount]TCPInfoMember) *[TCPInfoFieldCount]TCPInfoMember {
	for i := range members {
		if bytes := members[i].Bytes; bytes >= 4 {
			members[i].unlimited = 1<<(8*bytes) - 1
		}
	}
	members[TCPInfoSndSsthresh].unlimited = infiniteSsthresh
	return &members
}

// Member describes the member.
func (f TCPInfoField) Member() TCPInfoMember { return tcpInfoMembers[f] }

// String returns the name of the member in JSON: the kernel's, with the unit
// where it has one.
func (f TCPInfoField) String() string {
	if f >= TCPInfoFieldCount {
		return "unknown"
	}
	return tcpInfoMembers[f].Name
}

// Set makes a member known, in the unit of its name. A value that stands for
// none, such as TCP_INFINITE_SSTHRESH, leaves it unknown.
func (t *TCPInfo) Set(f TCPInfoField, v uint64) {
	if none := tcpInfoMembers[f].unlimited; v >= none && none != 0 {
		return
	}
	t.known.add(f)
	t.values[f] = v
}

// Get returns a member, in the unit of its name, and whether it is known.
func (t *TCPInfo) Get(f TCPInfoField) (uint64, bool) {
	return t.values[f], t.known.has(f)
}
