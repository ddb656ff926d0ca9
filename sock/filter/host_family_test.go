package filter

import (
	"strings"
	"testing"

	"sockeye/sock"
)

// familySocket makes a socket that has the given details.
func familySocket(p sock.Protocol, f sock.Family, facts sock.Field, pairs ...uint64) *sock.Socket {
	s := &sock.Socket{Protocol: p, Family: f, State: sock.Unconnected, Known: facts, Details: new(sock.Details)}
	for i := 0; i < len(pairs); i += 2 {
		s.Details.Set(sock.Detail(pairs[i]), pairs[i+1])
	}
	return s
}

// TestFamilyHosts: ends that are no addresses are compared as ss does.
func TestFamilyHosts(t *testing.T) {
	t.Parallel()
	packet := familySocket(sock.Packet, sock.FamilyPacket, sock.FieldPacket|sock.FieldInterface, uint64(sock.PacketProtocol), 0x806)
	packet.IfIndex, packet.Interface = 2, "eth0"
	sockets := map[string]*sock.Socket{
		"arp": packet,
		"route": familySocket(sock.Netlink, sock.FamilyNetlink, sock.FieldNetlink, uint64(sock.NetlinkProtocol), 0, uint64(sock.NetlinkPort), 4242,
			uint64(sock.NetlinkPeerPort), 0, uint64(sock.NetlinkPeerGroup), 0),
		"kernel": familySocket(sock.Netlink, sock.FamilyNetlink, sock.FieldNetlink, uint64(sock.NetlinkProtocol), 16, uint64(sock.NetlinkPort), 0),
		"chosen": familySocket(sock.Netlink, sock.FamilyNetlink, sock.FieldNetlink, uint64(sock.NetlinkProtocol), 2, uint64(sock.NetlinkPort), 1<<32-4100,
			uint64(sock.NetlinkPeerPort), 77, uint64(sock.NetlinkPeerGroup), 0),
		"conn": familySocket(sock.VSOCK, sock.FamilyVSOCK, sock.FieldVSOCK, uint64(sock.VSOCKCID), 2, uint64(sock.VSOCKPort), 1024,
			uint64(sock.VSOCKPeerCID), 3, uint64(sock.VSOCKPeerPort), 1<<31),
		"listener": familySocket(sock.VSOCK, sock.FamilyVSOCK, sock.FieldVSOCK, uint64(sock.VSOCKPort), 22),
	}
	for text, want := range map[string]string{
		"src link:arp":               "arp",
		"src link:0x806:eth0":        "arp",
		"src link:ARP:lo":            "",
		"src link:*:eth0":            "arp",
		"src link:ip":                "",
		"dst link:arp":               "",
		"src netlink:route":          "route",
		"src netlink:rtnl:4242":      "route",
		"src netlink:0:4243":         "",
		"src netlink:*:4242":         "route",
		"src netlink:genl:kernel":    "kernel",
		"src netlink:*:-4100":        "chosen",
		"src netlink:*:4294963196":   "chosen",
		"dst netlink:usersock:77":    "chosen",
		"dst netlink:route":          "",
		"dst netlink:*:0":            "",
		"src netlink:*":              "chosen kernel route",
		"src vsock:2:1024":           "conn",
		"src vsock:2":                "conn",
		"src vsock::22":              "listener",
		"src vsock:*:*":              "conn listener",
		"dst vsock:3:2147483648":     "conn",
		"addr vsock:3":               "conn",
		"sport = 1024":               "conn",
		"sport = :22":                "listener",
		"dport > 2000000000":         "conn",
		"dport = 77":                 "chosen",
		"port in (22, 2147483648)":   "conn listener",
		"sport >= 4242":              "chosen route",
		"autobound":                  "chosen conn",
		"netlink_protocol = generic": "kernel",
		"ethertype = arp":            "arp",
		"peer_port_id = 77":          "chosen",
		"cid = 2":                    "conn",
	} {
		written := mustParse(t, text)
		for _, f := range []*Filter{written, mustParse(t, written.String())} {
			var got []string
			for _, name := range []string{"arp", "chosen", "conn", "kernel", "listener", "route"} {
				s := sockets[name]
				if f.Match(s) {
					got = append(got, name)
					if !f.Protocols().Has(s.Protocol) || !f.Families().Has(s.Family) {
						t.Errorf("%q matches %s, and is said not to", f, name)
					}
				}
			}
			if strings.Join(got, " ") != want {
				t.Errorf("%q, of %q, matches %q, want %q", f, text, got, want)
			}
		}
	}
}

// TestFamilyHostMistakes: what stands behind the word of a family must mean something.
func TestFamilyHostMistakes(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"src link:ethernet":        "not a protocol of the link",
		"src netlink:rout":         "not a netlink protocol",
		"src netlink:route:x":      "not a port of netlink",
		"src netlink:*:4294967296": "not a port of netlink",
		"src vsock:host:22":        "not a context identifier",
		"src vsock:2:-1":           "not a port of VSOCK",
	} {
		if _, err := ParseText(text, Env{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}
