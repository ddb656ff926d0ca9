package fact

import (
	"strconv"
	"strings"

	"sockeye/sock"
)

// etherAll is ETH_P_ALL of linux/if_ether.h.
const etherAll = 3

// etherTypes are protocols of linux/if_ether.h by number, in the words of ss and ip(8).
var etherTypes = map[uint64]string{
	0x0001: "802_3", 0x0002: "ax25", etherAll: "all", 0x0004: "802_2", 0x0005: "snap", 0x000c: "can", 0x000d: "canfd",
	0x0060: "loop", 0x00f5: "phonet", 0x00f6: "ieee802154", 0x00f8: "xdsa", 0x00fa: "mctp",
	0x0800: "ip", 0x0805: "x25", 0x0806: "arp", 0x22f0: "tsn", 0x4305: "batman", 0x6558: "teb", 0x8035: "rarp",
	0x809b: "atalk", 0x80f3: "aarp", 0x8100: "802.1q", 0x8137: "ipx", 0x86dd: "ipv6", 0x8808: "pause", 0x8809: "slow",
	0x8847: "mpls_uc", 0x8848: "mpls_mc", 0x8863: "ppp_disc", 0x8864: "ppp_ses", 0x888e: "pae", 0x8892: "profinet",
	0x88a2: "aoe", 0x88a4: "ethercat", 0x88a8: "802.1ad", 0x88b5: "802_ex1", 0x88c7: "preauth", 0x88ca: "tipc",
	0x88cc: "lldp", 0x88e3: "mrp", 0x88e5: "macsec", 0x88f5: "mvrp", 0x88f7: "1588", 0x88f8: "ncsi", 0x88fb: "prp",
	0x8902: "cfm", 0x8906: "fcoe", 0x8914: "fip", 0x8915: "iboe", 0x892f: "hsr", 0x894f: "nsh", 0x9000: "loopback",
}

// netlinkProtocols are NETLINK_* of linux/netlink.h by number.
var netlinkProtocols = map[uint64]string{
	0: "route", 1: "unused", 2: "usersock", 3: "firewall", 4: "sock_diag", 5: "nflog", 6: "xfrm", 7: "selinux", 8: "iscsi",
	9: "audit", 10: "fib_lookup", 11: "connector", 12: "netfilter", 13: "ip6_fw", 14: "dnrtmsg", 15: "kobject_uevent",
	16: "generic", 18: "scsitransport", 19: "ecryptfs", 20: "rdma", 21: "crypto", 22: "smc",
}

// netlinkAliases are ss's words for them, where they are others.
var netlinkAliases = map[string]uint64{
	"rtnl": 0, "fw": 3, "tcpdiag": 4, "fiblookup": 10, "nft": 12, "ip6fw": 13, "dec-rt": 14, "uevent": 15, "genl": 16, "scsi-trans": 18,
}

// EtherType returns the number of a protocol of the link by its name or number, in
// any case.
func EtherType(name string) (uint64, bool) { return numberOf(name, etherTypes, nil, 16) }

// NetlinkProtocol returns the number of a netlink protocol by its name, which may be
// ss's, or its number.
func NetlinkProtocol(name string) (uint64, bool) {
	return numberOf(name, netlinkProtocols, netlinkAliases, 8)
}

func numberOf(name string, names map[uint64]string, aliases map[string]uint64, bits int) (uint64, bool) {
	name = strings.ToLower(name)
	for n, known := range names {
		if known == name {
			return n, true
		}
	}
	if n, ok := aliases[name]; ok {
		return n, true
	}
	n, err := strconv.ParseUint(name, 0, bits)
	return n, err == nil
}

// appendNamed appends the name of a number, or the number.
func appendNamed(dst []byte, names map[uint64]string, n uint64, base int) []byte {
	if name, ok := names[n]; ok {
		return append(dst, name...)
	}
	if base == 16 {
		dst = append(dst, "0x"...)
	}
	return strconv.AppendUint(dst, n, base)
}

// endFacts are the objects that say where sockets are that have no addresses.
const endFacts = sock.FieldPacket | sock.FieldNetlink | sock.FieldVSOCK | sock.FieldXDP | sock.FieldTIPC
