package sock

import (
	"net/netip"
	"slices"
)

// SCTPInfo is what the kernel tells of an SCTP socket (struct sctp_info of
// linux/sctp.h) or of one of its associations.
type SCTPInfo struct {
	Numbers // by SCTPInfoMembers
	// State is that of the association; a listener has none.
	State SCTPState
	// Locals and Peers are the addresses of the two ends, each of which may have
	// several, and Primary is the one of the peer that is sent to, as text.
	Locals, Peers []netip.Addr
	Primary       string
}

// clone returns a copy that shares nothing, or nil of nil.
func (i *SCTPInfo) clone() *SCTPInfo {
	if i == nil {
		return nil
	}
	c := *i
	c.Locals, c.Peers = slices.Clone(i.Locals), slices.Clone(i.Peers)
	return &c
}

// LocalTo returns the own address that packets to one of the peer's come from: the
// first of its family, else the first there is. Locals must not be empty.
func (i *SCTPInfo) LocalTo(peer netip.Addr) netip.Addr {
	return i.Locals[max(0, slices.IndexFunc(i.Locals, func(a netip.Addr) bool { return a.Is4() == peer.Is4() }))]
}

// SCTPState is the state of an association, RFC 9260 section 4.
type SCTPState uint8

// The states, in the order of enum sctp_state of linux/sctp.h behind none.
const (
	SCTPNoState SCTPState = iota
	SCTPClosed
	SCTPCookieWait
	SCTPCookieEchoed
	SCTPEstablished
	SCTPShutdownPending
	SCTPShutdownSent
	SCTPShutdownReceived
	SCTPShutdownAckSent
	sctpStateEnd
)

var sctpStateNames = [...]string{"", "closed", "cookie_wait", "cookie_echoed", "established", "shutdown_pending",
	"shutdown_sent", "shutdown_received", "shutdown_ack_sent"}

// SCTPStateNames returns the names by number, nothing for none. The slice is shared
// and must not be changed.
func SCTPStateNames() []string { return sctpStateNames[:] }

// SCTPStateOf returns the state of the kernel's number; none of one that is unknown.
func SCTPStateOf(kernel uint64) SCTPState {
	if kernel >= uint64(sctpStateEnd-SCTPClosed) {
		return SCTPNoState
	}
	return SCTPState(kernel) + SCTPClosed
}

// State returns the state of TCP that is like it: who waits for what of whom.
func (s SCTPState) State() State {
	return [...]State{StateUnknown, Closed, SynSent, SynSent, Established, FinWait1, FinWait2, CloseWait, LastAck}[min(s, sctpStateEnd-1)]
}

