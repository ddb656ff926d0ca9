package fact

import "sockeye/sock"

// netlinkFact is what is told of a netlink socket.
var netlinkFact = detailObject("netlink", sock.FieldNetlink, "details of netlink sockets",
	"netlink socket: its protocol, port numbers, multicast groups and options, linux/netlink_diag.h", func() []*Fact {
		return []*Fact{
			silenced(detailName(sock.NetlinkProtocol, netlinkProtocols, "netlink.protocol", "name of the part of the kernel that it talks to",
				"netlink_protocol = route", "netlink_protocol")),
			silenced(detail(sock.NetlinkProtocol, "netlink.protocol_number", "its number: NETLINK_* of linux/netlink.h")),
			silenced(detail(sock.NetlinkPort, "netlink.port_id", "number by which it is sent to: mostly the PID of a process; 0 is the kernel", "port_id")),
			&Fact{
				Name: "netlink.port_process", Aliases: []string{"port_process"}, Kind: Process, Needs: sock.FieldOwners, silent: true, dependent: true,
				Doc: "name of the process whose PID is port_id, where the owner is hidden: most likely it is that", Example: "port_process = dhclient",
				text: func(s *sock.Socket) *string { return &s.PortProcess },
			},
			silenced(detail(sock.NetlinkPeerPort, "netlink.peer_port_id", "port_id to which connect(2) sends; 0 is the kernel, or nobody", "peer_port_id")),
			silenced(detail(sock.NetlinkPeerGroup, "netlink.peer_group", "number of the multicast group to which it sends; 0 is none", "peer_group")),
			&Fact{
				Name: "netlink.groups", Aliases: []string{"groups"}, Kind: Text, usualText: "none",
				Doc: "numbers of the multicast groups that it has joined; through /proc of the first 32", Example: "groups = 5",
				values: wholeNumbers(func(s *sock.Socket) *[]uint64 { return &s.Groups }),
			},
			detail(sock.NetlinkDrops, "netlink.drops", "messages that were dropped since the receive buffer was full", "netlink_drops"),
			detailFlag(sock.NetlinkCallback, "netlink.cb_running", "the kernel is in the middle of a dump for it", "cb_running"),
			detailFlag(sock.NetlinkPktinfo, "netlink.pktinfo", "messages have the group beside them (NETLINK_PKTINFO)", "pktinfo"),
			detailFlag(sock.NetlinkBroadcastError, "netlink.broadcast_error", "who broadcasts is told of a full buffer (NETLINK_BROADCAST_ERROR)", "broadcast_error"),
			detailFlag(sock.NetlinkNoENOBUFS, "netlink.no_enobufs", "lost messages are no error (NETLINK_NO_ENOBUFS)", "no_enobufs"),
			detailFlag(sock.NetlinkListenAllNSID, "netlink.listen_all_nsid", "it hears other network namespaces (NETLINK_LISTEN_ALL_NSID)", "listen_all_nsid"),
			detailFlag(sock.NetlinkCapAck, "netlink.cap_ack", "answers go without the request (NETLINK_CAP_ACK)", "cap_ack"),
		}
	})
