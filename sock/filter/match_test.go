package filter

import (
	"net/netip"
	"testing"
	"time"

	"sockeye/sock"
)

// The sockets of the match tests, each with the facts that one of its kind has.
var (
	tcpConn = sock.Socket{
		Known: sock.AllFields &^ (sock.FieldPath | sock.FieldPeerPath | sock.FieldPeerInode | sock.FieldType |
			sock.FieldBacklog | sock.FieldV6Only),
		Protocol: sock.TCP, Family: sock.IPv4, State: sock.Established,
		Local: netip.MustParseAddrPort("10.0.0.5:8080"), Remote: netip.MustParseAddrPort("10.0.0.9:51514"),
		Mark: 0x1234, RecvQueue: 12, SendQueue: 70000, Inode: 4711, Cookie: 0x1f03, UID: 33, User: "www-data",
		Netns: sock.Netns{Inode: 4026531840, Name: "blue"},
		Owners: []sock.Owner{
			{Process: testProcess(812, "nginx", 48*time.Hour), FD: 7},
			{Process: testProcess(4242, "systemd-resolve", time.Minute), FD: 9, TID: 4243},
		},
		OwnerStatus: sock.OwnerKnown,
		Timer:       sock.Timer{Kind: sock.TimerKeepalive, Expires: 1500 * time.Millisecond, Retransmits: 3},
		Memory:      sock.Memory{RmemAlloc: 5, Backlog: 9, Drops: 2},
		TCPInfo:     testTCPInfo(), Congestion: "cubic", Shutdown: sock.ShutdownSend, TOS: 0x10,
		CgroupID: 99, Cgroup: "/system.slice/nginx.service",
	}
	tcpListener = sock.Socket{
		Known: sock.FieldLocal | sock.FieldV6Only | sock.FieldInterface | sock.FieldRecvQueue | sock.FieldBacklog |
			sock.FieldOwners,
		Protocol: sock.TCP, Family: sock.IPv6, State: sock.Listen,
		Local: netip.MustParseAddrPort("[::]:22"), Backlog: 128, OwnerStatus: sock.OwnerKernel,
	}
	mappedConn = sock.Socket{
		Known:    sock.FieldLocal | sock.FieldRemote | sock.FieldInterface,
		Protocol: sock.TCP, Family: sock.IPv6, State: sock.CloseWait, IfIndex: 2, Interface: "eth0",
		Local: netip.MustParseAddrPort("10.0.0.5:22"), Remote: netip.MustParseAddrPort("192.0.2.7:40000"),
	}
	udpSocket = sock.Socket{
		Known:    sock.FieldLocal | sock.FieldInterface,
		Protocol: sock.UDP, Family: sock.IPv6, State: sock.Unconnected, IfIndex: 7,
		Local: netip.MustParseAddrPort("[fe80::1]:40000"),
	}
	unixConn = sock.Socket{
		Known:    sock.FieldPath | sock.FieldPeerPath | sock.FieldPeerInode | sock.FieldType,
		Protocol: sock.Unix, Family: sock.FamilyUnix, State: sock.Established, Type: sock.TypeStream,
		Path: "\x0012abf", PeerPath: "/run/DBus/system_bus_socket", PeerInode: 17,
	}
	unixUnnamed   = sock.Socket{Protocol: sock.Unix, Family: sock.FamilyUnix, State: sock.Established}
	netlinkSocket = sock.Socket{Protocol: sock.Netlink, Family: sock.FamilyNetlink, State: sock.Unconnected}
	packetSocket  = sock.Socket{Known: sock.FieldInterface, Protocol: sock.Packet, Family: sock.FamilyPacket,
		State: sock.Unconnected, IfIndex: 2, Interface: "eth0"}
)

func testProcess(pid int, name string, age time.Duration) *sock.Process {
	return &sock.Process{PID: pid, Name: name, Known: sock.ProcessFields, Exe: "/usr/sbin/" + name,
		Cmdline: name + " --config /etc/" + name + ".conf", UID: uint32(pid % 100), User: "u" + name,
		StartedAt: testNow.Add(-age)}
}

