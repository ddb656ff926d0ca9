package fact

import "sockeye/sock"

// optionFacts are options that were set on a socket.
var optionFacts = []*Fact{
	integer(Fact{
		Name: "class_id", Aliases: []string{"priority"}, Kind: Number, Needs: sock.FieldClassID, Optional: true, Option: "tos", Words: "traffic classes",
		Doc: "class of its traffic: that of the control group (net_cls), else its priority (SO_PRIORITY)", Example: "class_id = 6",
	}, func(s *sock.Socket) *uint32 { return &s.ClassID }),
	{
		Name: "socket_options", Aliases: []string{"sockopt"}, Kind: Object, Needs: sock.FieldOptions, Optional: true, Option: "sockopt", Words: "options of sockets",
		Doc: "options of a socket over IP: struct inet_diag_sockopt of linux/inet_diag.h", parts: socketOptionParts,
	},
}

// socketOptionParts are in the order of the bits of [sock.SocketOptions].
func socketOptionParts() []*Fact {
	names := [...]struct{ name, doc string }{
		{"recverr", "errors are queued (IP_RECVERR)"},
		{"is_icsk", "the protocol has connections"},
		{"freebind", "it may be bound to an address that is not there (IP_FREEBIND)"},
		{"hdrincl", "the program writes the header of IP (IP_HDRINCL)"},
		{"mc_loop", "own multicast comes back (IP_MULTICAST_LOOP)"},
		{"transparent", "it may have addresses of others (IP_TRANSPARENT)"},
		{"mc_all", "multicast of groups that others joined arrives (IP_MULTICAST_ALL)"},
		{"nodefrag", "fragments are not put together (IP_NODEFRAG)"},
		{"bind_address_no_port", "the port is chosen when it connects (IP_BIND_ADDRESS_NO_PORT)"},
		{"recverr_rfc4884", "queued errors have the extensions of RFC 4884 (IP_RECVERR_RFC4884)"},
		{"defer_connect", "the SYN waits for data (TCP_FASTOPEN_CONNECT)"},
	}
	var parts []*Fact
	for i, n := range names {
		mask := sock.SocketOptions(1) << i
		parts = append(parts, &Fact{
			Name: "socket_options." + n.name, Aliases: []string{n.name}, Kind: Bool, Doc: n.doc, Example: n.name + " = true", plain: true,
			number: func(s *sock.Socket) (uint64, bool) { return bit(s.Options&mask != 0), true },
			setNumber: func(s *sock.Socket, v uint64) {
				if v != 0 {
					s.Options |= mask
				}
			},
		})
	}
	parts[1].silent = true                // the protocol says it
	parts[4].usual, parts[6].usual = 1, 1 // what a new socket has
	parts[8].Aliases = append(parts[8].Aliases, "bind_addr_no_port")
	return parts
}
