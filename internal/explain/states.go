package explain

// states are those of RFC 9293, and ours beside them.
var states = []*Entry{
	{
		Name: "LISTEN", Filter: "state LISTEN", See: []string{"backlog", "exposure", "syn_flood"},
		Title: "waits for connections",
		Text: []string{
			"A program called listen(2). The kernel answers each SYN to the port itself, keeps handshakes in the SYN queue and finished connections in the accept queue until the program takes them with accept(2).",
			"It becomes so from CLOSED by listen(2), and ends by close(2); the connections that it accepted are sockets of their own and stay.",
			"recv_queue is how many connections wait to be accepted, backlog how many may. A recv_queue that stays above 0 means that the program does not keep up; one at the backlog that connections are turned away.",
		},
		Sources: []string{"RFC 9293 section 3.3.2", "listen(2)", "inet_csk_listen_start in net/ipv4/inet_connection_sock.c"},
	},
	{
		Name: "SYN_SENT", Filter: "state SYN_SENT", See: []string{"port_exhaustion", "reset", "SYN_RECEIVED"},
		Title: "asked for a connection, and nothing came back yet",
		Text: []string{
			"connect(2) sent a SYN. It leaves for ESTABLISHED by the SYN,ACK of the peer, for CLOSED by a RST (connection refused), by an ICMP error, or when net.ipv4.tcp_syn_retries are used up: six by default, in all one to two minutes.",
			"The answer takes one round trip, so hardly any is seen on a healthy network. Many to one destination: it is down, or a firewall drops the SYN without an answer. Many to many: packets do not leave, or answers do not come back.",
			"timer.retransmits (-o) says how often the SYN was sent again.",
		},
		Sources: []string{"RFC 9293 section 3.5", "tcp(7), tcp_syn_retries", "tcp_v4_connect in net/ipv4/tcp_ipv4.c"},
	},
	{
		Name: "SYN_RECEIVED", Aliases: []string{"syn_recv"}, Filter: "state SYN_RECEIVED", See: []string{"syn_flood", "backlog", "request"},
		Title: "answered a SYN, and waits for the third segment",
		Text: []string{
			"The kernel answered with SYN,ACK and keeps a small record, no socket and no process: owner_status is request. The ACK of the peer makes it ESTABLISHED and puts it in the accept queue; a RST or net.ipv4.tcp_synack_retries without an answer (five, 63 seconds) end it.",
			"A few are normal, as many as connections begin within a round trip. Many from few addresses: their ACK gets lost, or they were never meant. Many from many: a flood of SYNs, or the accept queue is full, since the last ACK is then ignored.",
		},
		Sources: []string{"RFC 9293 section 3.5", "tcp(7), tcp_synack_retries", "tcp_conn_request in net/ipv4/tcp_input.c"},
	},
	{
		Name: "ESTABLISHED", Filter: "state ESTABLISHED", See: []string{"keepalive", "half_open", "zero_window", "accept_queue"},
		Title: "a connection; of a datagram socket: it has a peer",
		Text: []string{
			"Both ends have seen the SYN of the other, and data flows both ways. It leaves for FIN_WAIT_1 when this end closes first, for CLOSE_WAIT when the peer does, and for CLOSED by a RST or when what was sent is not acknowledged for net.ipv4.tcp_retries2 retransmissions (15, about 15 minutes).",
			"A connection without data sends nothing, so that one whose peer is gone stays for as long as nobody writes: see half_open. recv_queue is what the program has not read, send_queue what the peer has not acknowledged.",
			"A connection that the program has not accepted yet is ESTABLISHED too: owner_status accept_queue. For UDP and other datagrams the state says that connect(2) chose a peer, and nothing was sent for it.",
		},
		Sources: []string{"RFC 9293 section 3.3.2", "tcp(7), tcp_retries2", "udp(7)"},
	},
	{
		Name: "FIN_WAIT_1", Filter: "state FIN_WAIT_1", See: []string{"FIN_WAIT_2", "orphaned", "zero_window"},
		Title: "closed here first; the peer has not acknowledged that",
		Text: []string{
			"The program called close(2) or shutdown(2), and the FIN stands behind the data that is still to be sent. It leaves for FIN_WAIT_2 by the ACK of the FIN, for CLOSING by the peer's FIN without that, for TIME_WAIT by both at once.",
			"Mostly it lasts a round trip. It stays where the peer does not acknowledge: it is gone, or its window is zero while data waits (send_queue above 0). After close(2) no process has it (orphaned), and the kernel gives up after net.ipv4.tcp_orphan_retries.",
		},
		Sources: []string{"RFC 9293 section 3.6", "tcp(7), tcp_orphan_retries, tcp_max_orphans"},
	},
	{
		Name: "FIN_WAIT_2", Filter: "state FIN_WAIT_2", See: []string{"CLOSE_WAIT", "orphaned", "TIME_WAIT"},
		Title: "closed here, acknowledged; the peer has not closed its side",
		Text: []string{
			"The peer may still send. Its FIN moves the connection to TIME_WAIT. If this end called close(2) nobody could read it: the kernel keeps such an orphan for net.ipv4.tcp_fin_timeout (60 seconds) and then forgets it. After shutdown(2) alone it stays as long as the program wants.",
			"Many that stay: the peers do not close, they sit in CLOSE_WAIT there. A program that half-closes on purpose, such as ssh with a forwarded port, has them for long.",
		},
		Sources: []string{"RFC 9293 section 3.6", "tcp(7), tcp_fin_timeout", "tcp_rcv_state_process in net/ipv4/tcp_input.c"},
	},
	{
		Name: "CLOSE_WAIT", Filter: "state CLOSE_WAIT", See: []string{"FIN_WAIT_2", "LAST_ACK", "half_open"},
		Title: "the peer closed; the program here has not",
		Text: []string{
			"The kernel acknowledged the FIN of the peer, and the program reads end of file. It leaves for LAST_ACK when the program calls close(2), and no time-out ends it: the kernel waits for the program as long as it runs.",
			"A few pass by. Those that stay or grow are a fault of the program that owns them: it forgets the descriptor, waits elsewhere, or keeps the connection in a pool without looking. They take a descriptor each, and in the end accept(2) fails with EMFILE. Restarting it helps for a while; no sysctl does.",
			"pid and process say whose they are, last_data_recv_ms (-i) for how long at least nothing came.",
		},
		Sources: []string{"RFC 9293 section 3.6", "tcp_fin in net/ipv4/tcp_input.c"},
	},
	{
		Name: "CLOSING", Filter: "state CLOSING", See: []string{"FIN_WAIT_1", "TIME_WAIT"},
		Title: "both ends closed at once; the ACK of our FIN is missing",
		Text: []string{
			"The FINs crossed on the way. The ACK of the peer moves it to TIME_WAIT. It lasts a round trip and is seldom seen; one that stays has lost its peer, and ends when the retransmissions of the FIN are used up.",
		},
		Sources: []string{"RFC 9293 section 3.6", "tcp(7), tcp_orphan_retries"},
	},
	{
		Name: "LAST_ACK", Filter: "state LAST_ACK", See: []string{"CLOSE_WAIT", "orphaned"},
		Title: "the peer closed, then we did; the last ACK is missing",
		Text: []string{
			"The program closed behind the peer, and its FIN waits for an ACK, which ends the connection: there is no TIME_WAIT on this side. No process has it any more.",
			"Many that stay: the peers are gone or a firewall has forgotten the connection and drops what comes behind the first FIN. They end when net.ipv4.tcp_orphan_retries are used up.",
		},
		Sources: []string{"RFC 9293 section 3.6", "tcp(7), tcp_orphan_retries"},
	},
	{
		Name: "TIME_WAIT", Filter: "state TIME_WAIT", See: []string{"port_exhaustion", "FIN_WAIT_2"},
		Title: "over; the end that closed first remembers it for a while",
		Text: []string{
			"A late segment of the old connection must not reach a new one between the same ports, and a lost last ACK must be sent again. The kernel keeps a small record for 60 seconds (a constant, TCP_TIMEWAIT_LEN), no socket and no process.",
			"Thousands of them are no fault and cost next to nothing. They matter in two cases: when one client opens so many connections to one port of one server that its source ports run out (port_exhaustion), and near net.ipv4.tcp_max_tw_buckets, above which they are ended early.",
			"Who closes first has them. Fewer connections that live longer (keep-alive of HTTP, a pool) are the cure; net.ipv4.tcp_tw_reuse lets a client use the port again, which time stamps make safe.",
		},
		Sources: []string{"RFC 9293 section 3.6.1", "RFC 6191", "TCP_TIMEWAIT_LEN in include/net/tcp.h", "tcp(7)"},
	},
	{
		Name: "CLOSED", Aliases: []string{"close"}, Filter: "state CLOSED", See: []string{"BOUND", "reset"},
		Title: "no connection",
		Text: []string{
			"A TCP socket before bind(2) and connect(2), or one whose connection has ended and whose descriptor a program still holds: after a reset or a time-out the program reads the error and must close it. They are in no table of the kernel, so that a listing hardly ever has one.",
		},
		Sources: []string{"RFC 9293 section 3.3.2", "tcp_set_state in net/ipv4/tcp.c"},
	},
	{
		Name: "BOUND", Aliases: []string{"bound_inactive"}, Filter: "state BOUND", See: []string{"CLOSED", "LISTEN"},
		Title: "TCP that has a port, and neither listens nor connects",
		Text: []string{
			"bind(2) took a port, and neither listen(2) nor connect(2) followed: the port is taken for others (EADDRINUSE) and nobody can connect to it. Linux lists them since 6.8; -B asks for them. Not a state of RFC 9293, which calls it CLOSED.",
		},
		Sources: []string{"bind(2)", "TCP_BOUND_INACTIVE in include/net/tcp_states.h"},
	},
	{
		Name: "UNCONNECTED", Aliases: []string{"unconn"}, Filter: "state UNCONNECTED", See: []string{"ESTABLISHED", "exposure"},
		Title: "a datagram socket without a peer",
		Text: []string{
			"It takes what comes to its address from anybody: a server such as DNS, or a client that sends with sendto(2). With connect(2) it becomes ESTABLISHED, and takes datagrams of that peer alone. Not a state of RFC 9293; the kernel calls it CLOSE.",
			"recv_queue is what waits to be read; memory.drops (-m) counts what came while it was full.",
		},
		Sources: []string{"udp(7)", "raw(7)", "unix(7)"},
	},
	{
		Name: "UNKNOWN", See: []string{"malformed"},
		Title: "the system told a state that has no name here",
		Text: []string{
			"A newer kernel, or a table of another system. The socket is listed all the same, so that nothing is missing.",
		},
		Sources: []string{"include/net/tcp_states.h"},
	},
}