func testTCPInfo() *sock.TCPInfo {
	var info sock.TCPInfo
	info.Set(sock.TCPInfoState, 1)
	info.Set(sock.TCPInfoRTT, 51000)
	info.Set(sock.TCPInfoBytesAcked, 10001)
	return &info
}

// TestMatch: each filter matches exactly the sockets that stand behind it.
func TestMatch(t *testing.T) {
	t.Parallel()
	all := map[string]*sock.Socket{"conn": &tcpConn, "listener": &tcpListener, "mapped": &mappedConn,
		"udp": &udpSocket, "unix": &unixConn, "unnamed": &unixUnnamed, "netlink": &netlinkSocket, "packet": &packetSocket}
	for _, c := range []struct {
		text string
		want []string
	}{
		{"", []string{"conn", "listener", "mapped", "udp", "unix", "unnamed", "netlink", "packet"}},
		{"src *", []string{"conn", "listener", "mapped", "udp", "unix", "unnamed", "netlink", "packet"}},
		{"dst any", []string{"conn", "listener", "mapped", "udp", "unix", "unnamed", "netlink", "packet"}},
		{"src inet:*", []string{"conn"}},
		{"src inet6:*", []string{"listener", "mapped", "udp"}},

		// ports; a listener has no remote end
		{"sport 22", []string{"listener", "mapped"}},
		{"sport != 22", []string{"conn", "udp", "unix", "unnamed", "netlink", "packet"}},
		{"sport <= 22", []string{"listener", "mapped"}},
		{"dport >= 0", []string{"conn", "mapped"}},
		{"dport < 51514", []string{"mapped"}},
		{"not dport > 0", []string{"listener", "udp", "unix", "unnamed", "netlink", "packet"}},
		{"port 40000", []string{"mapped", "udp"}},
		{"port in (51514, 22)", []string{"conn", "listener", "mapped"}},
		{"sport = 8080-65536", []string{"conn", "udp"}},
		{"sport = 70000", nil},
		{"not sport = 70000", []string{"conn", "listener", "mapped", "udp", "unix", "unnamed", "netlink", "packet"}},

		// addresses
		{"src 10.0.0.5", []string{"conn", "mapped"}},
		{"src inet:10.0.0.5", []string{"conn"}},
		{"src ::ffff:10.0.0.5", []string{"mapped"}},
		{"src ::ffff:10.0.0.5/120", []string{"mapped"}},
		{"src ::ffff:10.9.0.5/120", nil},
		{"src ::ffff:0:0/96", []string{"mapped"}},
		{"src 10/8", []string{"conn", "mapped"}},
		{"src 0.0.0.0", nil},
		{"src 0.0.0.0/0", []string{"conn", "mapped"}},
		{"src ::", []string{"listener"}},
		{"src ::/0", []string{"listener", "mapped", "udp"}},
		{"src ::/81", []string{"listener"}},
		{"src ::/80", []string{"listener", "mapped"}},
		{"src fe80::/10", []string{"udp"}},
		{"dst 192.0.2.7:40000", []string{"mapped"}},
		{"dst 192.0.2.7:40001", nil},
		{"dst www.x.org", []string{"mapped"}},
		{"dst != 192.0.2.7", []string{"conn", "listener", "udp", "unix", "unnamed", "netlink", "packet"}},
		{"addr in (10.0.0.9, fe80::/64)", []string{"conn", "udp"}},
		{"addr 10.0.0.5:40000", nil}, // the address of one end and the port of the other
		{"src 10.0.0.5%eth0", []string{"mapped"}},
		{"src 10.0.0.5%lo", nil},
		{"src *%eth0", []string{"mapped"}},
		{"src fe80::1%7", []string{"udp"}},
		{`src 'fe80::1%Ethernet 2'`, []string{"udp"}},

		// interfaces
		{"dev eth0", []string{"mapped", "packet"}},
		{"dev 2", []string{"mapped", "packet"}},
		{"dev 0", []string{"conn", "listener"}},
		{"dev != eth0", []string{"conn", "listener", "udp", "unix", "unnamed", "netlink"}},
		{"dev elsewhere", nil},
		{"dev ~ ^eth", []string{"mapped", "packet"}},
		{"src link:*:eth0", []string{"packet"}},
		{"src link:*:lo", nil},
		{"src link:", []string{"packet"}},
		{"src link:ip", nil},
		{"src netlink:*", []string{"netlink"}},
		{"src netlink:rtnl", nil},
		{"src vsock:*", nil},

		// unix
		{"src unix:*", []string{"unix", "unnamed"}},
		{"src unix:@*", []string{"unix"}},
		{"src unix:@12AB?", []string{"unix"}},
		{"dst unix:/RUN/*bus_socket", []string{"unix"}},
		{"src unix:/run/*", nil},
		{"addr unix:/run/*", []string{"unix"}},
		{"path = @12abf", []string{"unix"}},
		{"path = @12ABF", nil},
		{"path ~ /^@12/", []string{"unix"}},
		{"peer_path ~ /bus/i and peer_inode 17", []string{"unix"}},
		{"type stream", []string{"unix"}},
		{"type != dgram", []string{"conn", "listener", "mapped", "udp", "unix", "unnamed", "netlink", "packet"}},
		{"autobound", []string{"unix", "udp"}},

		// states and tables
		{"connected", []string{"conn", "mapped", "unix", "unnamed"}},
		{"state listening", []string{"listener"}},
		{"state close", []string{"udp", "netlink", "packet"}},
		{"exclude connected protocol in (tcp, udp)", []string{"listener", "udp"}},
		{"family ipv6 protocol tcp", []string{"listener", "mapped"}},

		// facts; what is not known is not equal and not unequal
		{"v6only", nil},
		{"v6only false", []string{"listener"}},
		{"v6only != true", []string{"conn", "listener", "mapped", "udp", "unix", "unnamed", "netlink", "packet"}},
		{"fwmark 0x1234", []string{"conn"}},
		{"fwmark 0x34/0xff", []string{"conn"}},
		{"fwmark 0x35/0xff", nil},
		{"fwmark in 7,0x1200/0xff00", []string{"conn"}},
		{"cgroup /system.slice/nginx.service", nil}, // the ID says otherwise
		{"cgroup ~ nginx", []string{"conn"}},
		{"recvq > 0", []string{"conn"}},
		{"recvq >= 0", []string{"conn", "listener"}},
		{"sendq > 64Ki", []string{"conn"}},
		{"sendq > 70k", nil},
		{"backlog = 128", []string{"listener"}},
		{"inode 4711 and sk 1f03 and uid 33 and user www-data", []string{"conn"}},
		{"uid != 33 and family inet", nil},
		{"netns blue", []string{"conn"}},
		{"netns 4026531840", []string{"conn"}},
		{"netns ~ ^bl", []string{"conn"}},
		{"netns red", nil},
		{"timer keepalive", []string{"conn"}},
		{"expires >= 1500ms and expires <= 1500", []string{"conn"}},
		{"expires > 1500ms", nil},
		{"timer_retransmits 3", []string{"conn"}},
		{"mem_backlog 9 and drops 2 and rmem_alloc 5", []string{"conn"}},
		{"rtt > 50ms and rtt < 1s", []string{"conn"}},
		{"rttvar >= 0", nil},
		{"bytes_acked > 10k", []string{"conn"}},
		{"tcp_info.state = 1", []string{"conn"}},
		{"cc cubic tos 16 shutdown send", []string{"conn"}},

		// owners
		{"pid 812", []string{"conn"}},
		{"pid 4242 pid 812", []string{"conn"}}, // two holders
		{"pid != 812 family inet", nil},        // no holder is
		{"pid > 4000", []string{"conn"}},
		{"pid in 1-900", []string{"conn"}},
		{"process nginx", []string{"conn"}},
		{"process systemd-resolved", []string{"conn"}}, // the kernel keeps 15 bytes
		{"process systemd", nil},
		{"process ~ /^systemd/", []string{"conn"}},
		{"process !~ /^systemd/", []string{"listener", "mapped", "udp", "unix", "unnamed", "netlink", "packet"}},
		{"fd 9 tid 4243 exe = /usr/sbin/nginx", []string{"conn"}},
		{"cmdline ~ /--config \\/etc/", []string{"conn"}},
		{"puser unginx puid 12", []string{"conn"}},
		{"age > 47h", []string{"conn"}},
		{"age <= 1m", []string{"conn"}},
		{"age < 1m", nil},
		{"started_at = 2026-11-18", []string{"conn"}},
		{"started_at < 2026-11-18", nil},
		{"owner_status known", []string{"conn"}},
		{"owner_status != known", []string{"listener", "mapped", "udp", "unix", "unnamed", "netlink", "packet"}},
		{"owner_status kernel", []string{"listener"}},
		{"pid 1 or process x or exe y or state listening", []string{"listener"}},
	} {
		f, err := ParseText(c.text, testEnv())
		if err != nil {
			t.Errorf("%q: %v", c.text, err)
			continue
		}
		want := map[string]bool{}
		for _, name := range c.want {
			want[name] = true
		}
		for name, s := range all {
			if got := f.Match(s); got != want[name] {
				t.Errorf("%q: %s matches: %v, want %v", c.text, name, got, want[name])
			}
			if f.Match(s) && !f.CanMatch(s, sock.AllFields) {
				t.Errorf("%q: %s matches and cannot match", c.text, name)
			}
		}
	}
}

