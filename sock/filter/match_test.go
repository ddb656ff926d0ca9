package filter

import (
	"net/netip"
	"runtime"
	"strconv"
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
		Rates: sock.Rates{Known: sock.RateSend | sock.RateRetransShare, Send: 1_500_000, RetransShare: 12_500}, Age: 1500 * time.Millisecond,
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
	for _, c := range matchTable {
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

// TestMappedForm: an address that a source left mapped is the same address.
func TestMappedForm(t *testing.T) {
	t.Parallel()
	s := mappedConn
	s.Local = netip.AddrPortFrom(netip.AddrFrom16(s.Local.Addr().As16()), s.Local.Port())
	for text, want := range map[string]bool{"src 10.0.0.5": true, "src ::ffff:10.0.0.5": true, "src ::/0": true, "src ::/120": false} {
		if got := mustParse(t, text).Match(&s); got != want {
			t.Errorf("%s: %v", text, got)
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
		"cgroup /x netns y autobound":    sock.FieldCgroupID | sock.FieldCgroup | sock.FieldNetns | sock.FieldNetnsName | sock.FieldLocal | sock.FieldPath,
		"rtt > 1s or mem_drops > 1":      sock.FieldTCPInfo | sock.FieldMemory,
		"owner_status known user ~ /^w/": sock.FieldOwners | sock.FieldUser,
	} {
		if got := mustParse(t, text).Needs(); got != want {
			t.Errorf("%q needs %b, want %b", text, got, want)
		}
	}
}

func TestPatternsOfNames(t *testing.T) {
	windows := runtime.GOOS == "windows"
	for _, c := range []struct {
		name, pattern string
		want          bool
	}{
		{"php-fpm8.2", "php-fpm*", true}, {"php-fpm", "php-fpm*", true}, {"xphp-fpm", "php-fpm*", false},
		{"a\nb", "a*b", true}, {"a.c", "a*c", true}, {"abc", "a.c*", false}, {"a|b", "a|*", true}, {"b", "a|*", false},
		{"PHP-fpm", "php*", windows}, {"php-fpm", "php*.exe", false},
		{"Svchost.EXE", "svc*", true}, {"Svchost.EXE", "*HOST", true}, {"Svchost.EXE", "svc*.exe", true}, {"Svchost.EXE", "svc*.com", false},
		{"svchost.exe", "*.exe", true}, {"svchost.com", "*.exe", false}, {"Svchost.exe", "host*", false},
	} {
		s := sock.Socket{Known: sock.FieldOwners, Owners: []sock.Owner{{Process: &sock.Process{PID: 8, Name: c.name}}}}
		if got := ProcessPattern(c.pattern).Match(&s); got != c.want {
			t.Errorf("%q fits %q: %v", c.name, c.pattern, got)
		}
	}
}

// TestNamesOfWindowsPrograms: they match in any case, with or without .exe, and
// those of other programs do not.
func TestNamesOfWindowsPrograms(t *testing.T) {
	for _, c := range []struct {
		name, operand string
		want          bool
	}{
		{"nginx.exe", "nginx", true}, {"nginx.exe", "NGINX.EXE", true}, {"Nginx.Exe", "nginx.exe", true},
		{"Überwachung.exe", "überwachung", true}, {"nginx.exe", "nginx.ex", false}, {"nginx.exe", "nginx.exe.exe", false},
		{"nginx.exe", "ngin", false}, {"a.exe.exe", "A.EXE", false}, {"a.exe.exe", "a.exe.EXE", true},
		{"a-long-name-of-a-program.exe", "A-Long-Name-Of-A-Program", true}, {"a-long-name-of-a-program.exe", "a-long-name-of-", false},
		{"nginx", "nginx", true}, {"nginx", "nginx.exe", runtime.GOOS == "windows"}, {"nginx", "Nginx", runtime.GOOS == "windows"},
		{"System", "system", runtime.GOOS == "windows"}, {".exe", "", false},
	} {
		s := sock.Socket{Known: sock.FieldOwners, Owners: []sock.Owner{{Process: &sock.Process{PID: 8, Name: c.name}}},
			OwnerStatus: sock.OwnerKnown, Listener: &sock.Process{PID: 8, Name: c.name}}
		words := []*Filter{ProcessNames(c.operand), mustParse(t, "process = "+strconv.Quote(c.operand)),
			mustParse(t, "listener_process = "+strconv.Quote(c.operand)),
			mustParse(t, "not process != "+strconv.Quote(c.operand)), mustParse(t, "process in (x, "+strconv.Quote(c.operand)+")")}
		for i, f := range words {
			if got := f.Match(&s); got != c.want {
				t.Errorf("%q, filter %d of %q: %v", c.name, i, c.operand, got)
			}
		}
	}
}
