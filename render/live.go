package render

import (
	"net/netip"
	"time"

	"sockeye/sock"
)

// usual is a socket whose cells are as wide as those of most sockets.
var usual = &sock.Socket{
	Protocol: sock.TCP, Family: sock.IPv4, State: sock.Established,
	Known:    sock.FieldLocal | sock.FieldRemote | sock.FieldOwners | sock.FieldClosedAt | sock.FieldInode | sock.FieldCookie | sock.FieldTCPInfo | sock.FieldEvent,
	Local:    netip.MustParseAddrPort("192.168.100.100:50000"),
	Remote:   netip.MustParseAddrPort("192.168.100.100:50000"),
	ClosedAt: time.Date(2026, 11, 20, 14, 3, 10, 0, time.UTC),
	Inode:    1e6, Cookie: 1 << 24,
	Owners:      []sock.Owner{{Process: &sock.Process{PID: 1e5, Name: "systemd-resolve"}, FD: 10}},
	OwnerStatus: sock.OwnerKnown, TCPInfo: &sock.TCPInfo{},
	Event: &sock.Event{
		Time: time.Date(2026, 11, 20, 14, 3, 10, 0, time.UTC), OldState: sock.SynReceived, NewState: sock.SynReceived,
		Duration: 10 * time.Second, Lifetime: 1000 * time.Second, Origin: sock.OriginInherited, Failure: sock.FailureTimedOut,
		Sent: 12_345_678, Received: 12_345_678, Counted: true, Retransmitted: sock.SegmentAgain, Reason: "NETFILTER_DROP",
	},
}
