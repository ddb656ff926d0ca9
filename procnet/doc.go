// Package procnet reads what Linux says about sockets in its proc file system:
// the tables /proc/net/{tcp,udp,udplite,raw,icmp}, their IPv6 twins and
// /proc/net/unix, and the descriptors in /proc/PID/fd that tell which processes
// hold a socket.
//
// The tables are the source of last resort. They say less than sock_diag (no
// backlog, device, v6only, mark or cookie, no TCP socket that is bound and does
// not listen), and they are no snapshot: the kernel gives them a page at a time
// and lets go of the table between two pages. A row that moves meanwhile is
// given twice or not at all. Repeated rows are dropped here; a missing row
// cannot be seen. The UDP tables, in which the kernel counts rows from the start
// again for every page, lose the most, so one that takes more than a page is
// read twice and the two readings are put together.
//
// The parsers take bytes and carry no build tag; only the search through
// /proc/PID/fd is Linux's alone.
package procnet
