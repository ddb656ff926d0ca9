package fact

import "sockeye/sock"

var mptcpInfoFact = numbersFact(Fact{
	Name: "mptcp_info", Needs: sock.FieldMPTCPInfo, Words: "TCP's inner facts",
	Doc:   "details of MPTCP: struct mptcp_info of linux/mptcp.h, as far as the kernel gave it",
	begin: func(s *sock.Socket) { s.MPTCPInfo = new(sock.Numbers) },
}, sock.MPTCPInfoMembers, "mptcp_", func(s *sock.Socket) *sock.Numbers { return s.MPTCPInfo }, func(parts partList) {
	flags := parts.named("flags")
	flags.show = flags.showFlags([]string{"fallback", "remote_key"})
})

var mptcpSubflowFact = numbersFact(Fact{
	Name: "mptcp_subflow", Needs: sock.FieldMPTCPSubflow, Words: "TCP's inner facts",
	Doc:   "what a TCP connection is in one of MPTCP: MPTCP_SUBFLOW_ATTR_* of linux/mptcp.h",
	begin: func(s *sock.Socket) { s.MPTCPSubflow = new(sock.Numbers) },
}, sock.MPTCPSubflowMembers, "subflow_", func(s *sock.Socket) *sock.Numbers { return s.MPTCPSubflow }, func(parts partList) {
	flags := parts.named("flags")
	flags.show = flags.showFlags([]string{
		"capable_remote", "capable_local", "join_remote", "join_local", "backup_remote", "backup_local",
		"fully_established", "connected", "mapping_valid",
	})
})
