package sock

// ofProtocols are the facts that the sockets of some protocols alone have, as far as any
// source knows.
var ofProtocols = [...]struct {
	facts Field
	of    ProtocolSet
}{
	{FieldPath | FieldPeerPath | FieldPeerInode | FieldFile | FieldPending, 1 << Unix},
	{FieldPacket | FieldPacketFilter, 1 << Packet},
	{FieldNetlink, 1 << Netlink},
	{FieldVSOCK, 1 << VSOCK},
	{FieldXDP, 1 << XDP},
	{FieldTIPC, 1 << TIPC},
	{FieldSCTPInfo, 1 << SCTP},
	{FieldMPTCPInfo, 1 << MPTCP},
	{FieldSMCInfo, 1 << SMC},
	{FieldULP | FieldCongestion | FieldCongestionInfo | FieldTLS | FieldMD5 | FieldMPTCPSubflow, 1 << TCP},
	{FieldTCPInfo, 1<<TCP | 1<<DCCP},
	{FieldType, 1<<Unix | 1<<Packet | 1<<Netlink | 1<<VSOCK | 1<<XDP | 1<<TIPC},
}

// MayBeOf reports whether a socket of a protocol can know one of the facts at least.
// Of an unknown protocol it can; of none at all it is not asked.
func (f Field) MayBeOf(p Protocol) bool {
	if f == 0 || p == ProtocolUnknown {
		return true
	}
	for _, own := range ofProtocols {
		if f&own.facts != 0 && own.of.Has(p) {
			return true
		}
		f &^= own.facts
	}
	return f != 0
}
