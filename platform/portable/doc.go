// Package portable lists TCP and UDP sockets on the systems that no other
// package of the project asks itself: macOS and FreeBSD through lsof, OpenBSD
// through netstat. On Linux and Windows it asks gopsutil's net.Connections, for
// tests and comparison. On other systems, NetBSD among them, nothing is listed,
// and every table is unavailable.
//
// lsof and netstat are run here and not by gopsutil: it takes an lsof that failed
// for one that found nothing, passes over lines that it does not understand, and
// asks netstat for addresses that are cut.
//
// How a system is asked decides what is lost:
//
//   - lsof shows what a descriptor refers to: no TIME_WAIT, no connection that
//     waits to be accepted, nothing of other users' processes except to root, no
//     datagram socket that is bound to no port;
//   - netstat tells no process;
//   - on Linux gopsutil reads /proc and tells one process of several that may hold
//     a socket, so none is given here, and of several listeners on one address
//     it tells one;
//   - on Windows it asks the same calls as package iphlpapi, for less.
//
// Nowhere are queues, timers, inodes, users or unix sockets with their states
// told. What is lost is missing from [Source.Fields], not made up.
package portable
