// Package iphlpapi lists the TCP and UDP sockets of Windows with their owners,
// through GetExtendedTcpTable and GetExtendedUdpTable of iphlpapi.dll, and the
// processes through NtQuerySystemInformation of ntdll.dll.
//
// Only system_windows.go and processes_windows.go call Windows. All else works
// on bytes that a call filled, at the offsets of the C structures of iprtrmib.h,
// tcpmib.h and udpmib.h: Go structures laid over them would differ from those
// on windows/386, where Go aligns 64-bit members to 4 bytes and C to 8. Windows
// is little-endian on every processor that it runs on, so its numbers are read
// as such wherever this package runs.
//
// What Windows does not tell here: queues, timers, the peer of a connected
// datagram socket, sockets that are bound and neither listen nor connect, and
// which of several processes hold a socket: the one that bound it is named.
package iphlpapi