// TestCgroupByPath: without a number on one side the paths decide.
func TestCgroupByPath(t *testing.T) {
	t.Parallel()
	s := tcpConn
	s.CgroupID = 0
	if !mustParse(t, "cgroup /system.slice/nginx.service").Match(&s) {
		t.Error("a socket without the number of its cgroup")
	}
	f, err := ParseText("cgroup system.slice/nginx.service", Env{})
	if err != nil || !f.Match(&tcpConn) {
		t.Errorf("an environment without numbers: %v", err)
	}
}

// TestCanMatch: a row is dropped early only if nothing could make it match.
func TestCanMatch(t *testing.T) {
	t.Parallel()
	early := tcpConn
	early.Known &^= sock.FieldOwners | sock.ProcessFields
	early.Owners, early.OwnerStatus = nil, 0
	const missing = sock.FieldOwners | sock.ProcessFields
	for text, want := range map[string]bool{
		"":                                         true,
		"pid 812":                                  true,
		"pid 1":                                    true,
		"not pid 812":                              true,
		"pid 812 and sport 8080":                   true,
		"pid 812 and sport 8081":                   false,
		"pid 812 or sport 8081":                    true,
		"sport 8081 or sport 8082":                 false,
		"not (pid 812 and sport 8080)":             true,
		"not (pid 812 or sport 8080)":              false,
		"not (pid 812 or sport 8081)":              true,
		"sport 8080 and (process x or dport 1)":    true,
		"sport 8080 and (process x and dport 1)":   false,
		"not (process x and dport 1) and sport 1":  false,
		"rttvar > 1":                               false, // not known, and not missing
		"owner_status known and state established": true,
		"cmdline ~ x and state listening":          false,
	} {
		if got := mustParse(t, text).CanMatch(&early, missing); got != want {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
	}
}

// TestNeeds: owners and other costly facts are looked up only for a filter that
// looks at them.
func TestNeeds(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]sock.Field{
		"":                               0,
		"state listen protocol tcp":      0,
		"src *":                          0,
		"sport 22":                       sock.FieldLocal,
		"port 22":                        sock.FieldLocal | sock.FieldRemote,
		"dst 1.2.3.4%eth0":               sock.FieldRemote | sock.FieldInterface,
		"src unix:*":                     0,
		"src unix:/x dst unix:/y":        sock.FieldPath | sock.FieldPeerPath,
		"not pid 1":                      sock.FieldOwners,
		"uid 1 or exe = /x":              sock.FieldUID | sock.FieldOwners | sock.FieldExe,
		"age > 1h":                       sock.FieldOwners | sock.FieldStartedAt,
		"dev lo fwmark 1":                sock.FieldInterface | sock.FieldMark,
		"cgroup /x netns y autobound":    sock.FieldCgroup | sock.FieldNetns | sock.FieldLocal | sock.FieldPath,
		"rtt > 1s or mem_drops > 1":      sock.FieldTCPInfo | sock.FieldMemory,
		"owner_status known user ~ /^w/": sock.FieldOwners | sock.FieldUser,
	} {
		if got := mustParse(t, text).Needs(); got != want {
			t.Errorf("%q needs %b, want %b", text, got, want)
		}
	}
}
