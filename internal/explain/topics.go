package explain

// topics are what people look for when something does not work.
var topics = []*Entry{
	{
		Name: "backlog", Kind: Topic, Aliases: []string{"accept_backlog", "listen_queue"}, Filter: "state LISTEN recv_queue > 0", See: []string{"LISTEN", "syn_flood", "accept_queue"},
		Title: "how many finished connections may wait to be accepted",
		Text: []string{
			"listen(2) takes the number from the program and the kernel cuts it to net.core.somaxconn (4096, on kernels before 5.4 128). recv_queue of a listener is how many wait now, and SEND-Q in the table shows backlog for it.",
			"If the queue is full the last ACK of a handshake is ignored: the client believes itself connected, the server keeps SYN_RECEIVED and sends SYN,ACK again, and the client sees time-outs. With net.ipv4.tcp_abort_on_overflow it gets a RST. ListenOverflows of -s counts them.",
			"A longer queue hides a program that is too slow to accept for a moment; it does not make it faster.",
		},
		Sources: []string{"listen(2)", "tcp(7), tcp_abort_on_overflow", "tcp_v4_syn_recv_sock in net/ipv4/tcp_ipv4.c"},
	},
	{
		Name: "syn_flood", Kind: Topic, Filter: "state SYN_RECEIVED", See: []string{"SYN_RECEIVED", "backlog"},
		Title: "more SYNs than handshakes that end",
		Text: []string{
			"Somebody sends SYNs, often under addresses that are not his, and never the last ACK. Each costs a record until its time is over, and when the queue is full (net.ipv4.tcp_max_syn_backlog, or the backlog) new clients are not heard.",
			"With net.ipv4.tcp_syncookies (1 by default) the kernel then answers without a record and finds the handshake again in the number that the client acknowledges; TCPReqQFullDoCookies and SyncookiesSent of -s -s count that. A listener that accepts too slowly looks the same from here: compare recv_queue with backlog.",
		},
		Sources: []string{"RFC 4987", "tcp(7), tcp_syncookies", "net/ipv4/syncookies.c"},
	},
	{
		Name: "port_exhaustion", Kind: Topic, Aliases: []string{"ephemeral_ports", "eaddrnotavail"}, Filter: "state TIME_WAIT", See: []string{"TIME_WAIT", "SYN_SENT"},
		Title: "no source port is left for one destination",
		Text: []string{
			"connect(2) without bind(2) takes a port of net.ipv4.ip_local_port_range (32768 to 60999: 28,232 ports). A pair of addresses and a destination port may use each once, so that many connections a second from one client to one server use them up: those in TIME_WAIT count for 60 seconds. connect then fails with EADDRNOTAVAIL.",
			"What helps: connections that live longer, more addresses on either end, a wider range, net.ipv4.tcp_tw_reuse on the client; IP_BIND_ADDRESS_NO_PORT for programs that bind an address first. sockeye -a --group-by remote_address,remote_port counts them.",
		},
		Sources: []string{"ip(7), ip_local_port_range", "RFC 6056", "__inet_hash_connect in net/ipv4/inet_hashtables.c"},
	},
	{
		Name: "keepalive", Kind: Topic, Filter: "timer = keepalive", See: []string{"half_open", "ESTABLISHED"},
		Title: "questions that TCP asks when nothing else is sent",
		Text: []string{
			"Off unless a program sets SO_KEEPALIVE. Then the kernel sends an empty segment after tcp_keepalive_time (two hours) without data, again every tcp_keepalive_intvl (75 seconds), and ends the connection after tcp_keepalive_probes (9) without an answer. A program sets its own by TCP_KEEPIDLE, TCP_KEEPINTVL and TCP_KEEPCNT.",
			"Firewalls and load balancers forget an idle connection after minutes, long before two hours: then the next data of either end is dropped or answered by a RST. -o shows the timer: keepalive, and the time until the next question.",
		},
		Sources: []string{"tcp(7)", "RFC 9293 section 3.8.4", "RFC 5382 (translators: at least 2 hours 4 minutes)"},
	},
	{
		Name: "half_open", Kind: Topic, Filter: "state ESTABLISHED", See: []string{"keepalive", "ESTABLISHED", "reset"},
		Title: "one end believes in a connection that the other has forgotten",
		Text: []string{
			"A peer that loses its power, a cable or a translator that forgets say nothing. The end that only waits to read stays ESTABLISHED for ever; one that writes finds out when its retransmissions are used up (tcp_retries2, about 15 minutes) or by a RST.",
			"keepalive or questions of the protocol (pings) find such ends, TCP_USER_TIMEOUT those that write. last_data_recv_ms and last_ack_recv_ms (-i) say for how long nothing came: that alone is no proof, since an idle connection looks so too.",
		},
		Sources: []string{"RFC 9293 section 3.5.1", "RFC 5482 (TCP_USER_TIMEOUT)"},
	},
	{
		Name: "reset", Kind: Topic, Aliases: []string{"rst", "connection_reset", "connection_refused"}, See: []string{"SYN_SENT", "half_open", "CLOSED"},
		Title: "a segment that ends a connection at once",
		Text: []string{
			"As an answer to a SYN it means that nobody listens on the port: connection refused. In a connection it means that the other end does not know it, or has closed it without reading all (data in recv_queue at close), or with SO_LINGER of 0, or that something between the ends made it up. The program reads ECONNRESET, or EPIPE when it writes.",
			"No record is left of it, no TIME_WAIT. sockeye trace --resets shows them as they happen; the counters EstabResets and OutRsts of -s -s count them.",
		},
		Sources: []string{"RFC 9293 section 3.5.2", "tcp_reset in net/ipv4/tcp_input.c", "RFC 5961"},
	},
	{
		Name: "zero_window", Kind: Topic, Aliases: []string{"persist"}, Filter: "timer = persist", See: []string{"ESTABLISHED", "recv_queue", "send_queue"},
		Title: "the receiver has no room, so the sender waits",
		Text: []string{
			"What a program does not read fills its receive buffer (recv_queue), and the window that is offered to the peer shrinks to zero. The sender keeps its data (send_queue) and asks again and again whether there is room: timer persist, with growing intervals.",
			"The fault is at the end whose recv_queue is large: its program reads too slowly or not at all. rwnd_limited_us (-i) is how long a sender was held up so, snd_wnd_bytes the window that it sees.",
		},
		Sources: []string{"RFC 9293 section 3.8.6.1", "tcp_send_probe0 in net/ipv4/tcp_output.c"},
	},
}