// SCTPInfoMembers are the numbers of struct sctp_info, by which [SCTPInfo] is
// numbered.
var SCTPInfoMembers = []Member{
	{Name: "tag", Kind: MemberHex, Offset: 0, Size: 4, Meaning: "own verification tag"},
	{Name: "rwnd_bytes", Unit: UnitBytes, Offset: 8, Size: 4, Meaning: "own receive window"},
	{Name: "unackdata", Offset: 12, Size: 2, Meaning: "chunks sent and not acknowledged"},
	{Name: "penddata", Offset: 14, Size: 2, Meaning: "chunks received and not read"},
	{Name: "instrms", Offset: 16, Size: 2, Meaning: "streams that arrive"},
	{Name: "outstrms", Offset: 18, Size: 2, Meaning: "streams that are sent"},
	{Name: "fragmentation_point_bytes", Unit: UnitBytes, Offset: 20, Size: 4, Meaning: "size at which messages are cut into chunks"},
	{Name: "inqueue", Offset: 24, Size: 4, Meaning: "chunks in the queue of what arrived"},
	{Name: "outqueue", Offset: 28, Size: 4, Meaning: "chunks in the queue of what is to be sent"},
	{Name: "overall_error", Offset: 32, Size: 4, Meaning: "timeouts in a row, of all paths"},
	{Name: "max_burst", Offset: 36, Size: 4, Meaning: "packets that may be sent at once"},
	{Name: "maxseg_bytes", Unit: UnitBytes, Offset: 40, Size: 4, Meaning: "largest chunk (SCTP_MAXSEG)"},
	{Name: "peer_rwnd_bytes", Unit: UnitBytes, Offset: 44, Size: 4, Meaning: "receive window of the peer"},
	{Name: "peer_tag", Kind: MemberHex, Offset: 48, Size: 4, Meaning: "verification tag of the peer"},
	{Name: "peer_capable", Offset: 52, Size: 1, Meaning: "what the peer can do: 1 ECN, 2 IPv4, 4 IPv6, 8 names, 16 dynamic addresses, 32 partial reliability, 64 authentication"},
	{Name: "peer_sack", Kind: MemberFlag, Offset: 53, Size: 1, Meaning: "whether the peer needs an acknowledgement"},
	{Name: "isacks", Offset: 56, Size: 8, Meaning: "acknowledgements received"},
	{Name: "osacks", Offset: 64, Size: 8, Meaning: "acknowledgements sent"},
	{Name: "opackets", Offset: 72, Size: 8, Meaning: "packets sent"},
	{Name: "ipackets", Offset: 80, Size: 8, Meaning: "packets received"},
	{Name: "rtxchunks", Offset: 88, Size: 8, Meaning: "chunks retransmitted"},
	{Name: "outofseqtsns", Offset: 96, Size: 8, Meaning: "chunks received above the expected window"},
	{Name: "idupchunks", Offset: 104, Size: 8, Meaning: "chunks received twice"},
	{Name: "gapcnt", Offset: 112, Size: 8, Meaning: "acknowledgements received with a gap"},
	{Name: "ouodchunks", Offset: 120, Size: 8, Meaning: "unordered chunks sent"},
	{Name: "iuodchunks", Offset: 128, Size: 8, Meaning: "unordered chunks received"},
	{Name: "oodchunks", Offset: 136, Size: 8, Meaning: "ordered chunks sent"},
	{Name: "iodchunks", Offset: 144, Size: 8, Meaning: "ordered chunks received"},
	{Name: "octrlchunks", Offset: 152, Size: 8, Meaning: "control chunks sent"},
	{Name: "ictrlchunks", Offset: 160, Size: 8, Meaning: "control chunks received"},
	{Name: "p_state", Offset: 296, Size: 4, Meaning: "primary path: 0 inactive, 1 potentially failed, 2 active, 3 unconfirmed"},
	{Name: "p_cwnd_bytes", Unit: UnitBytes, Offset: 300, Size: 4, Meaning: "primary path: congestion window"},
	{Name: "p_srtt_ms", Unit: UnitMilliseconds, Offset: 304, Size: 4, Meaning: "primary path: round-trip time, smoothed"},
	{Name: "p_rto_ms", Unit: UnitMilliseconds, Offset: 308, Size: 4, Meaning: "primary path: retransmission timeout"},
	{Name: "p_hbinterval_ms", Unit: UnitMilliseconds, Offset: 312, Size: 4, Meaning: "primary path: time between heartbeats"},
	{Name: "p_pathmaxrxt", Offset: 316, Size: 4, Meaning: "primary path: timeouts after which it has failed"},
	{Name: "p_sackdelay_ms", Unit: UnitMilliseconds, Offset: 320, Size: 4, Meaning: "primary path: delay of acknowledgements"},
	{Name: "p_sackfreq", Offset: 324, Size: 4, Meaning: "primary path: packets after which one is sent"},
	{Name: "p_ssthresh_bytes", Unit: UnitBytes, Offset: 328, Size: 4, Meaning: "primary path: slow start threshold"},
	{Name: "p_partial_bytes_acked", Unit: UnitBytes, Offset: 332, Size: 4, Meaning: "primary path: bytes acknowledged since the window last grew"},
	{Name: "p_flight_size_bytes", Unit: UnitBytes, Offset: 336, Size: 4, Meaning: "primary path: bytes on their way"},
	{Name: "p_error", Offset: 340, Size: 2, Meaning: "primary path: timeouts in a row"},
	{Name: "s_autoclose_seconds", Offset: 344, Size: 4, Meaning: "idle seconds after which an association is closed, 0 never"},
	{Name: "s_adaptation_ind", Offset: 348, Size: 4, Meaning: "adaptation indication (SCTP_ADAPTATION_LAYER)"},
	{Name: "s_pd_point_bytes", Unit: UnitBytes, Offset: 352, Size: 4, Meaning: "size from which a message is delivered in parts"},
	{Name: "s_nodelay", Kind: MemberFlag, Offset: 356, Size: 1, Meaning: "whether small chunks are sent at once (SCTP_NODELAY)"},
	{Name: "s_disable_fragments", Kind: MemberFlag, Offset: 357, Size: 1, Meaning: "whether messages are not cut"},
	{Name: "s_v4mapped", Kind: MemberFlag, Offset: 358, Size: 1, Meaning: "whether IPv4 addresses are given v4-mapped"},
	{Name: "s_frag_interleave", Offset: 359, Size: 1, Meaning: "whether parts of messages are delivered in turns"},
	{Name: "s_type", Offset: 360, Size: 4, Meaning: "0 one-to-many, 1 the same with large messages, 2 one-to-one"},
}
