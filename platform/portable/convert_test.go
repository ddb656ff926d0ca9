package portable

import (
	"net/netip"
	"syscall"
	"testing"

	"github.com/shirou/gopsutil/v3/net"

	"sockeye/sock"
)

// conn makes a connection as a program gives it.
func conn(family, kind uint32, local, remote net.Addr, status string, pid int32, fd uint32) net.ConnectionStat {
	return net.ConnectionStat{Family: family, Type: kind, Laddr: local, Raddr: remote, Status: status, Pid: pid, Fd: fd}
}

const (
	inet, inet6   = syscall.AF_INET, syscall.AF_INET6
	stream, dgram = syscall.SOCK_STREAM, syscall.SOCK_DGRAM
)

func at(ip string, port uint32) net.Addr { return net.Addr{IP: ip, Port: port} }

// TestRowsOfEachSystem reads what is made of lsof, netstat and /proc.
func TestRowsOfEachSystem(t *testing.T) {
	none := net.Addr{}
	for _, c := range []struct {
		system        string
		connection    net.ConnectionStat
		family        sock.Family
		state         sock.State
		local, remote string
		scope         scope
	}{
		{"darwin", conn(inet6, stream, at("*", 8080), none, "LISTEN", 1, 3), sock.IPv6, sock.Listen, "[::]:8080", "", scope{}},
		{"darwin", conn(inet, stream, at("*", 8080), none, "LISTEN", 1, 3), sock.IPv4, sock.Listen, "0.0.0.0:8080", "", scope{}},
		{"darwin", conn(inet6, stream, at("10.0.0.5", 8080), at("10.0.0.9", 5), "ESTABLISHED", 1, 3), sock.IPv6, sock.Established,
			"10.0.0.5:8080", "10.0.0.9:5", scope{}},
		{"darwin", conn(inet6, stream, at("fe80:e::aede:48ff:fe00:1122", 1), at("fe80:e::1", 2), "SYN_RCVD", 1, 3), sock.IPv6, sock.SynReceived,
			"[fe80::aede:48ff:fe00:1122]:1", "[fe80::1]:2", scope{index: 14}},
		{"darwin", conn(inet6, stream, at("2001:db8:e::1", 1), none, "CLOSED", 1, 3), sock.IPv6, sock.Closed, "[2001:db8:e::1]:1", "", scope{}},
		{"darwin", conn(inet, dgram, at("*", 5353), none, "", 1, 3), sock.IPv4, sock.Unconnected, "0.0.0.0:5353", "", scope{}},
		{"darwin", conn(inet, dgram, at("10.0.0.5", 5353), at("10.0.0.9", 53), "", 1, 3), sock.IPv4, sock.Established, "10.0.0.5:5353", "10.0.0.9:53", scope{}},
		{"openbsd", conn(inet6, stream, at("fe80::1%lo0", 22), at("fe80::1%lo0", 999), "FIN_WAIT_2", 0, 0), sock.IPv6, sock.FinWait2,
			"[fe80::1]:22", "[fe80::1]:999", scope{name: "lo0"}},
		{"openbsd", conn(inet6, stream, at("fe80::1%4", 22), none, "LISTEN", 0, 0), sock.IPv6, sock.Listen, "[fe80::1]:22", "", scope{index: 4}},
		{"openbsd", conn(inet, dgram, at("0.0.0.0", 514), none, "", 0, 0), sock.IPv4, sock.Unconnected, "0.0.0.0:514", "", scope{}},
		{"linux", conn(inet, stream, at("0.0.0.0", 80), at("0.0.0.0", 0), "LISTEN", 1, 3), sock.IPv4, sock.Listen, "0.0.0.0:80", "", scope{}},
		{"windows", conn(inet, stream, at("10.0.0.5", 80), at("10.0.0.9", 7), "LISTEN", 1, 3), sock.IPv4, sock.Listen, "10.0.0.5:80", "", scope{}},
		{"linux", conn(inet, stream, at("10.0.0.5", 80), at("10.0.0.9", 0), "CLOSE", 0, 0), sock.IPv4, sock.Closed, "10.0.0.5:80", "10.0.0.9:0", scope{}},
		{"linux", conn(inet6, dgram, at("::", 53), at("::", 0), "NONE", 1, 3), sock.IPv6, sock.Unconnected, "[::]:53", "", scope{}},
		{"linux", conn(inet6, stream, at("::ffff:10.0.0.5", 80), at("::ffff:10.0.0.9", 9), "TIME_WAIT", 0, 0), sock.IPv6, sock.TimeWait,
			"10.0.0.5:80", "10.0.0.9:9", scope{}},
		{"linux", conn(inet, stream, at("10.0.0.5", 80), at("10.0.0.9", 9), "", 0, 0), sock.IPv4, sock.StateUnknown, "10.0.0.5:80", "10.0.0.9:9", scope{}},
		{"windows", conn(inet, stream, at("10.0.0.5", 80), at("10.0.0.9", 9), "DELETE", 0, 0), sock.IPv4, sock.Closed, "10.0.0.5:80", "10.0.0.9:9", scope{}},
	} {
		r, err := systems[c.system].convert(&c.connection)
		if err != nil {
			t.Errorf("%s %+v: %v", c.system, c.connection, err)
			continue
		}
		remote := ""
		if r.remote.IsValid() {
			remote = r.remote.String()
		}
		if r.table.Family != c.family || r.state != c.state || r.local != netip.MustParseAddrPort(c.local) || remote != c.remote || r.scope != c.scope {
			t.Errorf("%s %+v: got %v", c.system, c.connection, r)
		}
	}
}

