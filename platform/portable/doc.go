// Package portable lists TCP and UDP sockets through gopsutil's
// net.Connections, for the systems that no other package of the project asks
// itself: macOS, FreeBSD and OpenBSD. It runs on Linux and Windows too, for
// tests and comparison. On other systems, NetBSD among them, gopsutil lists
// nothing, and every table is unavailable.
//
// How gopsutil asks decides what is lost:
//
//   - on macOS and FreeBSD it runs lsof, which shows what a descriptor refers
//     to: no TIME_WAIT, no connection that waits to be accepted, nothing of
//     other users' processes except to root, no datagram socket that is bound to
//     no port;
//   - on OpenBSD it runs netstat, which tells no process;
//   - on Linux it reads /proc and tells one process of several that may hold a
//     socket, so none is given here, and of several listeners on one address
//     it tells one;
//   - on Windows it asks the same calls as package iphlpapi, for less.
//
// Nowhere does it tell queues, timers, inodes, users or unix sockets with their
// states. What is lost is missing from [Source.Fields], not made up.
package portable
