// Package sockdiag lists sockets through NETLINK_SOCK_DIAG (sock_diag(7)): the
// kernel's own dump of its TCP, UDP, UDP-Lite, raw and unix tables. It is the
// fastest and most exact source on Linux; [Source] implements [sock.Source].
//
// The package has two halves. The codec (netlink.go, inet_*.go, unix_*.go,
// tcpinfo.go) turns bytes into records at explicit offsets; it has no build tag,
// checks every length, and never panics. The transport plans (source.go), reads
// (reading.go, joined.go, exists.go) and speaks (exchange.go, prefetch.go) to a
// wire of four methods, which conn_linux.go implements with a netlink socket and
// tests with recorded bytes. handler.go says how each protocol is listed.
//
// What of a filter the kernel can decide becomes a program in the request
// (bytecode*.go). The kernel's messages may also be written to a file and read
// from one, anywhere ([Source.Dump], [OpenDump]).
//
// Integers of a netlink message are in the byte order of the machine, ports
// and addresses in network byte order (linux/inet_diag.h: __be16, __be32).
//
// What the kernel promises of a dump is little: tables change while they are
// read. A dump that says so (NLM_F_DUMP_INTR), that overflowed the socket
// (ENOBUFS) or that was cut (MSG_TRUNC) is read again; rows that were already
// yielded are recognised by their cookie and not yielded twice.
package sockdiag