func TestWhatMeansNothing(t *testing.T) {
	for _, c := range []net.ConnectionStat{
		conn(99, stream, at("10.0.0.5", 80), net.Addr{}, "LISTEN", 1, 3),
		conn(inet, 99, at("10.0.0.5", 80), net.Addr{}, "LISTEN", 1, 3),
		conn(inet, stream, at("10.0.0", 80), net.Addr{}, "LISTEN", 1, 3),
		conn(inet, stream, at("::1", 80), net.Addr{}, "LISTEN", 1, 3),
		conn(inet, stream, at("10.0.0.5", 65536), net.Addr{}, "LISTEN", 1, 3),
		conn(inet, stream, at("10.0.0.5", 80), at("x", 1), "ESTABLISHED", 1, 3),
	} {
		if r, err := systems["darwin"].convert(&c); err == nil {
			t.Errorf("%+v is %v", c, r)
		}
	}
}

func FuzzConvert(f *testing.F) {
	f.Add(uint32(inet), uint32(stream), "10.0.0.5", uint32(80), "10.0.0.9", uint32(9), "ESTABLISHED", true)
	f.Add(uint32(inet6), uint32(stream), "fe80:e::1", uint32(80), "fe80::1%lo0", uint32(9), "SYN_RCVD", true)
	f.Add(uint32(inet6), uint32(dgram), "::ffff:1.2.3.4", uint32(80), "*", uint32(0), "", false)
	f.Fuzz(func(t *testing.T, family, kind uint32, local string, localPort uint32, remote string, remotePort uint32, status string, kame bool) {
		tr := traits{scopes: kame, embedded: kame}
		c := conn(family, kind, at(local, localPort), at(remote, remotePort), status, 1, 3)
		r, err := tr.convert(&c)
		if err != nil {
			return
		}
		for _, end := range []netip.AddrPort{r.local, r.remote} {
			if end.Addr().Zone() != "" || end.Addr().Is4In6() {
				t.Fatalf("%+v: %v", c, end)
			}
		}
		if !r.local.IsValid() || r.state == sock.Listen && r.remote.IsValid() || !tr.scopes && r.scope != (scope{}) {
			t.Fatalf("%+v: %+v", c, r)
		}
		if r.table.Family == sock.IPv4 && r.local.Addr().Is6() {
			t.Fatalf("%+v: %v among IPv4", c, r.local)
		}
	})
}
