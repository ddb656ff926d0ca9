package fact

import "sockeye/sock"

// tipcFact is where a TIPC socket is, and what is told of it beside.
var tipcFact = func() *Fact {
	f := numbersFact(Fact{
		Name: "tipc", Needs: sock.FieldTIPC, Words: "ends of TIPC sockets",
		Doc:   "TIPC socket: the nodes and sockets of its ends, and TIPC_NLA_SOCK_* of linux/tipc_netlink.h",
		begin: func(s *sock.Socket) { s.TIPC = new(sock.Numbers) },
	}, sock.TIPCMembers, "tipc_", func(s *sock.Socket) *sock.Numbers { return s.TIPC }, func(parts partList) {
		for _, name := range []string{"local_node", "local_ref", "peer_node", "peer_ref"} {
			parts.named(name).silent = true // the columns LOCAL and REMOTE have it
		}
	})
	f.Optional, f.Option, f.also = false, "extended", "tipcinfo"
	return f
}()
