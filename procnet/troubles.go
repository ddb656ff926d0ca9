package procnet

import (
	"slices"
	"strings"

	"sockeye/sock"
)

// troubles are the counters of what goes wrong with sockets, by group: errors,
// drops, overflows and what the kernel does under pressure. They are names of
// snmp4_tcp_list, snmp4_udp_list and snmp4_net_list in net/ipv4/proc.c, and of their
// like for IPv6. What happens to healthy connections too, such as a single
// retransmission by SACK, is not among them.
var troubles = map[string][]string{
	"Tcp": {"AttemptFails", "EstabResets", "InErrs", "InCsumErrors", "RetransSegs"},
	"TcpExt": {
		"EmbryonicRsts", "ListenDrops", "ListenOverflows", "LockDroppedIcmps", "OfoPruned", "OutOfWindowIcmps",
		"PAWSActive", "PAWSEstab", "PFMemallocDrop", "PruneCalled", "RcvPruned",
		"SyncookiesFailed", "SyncookiesRecv", "SyncookiesSent",
		"TCPAbortFailed", "TCPAbortOnClose", "TCPAbortOnData", "TCPAbortOnLinger", "TCPAbortOnMemory", "TCPAbortOnTimeout",
		"TCPAODroppedIcmps", "TCPAOBad", "TCPAOKeyNotFound", "TCPAORequired",
		"TCPBacklogDrop", "TCPDeferAcceptDrop", "TCPFastOpenActiveFail", "TCPFastOpenListenOverflow", "TCPFastOpenPassiveFail",
		"TCPMD5Failure", "TCPMD5NotFound", "TCPMD5Unexpected", "TCPMemoryPressures", "TCPMinTTLDrop", "TCPOFODrop",
		"TCPRcvQDrop", "TCPReqQFullDoCookies", "TCPReqQFullDrop", "TCPRetransFail", "TCPSpuriousRTOs", "TCPSynRetrans",
		"TCPTimeWaitOverflow", "TCPTimeouts", "TCPWqueueTooBig", "TCPZeroWindowDrop",
	},
	"MPTcpExt": {"MPCapableFallbackACK", "MPCapableFallbackSYNACK", "MPFallbackTokenInit", "MPJoinNoTokenFound", "MPFailTx", "MPFailRx", "RcvPruned"},
	"Udp":      datagramTroubles,
	"Udp6":     datagramTroubles,
	"UdpLite":  datagramTroubles,
	"UdpLite6": datagramTroubles,
	"Sctp":     {"Aborteds", "ChecksumErrors", "InPktDiscards", "OutOfBlues", "T1InitExpireds", "T3RtxExpireds"},
}

var datagramTroubles = []string{"InErrors", "InCsumErrors", "MemErrors", "NoPorts", "RcvbufErrors", "SndbufErrors"}

// groups are the protocols whose sockets a group of counters is about, by its name in
// lower case. IP and ICMP are not among them: they count packets, whoever they are
// for.
var groups = map[string]sock.ProtocolSet{
	"sockets":  ^sock.ProtocolSet(0),
	"tcp":      overTCP,
	"tcp6":     overTCP,
	"tcpext":   overTCP,
	"mptcpext": sock.Protocols(sock.MPTCP),
	"udp":      sock.Protocols(sock.UDP),
	"udp6":     sock.Protocols(sock.UDP),
	"udplite":  sock.Protocols(sock.UDPLite),
	"udplite6": sock.Protocols(sock.UDPLite),
	"raw":      sock.Protocols(sock.Raw),
	"raw6":     sock.Protocols(sock.Raw),
	"sctp":     sock.Protocols(sock.SCTP),
}

// overTCP are the protocols whose connections are TCP's.
var overTCP = sock.Protocols(sock.TCP, sock.MPTCP)

// aboutSockets returns the counters about sockets of some protocols.
func (c Counters) aboutSockets(of sock.ProtocolSet) []sock.Counter {
	var found []sock.Counter
	for _, counter := range c {
		if groups[strings.ToLower(counter.Group)]&of != 0 {
			found = append(found, counter)
		}
	}
	return found
}

// troubles returns those counters that tell of something that went wrong and are
// not zero.
func (c Counters) troubles() []sock.Counter {
	var found []sock.Counter
	for _, counter := range c {
		if counter.Value != 0 && slices.Contains(troubles[counter.Group], counter.Name) {
			found = append(found, counter)
		}
	}
	return found
}
