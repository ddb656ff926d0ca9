package fact

import "sockeye/sock"

// ipProtocols are the names of what stands in place of a raw socket's port, as
// IANA assigned them and /etc/protocols spells them. They need no look-up.
var ipProtocols = [256]string{
	0: "ip", 1: "icmp", 2: "igmp", 4: "ipencap", 6: "tcp", 17: "udp", 33: "dccp", 41: "ipv6", 46: "rsvp", 47: "gre", 50: "esp", 51: "ah",
	58: "ipv6-icmp", 89: "ospf", 103: "pim", 108: "ipcomp", 112: "vrrp", 115: "l2tp", 132: "sctp", 136: "udplite", 137: "mpls-in-ip", 255: "raw",
}

// ipProtocol is the protocol that raw and ping sockets are of. It follows from the
// port and the family.
var ipProtocol = &Fact{
	Name: "ip_protocol", Kind: Text, Needs: sock.FieldLocal, Systems: []string{"Linux"}, Protocols: sock.Protocols(sock.Raw, sock.ICMP), Header: "IP-PROTOCOL",
	Doc: "protocol of IP that a raw or ping socket is of, if it has a name; the number of a raw one is local_port", Example: "ip_protocol = icmp",
	dependent: true,
	text: func(s *sock.Socket) *string {
		switch {
		case s.Protocol == sock.Raw:
			return ipProtocolName(s.Local.Port())
		case s.Protocol == sock.ICMP && s.Family == sock.IPv6:
			return ipProtocolName(58)
		case s.Protocol == sock.ICMP:
			return ipProtocolName(1)
		}
		return nil
	},
	setText: func(*sock.Socket, string) bool { return true },
}

// ipProtocolName returns nil for one without a name.
func ipProtocolName(number uint16) *string {
	if int(number) < len(ipProtocols) && ipProtocols[number] != "" {
		return &ipProtocols[number]
	}
	return nil
}
