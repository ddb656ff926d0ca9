package sock

// MPTCPInfoMembers are those of struct mptcp_info of linux/mptcp.h as of Linux 7.0,
// by which [Socket.MPTCPInfo] is numbered. Newer kernels have names of their own for
// some, which stand in Meaning.
var MPTCPInfoMembers = []Member{
	{Name: "subflows", Offset: 0, Size: 1, Meaning: "subflows beside the first (extra_subflows)"},
	{Name: "add_addr_signal", Offset: 1, Size: 1, Meaning: "addresses announced to the peer"},
	{Name: "add_addr_accepted", Offset: 2, Size: 1, Meaning: "addresses that the peer announced and that were taken"},
	{Name: "subflows_max", Offset: 3, Size: 1, Meaning: "limit of subflows beside the first (limit_extra_subflows)"},
	{Name: "add_addr_signal_max", Offset: 4, Size: 1, Meaning: "endpoints that are announced (endp_signal_max)"},
	{Name: "add_addr_accepted_max", Offset: 5, Size: 1, Meaning: "limit of addresses taken from the peer (limit_add_addr_accepted)"},
	{Name: "flags", Offset: 8, Size: 4, Meaning: "1 fallback to TCP, 2 the peer's key was received"},
	{Name: "token", Kind: MemberHex, Offset: 12, Size: 4, Meaning: "number of the connection, which its subflows have as token_local"},
	{Name: "write_seq", Kind: MemberHex, Offset: 16, Size: 8, Meaning: "sequence number of the next byte to be written"},
	{Name: "snd_una", Kind: MemberHex, Offset: 24, Size: 8, Meaning: "sequence number of the first byte not acknowledged"},
	{Name: "rcv_nxt", Kind: MemberHex, Offset: 32, Size: 8, Meaning: "sequence number of the next byte expected"},
	{Name: "local_addr_used", Offset: 40, Size: 1, Since: 48, Meaning: "own addresses that subflows were made from"},
	{Name: "local_addr_max", Offset: 41, Size: 1, Since: 48, Meaning: "endpoints that subflows are made from (endp_subflow_max)"},
	{Name: "csum_enabled", Kind: MemberFlag, Offset: 42, Size: 1, Since: 48, Meaning: "whether the data has a checksum of MPTCP's own"},
	{Name: "retransmits", Offset: 44, Size: 4, Since: 80, Meaning: "retransmissions by MPTCP, beside those of its subflows"},
	{Name: "bytes_retrans", Unit: UnitBytes, Offset: 48, Size: 8, Since: 80, Meaning: "bytes retransmitted by MPTCP"},
	{Name: "bytes_sent", Unit: UnitBytes, Offset: 56, Size: 8, Since: 80, Meaning: "bytes sent"},
	{Name: "bytes_received", Unit: UnitBytes, Offset: 64, Size: 8, Since: 80, Meaning: "bytes received"},
	{Name: "bytes_acked", Unit: UnitBytes, Offset: 72, Size: 8, Since: 80, Meaning: "bytes acknowledged by the peer"},
	{Name: "subflows_total", Offset: 80, Size: 1, Since: 88, Meaning: "subflows, the first among them"},
	{Name: "endp_laminar_max", Offset: 81, Size: 1, Since: 96, Untold: true, Meaning: "endpoints for subflows to announced addresses (laminar)"},
	{Name: "endp_fullmesh_max", Offset: 82, Size: 1, Since: 96, Untold: true, Meaning: "endpoints for subflows to every address of the peer (fullmesh)"},
	{Name: "last_data_sent_ms", Unit: UnitMilliseconds, Offset: 84, Size: 4, Since: 96, Meaning: "time since data was sent last"},
	{Name: "last_data_recv_ms", Unit: UnitMilliseconds, Offset: 88, Size: 4, Since: 96, Meaning: "time since data arrived last"},
	{Name: "last_ack_recv_ms", Unit: UnitMilliseconds, Offset: 92, Size: 4, Since: 96, Meaning: "time since an acknowledgement arrived last"},
}

// MPTCPSubflowMembers are the attributes MPTCP_SUBFLOW_ATTR_* of linux/mptcp.h, by
// which [Socket.MPTCPSubflow] is numbered. Offset is the number of the attribute.
var MPTCPSubflowMembers = []Member{
	{Name: "flags", Offset: 8, Size: 4, Meaning: "1 MP_CAPABLE by the peer, 2 by this end, 4 MP_JOIN by the peer, 8 by this end, 16 backup by the peer, 32 by this end, 64 fully established, 128 connected, 256 the mapping is valid"},
	{Name: "token_remote", Kind: MemberHex, Offset: 1, Size: 4, Meaning: "number of the connection at the peer"},
	{Name: "token_local", Kind: MemberHex, Offset: 2, Size: 4, Meaning: "number of the connection here: mptcp_info.token of its row"},
	{Name: "id_remote", Offset: 9, Size: 1, Meaning: "number of the peer's address"},
	{Name: "id_local", Offset: 10, Size: 1, Meaning: "number of the own address"},
	{Name: "relwrite_seq", Offset: 3, Size: 4, Meaning: "sequence number in the subflow that the last mapping began with"},
	{Name: "map_seq", Kind: MemberHex, Offset: 4, Size: 8, Meaning: "sequence number of the connection that the mapping of what arrives begins with"},
	{Name: "map_sfseq", Kind: MemberHex, Offset: 5, Size: 4, Meaning: "sequence number of the subflow that the mapping begins with"},
	{Name: "ssn_offset", Kind: MemberHex, Offset: 6, Size: 4, Meaning: "first sequence number of the subflow"},
	{Name: "map_datalen_bytes", Unit: UnitBytes, Offset: 7, Size: 2, Meaning: "length of the mapping"},
}
