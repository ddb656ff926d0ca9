package sock

// SMCInfo is what the kernel tells of a socket of Shared Memory Communications:
// linux/smc_diag.h.
type SMCInfo struct {
	Numbers // by SMCMembers
	// State is SMC's own, and Mode how the bytes go.
	State SMCState
	Mode  SMCMode
	// Device is the RDMA device of the link, and GID and PeerGID its ends.
	Device, GID, PeerGID string
}

// SMCState is the state of an SMC socket, enum smc_state of the kernel's net/smc/smc.h.
type SMCState uint8

// The states that have a number below; see [SMCStateOf].
const (
	SMCNoState SMCState = iota
	smcActive
	smcInit
	smcClosed
	smcListen
	smcPeerCloseWait1
	smcPeerCloseWait2
	smcAppCloseWait1
	smcAppCloseWait2
	smcAppFinCloseWait
	smcPeerFinCloseWait
	smcPeerAbortWait
	smcProcessAbort
	smcStateEnd
)

var smcStateNames = [smcStateEnd]string{"", "active", "init", "closed", "listen", "peer_close_wait_1", "peer_close_wait_2",
	"app_close_wait_1", "app_close_wait_2", "app_fin_close_wait", "peer_fin_close_wait", "peer_abort_wait", "process_abort"}

// SMCStateNames returns the names by number, nothing for none. The slice is shared
// and must not be changed.
func SMCStateNames() []string { return smcStateNames[:] }

var smcStates = map[uint8]SMCState{1: smcActive, 2: smcInit, 7: smcClosed, 10: smcListen, 20: smcPeerCloseWait1,
	21: smcPeerCloseWait2, 22: smcAppCloseWait1, 23: smcAppCloseWait2, 24: smcAppFinCloseWait, 25: smcPeerFinCloseWait,
	26: smcPeerAbortWait, 27: smcProcessAbort}

// SMCStateOf returns the state of the kernel's number.
func SMCStateOf(kernel uint8) SMCState { return smcStates[kernel] }

// State returns the state of TCP that is like it: who waits for what of whom. One
// that is new (init) is closed.
func (s SMCState) State() State {
	return [smcStateEnd]State{StateUnknown, Established, Closed, Closed, Listen, FinWait1, FinWait2,
		CloseWait, CloseWait, CloseWait, LastAck, Closing, Closing}[min(s, smcStateEnd-1)]
}

// SMCMode says how the bytes of an SMC socket go, SMC_DIAG_MODE_*.
type SMCMode uint8

// The modes, one more than the kernel's numbers.
const (
	SMCNoMode   SMCMode = iota
	SMCR                // through RDMA
	SMCFallback         // through TCP
	SMCD                // through shared memory of a device
	smcModeEnd
)

var smcModeNames = [smcModeEnd]string{"", "smc_r", "fallback_tcp", "smc_d"}

// SMCModeNames returns the names by number, nothing for none. The slice is shared
// and must not be changed.
func SMCModeNames() []string { return smcModeNames[:] }

// SMCModeOf returns the mode of the kernel's number.
func SMCModeOf(kernel uint8) SMCMode {
	if kernel >= uint8(smcModeEnd)-1 {
		return SMCNoMode
	}
	return SMCMode(kernel) + 1
}

// The structures whose members stand in [SMCMembers] one behind the other, by the
// number of the first.
var (
	SMCFallbackAt = MemberNamed(SMCMembers, "fallback_reason")
	SMCConnAt     = MemberNamed(SMCMembers, "token")
	SMCLinkAt     = MemberNamed(SMCMembers, "role")
	SMCDMBAt      = MemberNamed(SMCMembers, "dmb_linkid")
)

