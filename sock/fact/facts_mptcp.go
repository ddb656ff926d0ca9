package fact

import "sockeye/sock"

var mptcpInfoFact = func() *Fact {
	f := numbersFact(Fact{
		Name: "mptcp_info", Needs: sock.FieldMPTCPInfo, Words: "TCP's inner facts",
		Doc: "details of MPTCP: struct mptcp_info of linux/mptcp.h, as far as the kernel gave it",
	}, sock.MPTCPInfoMembers, "mptcp_", func(s *sock.Socket) *sock.Numbers { return s.MPTCPInfo })
	f.begin = func(s *sock.Socket) { s.MPTCPInfo = new(sock.Numbers) }
	flags := f.part("flags")
	flags.show = flags.showFlags([]string{"fallback", "remote_key"})
	return f
}()

var mptcpSubflowFact = func() *Fact {
	f := numbersFact(Fact{
		Name: "mptcp_subflow", Needs: sock.FieldMPTCPSubflow, Words: "TCP's inner facts",
		Doc: "what a TCP connection is in one of MPTCP: MPTCP_SUBFLOW_ATTR_* of linux/mptcp.h",
	}, sock.MPTCPSubflowMembers, "subflow_", func(s *sock.Socket) *sock.Numbers { return s.MPTCPSubflow })
	f.begin = func(s *sock.Socket) { s.MPTCPSubflow = new(sock.Numbers) }
	flags := f.part("flags")
	flags.show = flags.showFlags([]string{
		"capable_remote", "capable_local", "join_remote", "join_local", "backup_remote", "backup_local",
		"fully_established", "connected", "mapping_valid",
	})
	return f
}()
