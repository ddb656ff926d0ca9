package filter

import (
	"math"
	"strconv"
	"strings"

	"sockeye/sock"
)

// netlinkProtocols are the names of iproute2's nl_protos, and the kernel's of
// linux/netlink.h where they differ.
var netlinkProtocols = map[string]int64{
	"rtnl": 0, "route": 0, "unused": 1, "usersock": 2, "fw": 3, "firewall": 3, "tcpdiag": 4, "sock_diag": 4,
	"nflog": 5, "xfrm": 6, "selinux": 7, "iscsi": 8, "audit": 9, "fiblookup": 10, "connector": 11,
	"nft": 12, "netfilter": 12, "ip6fw": 13, "dec-rt": 14, "uevent": 15, "genl": 16, "generic": 16,
	"scsi-trans": 18, "ecryptfs": 19, "rdma": 20, "crypto": 21, "smc": 22,
}

// etherTypes are names of ll_proto_a2n of iproute2, the common ones; others are
// given as numbers (linux/if_ether.h).
var etherTypes = map[string]int64{
	"all": 0x0003, "loop": 0x0060, "ip": 0x0800, "ipv4": 0x0800, "arp": 0x0806, "rarp": 0x8035,
	"802.1q": 0x8100, "ipv6": 0x86dd, "mpls_uc": 0x8847, "ppp_disc": 0x8863, "ppp_ses": 0x8864,
	"802.1ad": 0x88a8, "lldp": 0x88cc,
}

// numberedHost reads what stands behind link:, netlink: and vsock:, a number or
// name and one behind a colon.
func (p *parser) numberedHost(t token, text string, h Host) ([]Host, error) {
	number, port, _ := strings.Cut(text, ":")
	limit, names := uint64(math.MaxUint32), map[string]int64(nil)
	switch h.Family {
	case sock.FamilyPacket:
		limit, names = math.MaxUint16, etherTypes
	case sock.FamilyNetlink:
		limit, names = math.MaxUint8, netlinkProtocols
	}
	var ok bool
	if h.Number, ok = numberOrName(number, limit, names); !ok {
		return nil, p.failAt(t, printable(number)+" is not known behind "+h.prefix())
	}
	if h.Family == sock.FamilyPacket {
		if port == "" || port == "*" {
			return []Host{h}, nil
		}
		d, err := p.device(t, port)
		if err != nil {
			return nil, err
		}
		h.HasScope, h.Scope = true, d
		return []Host{h}, nil
	}
	var portNames map[string]int64
	if h.Family == sock.FamilyNetlink {
		portNames = map[string]int64{"kernel": 0}
		// ss takes port IDs as signed numbers, and shows them so.
		if n, err := strconv.ParseInt(port, 10, 32); err == nil && n < 0 {
			h.PortID = int64(uint32(n))
			return []Host{h}, nil
		}
	}
	if h.PortID, ok = numberOrName(port, math.MaxUint32, portNames); !ok {
		return nil, p.failAt(t, printable(port)+" is not a port of "+h.prefix())
	}
	return []Host{h}, nil
}

// numberOrName reads a number, a name, or * or nothing, which is -1.
func numberOrName(s string, limit uint64, names map[string]int64) (int64, bool) {
	if s == "" || s == "*" {
		return -1, true
	}
	if n, ok := names[foldShort(s)]; ok {
		return n, true
	}
	n, err := parseNumber(s)
	return int64(n), err == nil && n <= limit
}

// prefix returns the word in front of a HOST of the family.
func (h *Host) prefix() string {
	for _, hp := range hostPrefixes {
		if hp.family == h.Family {
			return hp.prefix
		}
	}
	return ""
}