// SMCMembers are the numbers of struct smc_diag_fallback, smc_diag_conninfo,
// smc_diag_lgrinfo and smcd_diag_dmbinfo, by which [SMCInfo] is numbered.
var SMCMembers = []Member{
	{Name: "fallback_reason", Kind: MemberHex, Offset: 0, Size: 4, Meaning: "why the bytes go through TCP, SMC_CLC_DECL_* of the kernel; 0 they do not"},
	{Name: "peer_diagnosis", Kind: MemberHex, Offset: 4, Size: 4, Meaning: "why the peer declined"},

	{Name: "token", Kind: MemberHex, Offset: 0, Size: 4, Meaning: "number of the connection"},
	{Name: "sndbuf_size_bytes", Unit: UnitBytes, Offset: 4, Size: 4, Meaning: "send buffer"},
	{Name: "rmbe_size_bytes", Unit: UnitBytes, Offset: 8, Size: 4, Meaning: "receive buffer"},
	{Name: "peer_rmbe_size_bytes", Unit: UnitBytes, Offset: 12, Size: 4, Meaning: "receive buffer of the peer"},
	{Name: "rx_prod_wrap", Offset: 18, Size: 2, Meaning: "times round the receive buffer, as written by the peer"},
	{Name: "rx_prod_count", Offset: 20, Size: 4, Meaning: "place in it"},
	{Name: "rx_cons_wrap", Offset: 26, Size: 2, Meaning: "times round the peer's receive buffer, as read by the peer"},
	{Name: "rx_cons_count", Offset: 28, Size: 4, Meaning: "place in it"},
	{Name: "tx_prod_wrap", Offset: 34, Size: 2, Meaning: "times round the peer's receive buffer, as written"},
	{Name: "tx_prod_count", Offset: 36, Size: 4, Meaning: "place in it"},
	{Name: "tx_cons_wrap", Offset: 42, Size: 2, Meaning: "times round the receive buffer, as read"},
	{Name: "tx_cons_count", Offset: 44, Size: 4, Meaning: "place in it"},
	{Name: "rx_prod_flags", Offset: 48, Size: 1, Meaning: "flags of the peer as a writer"},
	{Name: "rx_conn_state_flags", Offset: 49, Size: 1, Meaning: "flags of the peer about the connection"},
	{Name: "tx_prod_flags", Offset: 50, Size: 1, Meaning: "own flags as a writer"},
	{Name: "tx_conn_state_flags", Offset: 51, Size: 1, Meaning: "own flags about the connection"},
	{Name: "tx_prep_wrap", Offset: 54, Size: 2, Meaning: "times round the send buffer, as filled"},
	{Name: "tx_prep_count", Offset: 56, Size: 4, Meaning: "place in it"},
	{Name: "tx_sent_wrap", Offset: 62, Size: 2, Meaning: "times round the send buffer, as sent"},
	{Name: "tx_sent_count", Offset: 64, Size: 4, Meaning: "place in it"},
	{Name: "tx_fin_wrap", Offset: 70, Size: 2, Meaning: "times round the send buffer, as confirmed"},
	{Name: "tx_fin_count", Offset: 72, Size: 4, Meaning: "place in it"},

	{Name: "role", Offset: 146, Size: 1, Meaning: "in the link group: 0 client, 1 server"},
	{Name: "link_id", Offset: 0, Size: 1, Meaning: "number of the link"},
	{Name: "ibport", Offset: 65, Size: 1, Meaning: "port of the RDMA device"},

	{Name: "dmb_linkid", Offset: 0, Size: 4, Meaning: "number of the link of SMC-D"},
	{Name: "dmb_peer_gid", Kind: MemberHex, Offset: 8, Size: 8, Meaning: "peer's device of SMC-D"},
	{Name: "dmb_my_gid", Kind: MemberHex, Offset: 16, Size: 8, Meaning: "own device of SMC-D"},
	{Name: "dmb_token", Kind: MemberHex, Offset: 24, Size: 8, Meaning: "number of the own buffer"},
	{Name: "dmb_peer_token", Kind: MemberHex, Offset: 32, Size: 8, Meaning: "number of the peer's buffer"},
	{Name: "dmb_peer_gid_ext", Kind: MemberHex, Offset: 40, Size: 8, Meaning: "the rest of dmb_peer_gid"},
	{Name: "dmb_my_gid_ext", Kind: MemberHex, Offset: 48, Size: 8, Meaning: "the rest of dmb_my_gid"},
}
