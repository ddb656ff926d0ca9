package render

import (
	"net/netip"

	"sockeye/sock"
)

// families are sockets with what only the sockets of their protocol have.
func families() []*sock.Socket {
	mptcp := inet(sock.MPTCP, sock.Established, "10.0.0.5:443", "10.0.0.9:51514")
	mptcp.MPTCPInfo = everyMember(sock.MPTCPInfoMembers)
	mptcp.Known |= sock.FieldMPTCPInfo
	subflow := inet(sock.TCP, sock.Established, "10.0.0.5:443", "10.0.0.9:51514")
	subflow.MPTCPSubflow = everyMember(sock.MPTCPSubflowMembers)
	subflow.Known |= sock.FieldMPTCPSubflow
	sctp := inet(sock.SCTP, sock.Established, "10.0.0.5:3868", "10.0.0.9:3868")
	ends := []netip.Addr{netip.MustParseAddr("10.0.0.9"), netip.MustParseAddr("fd00::9")}
	sctp.SCTPInfo = &sock.SCTPInfo{Numbers: *everyMember(sock.SCTPInfoMembers), State: sock.SCTPEstablished,
		Locals: ends[:1], Peers: ends, Primary: "fd00::9"}
	sctp.Known |= sock.FieldSCTPInfo
	smc := inet(sock.SMC, sock.Established, "10.0.0.5:443", "10.0.0.9:51514")
	smc.SMCInfo = &sock.SMCInfo{Numbers: *everyMember(sock.SMCMembers), State: sock.SMCStateOf(1), Mode: sock.SMCR, Device: "mlx5_0", GID: "fe80::1", PeerGID: "fe80::2"}
	smc.Known |= sock.FieldSMCInfo
	tipc := &sock.Socket{Known: sock.FieldTIPC, Protocol: sock.TIPC, Family: sock.FamilyTIPC, State: sock.Established, TIPC: everyMember(sock.TIPCMembers)}
	return []*sock.Socket{mptcp, subflow, sctp, smc, tipc}
}

// everyMember knows every member, with a value of its own that fits it.
func everyMember(members []sock.Member) *sock.Numbers {
	var n sock.Numbers
	for i, m := range members {
		value := uint64(i + 1)
		if m.Kind == sock.MemberFlag {
			value = 1
		}
		n.Set(i, value)
	}
	return &n
}
