package render

import (
	"net/netip"
	"strconv"
	"strings"
	"time"

	"sockeye/sock"
	"sockeye/sock/fact"
)

// clock is the time of every test.
var clock = time.Date(2026, 11, 20, 16, 14, 10, 0, time.UTC)

// shownBy is what options ask for, and everything what all of them do.
func shownBy(options ...string) sock.Field {
	var facts sock.Field
	for _, o := range options {
		facts |= fact.Shown(o)
	}
	return facts
}

var everything = shownBy("extended", "timers", "memory", "info")

const inetFacts = sock.FieldLocal | sock.FieldRecvQueue | sock.FieldSendQueue | sock.FieldInode | sock.FieldCookie |
	sock.FieldUID | sock.FieldUser | sock.FieldOwners

func process(pid int, name, user string) *sock.Process {
	return &sock.Process{
		PID: pid, Name: name, Known: sock.ProcessFields &^ (sock.FieldContext | sock.FieldOrigin), Exe: "/usr/bin/" + name, Cmdline: name + " --flag x",
		UID: 1000, User: user, StartedAt: clock.Add(-131 * time.Minute),
	}
}

func inet(p sock.Protocol, st sock.State, local, remote string, owners ...sock.Owner) *sock.Socket {
	s := &sock.Socket{
		Known: inetFacts, Protocol: p, Family: sock.IPv4, State: st, Local: netip.MustParseAddrPort(local),
		UID: 1000, User: "alice", Owners: owners, OwnerStatus: sock.OwnerKnown,
	}
	s.Inode, s.Cookie = 70000+uint64(s.Local.Port()), 0xab00+uint64(s.Local.Port())
	if s.Local.Addr().Is6() {
		s.Family = sock.IPv6
	}
	if st == sock.Listen {
		s.Known = s.Known&^sock.FieldSendQueue | sock.FieldBacklog
	}
	if remote != "" {
		s.Known |= sock.FieldRemote
		s.Remote = netip.MustParseAddrPort(remote)
	}
	return s
}

func ownerless(s *sock.Socket, status sock.OwnerStatus) *sock.Socket {
	s.OwnerStatus = status
	return s
}

// example are the sockets of the first example of the design.
func example() []*sock.Socket {
	node := process(4242, "node", "alice")
	owners := []sock.Owner{{Process: node, FD: 3}, {Process: node, FD: 19}}
	for pid := 4243; pid < 4246; pid++ {
		owners = append(owners, sock.Owner{Process: process(pid, "node", "alice"), FD: 3})
	}
	web := inet(sock.TCP, sock.Listen, "[::]:8080", "", owners...)
	web.Known |= sock.FieldV6Only
	web.Backlog = 511
	database := inet(sock.TCP, sock.Listen, "[::1]:5432", "", sock.Owner{Process: process(640, "postgres", "postgres"), FD: 6})
	database.Backlog = 128
	waiting := inet(sock.TCP, sock.Established, "10.0.0.5:8080", "10.0.0.9:51520")
	waiting.RecvQueue, waiting.OwnerStatus, waiting.Listener = 12, sock.OwnerAcceptQueue, node
	resolver := inet(sock.UDP, sock.Unconnected, "127.0.0.53:53", "", sock.Owner{Process: process(581, "systemd-resolve", "systemd-resolve"), FD: 12})
	resolver.Known |= sock.FieldInterface
	resolver.Interface, resolver.IfIndex = "lo", 1
	return []*sock.Socket{
		web,
		database,
		inet(sock.TCP, sock.Established, "10.0.0.5:8080", "10.0.0.9:51514", owners[3]),
		waiting,
		ownerless(inet(sock.TCP, sock.FinWait2, "10.0.0.5:8080", "10.0.0.7:40112"), sock.OwnerOrphaned),
		resolver,
	}
}

// varied are sockets of every kind, with every fact and every reason.
func varied() []*sock.Socket {
	all := example()
	only6 := inet(sock.TCP, sock.Listen, "[::]:443", "", sock.Owner{Process: process(99, "nginx", "root"), FD: 6, Service: "W3SVC"})
	only6.Known |= sock.FieldV6Only | sock.FieldCreated | sock.FieldService
	only6.Created = time.Date(2026, 11, 20, 14, 3, 11, 0, time.UTC)
	only6.V6Only = true
	maybe6 := inet(sock.TCP, sock.Listen, "[::]:22", "")
	maybe6.Known &^= sock.FieldBacklog | sock.FieldOwners
	maybe6.OwnerStatus = sock.OwnerNotSearched
	link := inet(sock.UDP, sock.Established, "[fe80::1]:546", "[fe80::2]:547")
	link.Known |= sock.FieldInterface
	link.Interface, link.IfIndex, link.OwnerStatus = "eth0", 2, sock.OwnerOtherNamespace
	nameless := inet(sock.UDP, sock.Unconnected, "[::]:68", "")
	nameless.Known |= sock.FieldInterface | sock.FieldV6Only
	nameless.IfIndex, nameless.OwnerStatus = 7, sock.OwnerKernel
	mapped := inet(sock.TCP, sock.TimeWait, "192.0.2.1:80", "192.0.2.2:5000")
	mapped.Family, mapped.OwnerStatus = sock.IPv6, sock.OwnerTimeWait
	mapped.Known &^= sock.FieldInode | sock.FieldUID | sock.FieldUser
	left := ownerless(inet(sock.TCP, sock.Listen, "0.0.0.0:7000", ""), sock.OwnerExited)
	left.Known |= sock.FieldCreator
	left.CreatorPID, left.CreatorChildren = 4242, []sock.Owner{{Process: process(4711, "node.exe", ""), FD: sock.NoFD}, {Process: process(4712, "\x1b[31m", ""), FD: sock.NoFD}}
	all = append(all, left, only6, maybe6, link, nameless, mapped,
		ownerless(inet(sock.TCP, sock.SynReceived, "10.0.0.5:8080", "10.0.0.66:1"), sock.OwnerRequest),
		ownerless(inet(sock.TCP, sock.CloseWait, "10.0.0.5:8080", "10.0.0.67:2"), sock.OwnerPermission),
		ownerless(inet(sock.Raw, sock.Unconnected, "0.0.0.0:1", ""), sock.OwnerExited),
		ownerless(inet(sock.ICMP, sock.Unconnected, "0.0.0.0:0", ""), sock.OwnerAcceptQueue),
		full(),
	)
	all = append(all, congested()...)
	return append(append(all, unixes()...), addressless()...)
}

// full knows every fact.
func full() *sock.Socket {
	s := inet(sock.TCP, sock.Established, "[2001:db8::5]:22", "[2001:db8::9]:40000",
		sock.Owner{Process: process(700, "sshd", "root"), FD: 4, TID: 701})
	s.Known = sock.AllFields &^ (sock.FieldCreator | sock.FieldPath | sock.FieldPeerPath | sock.FieldPeerInode | sock.FieldType |
		sock.FieldPacket | sock.FieldPacketFilter | sock.FieldNetlink | sock.FieldVSOCK | sock.FieldXDP)
	s.Interface, s.IfIndex, s.Mark, s.Backlog = "eth0", 2, 0x1f, 0
	s.Netns = sock.Netns{Inode: 4026531840, Name: "blue"}
	s.Timer = sock.Timer{Kind: sock.TimerKeepalive, Expires: 89*time.Second + 300*time.Millisecond, Retransmits: 2}
	s.Memory = sock.Memory{RmemAlloc: 1, Rcvbuf: 131072, WmemAlloc: 2, Sndbuf: 87040, FwdAlloc: 4096, Drops: 3}
	s.TCPInfo = new(sock.TCPInfo)
	for f := sock.TCPInfoField(0); f < sock.TCPInfoFieldCount; f++ {
		s.TCPInfo.Set(f, uint64(f)*1000)
	}
	s.Congestion, s.ULP, s.Shutdown, s.TOS, s.TrafficClass = "cubic", "tls", sock.ShutdownSend, 16, 32
	s.Rates = sock.Rates{Known: 2*sock.RateRetransShare - 1, Receive: 12_345, Send: 1_234_567, SegsIn: 20, SegsOut: 850, RetransShare: 12_500}
	s.Age = 1500 * time.Millisecond
	s.CgroupID, s.Cgroup = 4711, "/system.slice/ssh.service"
	s.Unit, s.PlacedBy, s.Container = "ssh.service", sock.PlacedBySocket, &sock.Container{Runtime: "docker", ID: strings.Repeat("5f", 32), Name: "web", Image: "nginx:1.25"}
	s.Behind = &sock.Behind{Target: netip.MustParseAddrPort("172.17.0.2:80"), PID: 931, Process: "nginx", Container: sock.Container{Runtime: "docker", ID: strings.Repeat("6a", 32), Name: "site", Image: "nginx:1.25"}}
	s.ClassID, s.Options = 6, sock.OptionIsICSK|sock.OptionMulticastLoop|sock.OptionMulticastAll|sock.OptionTransparent
	s.CongestionInfo = &sock.CongestionInfo{Kind: sock.CongestionBBR, BBR: sock.BBRInfo{Bandwidth: 1_250_000, MinRTT: 40, PacingGain: 739, CwndGain: 512}}
	s.TLS = &sock.TLS{Version: "1.3", Cipher: "aes-gcm-128", TxConf: "sw", RxConf: "none", ZeroCopyTx: true}
	s.MD5Peers = []netip.Prefix{netip.MustParsePrefix("192.0.2.7/32"), netip.MustParsePrefix("2001:db8::/48")}
	s.PeerProcess = &sock.Process{PID: 701, Name: "sftp-server", Container: &sock.Container{Runtime: "podman", ID: strings.Repeat("6a", 32), Name: "files"}}
	s.PeerNetns, s.PeerStatus = sock.Netns{Inode: 4026532001, Name: "files"}, sock.PeerKnown
	s.Exposure, s.ExposedOn = sock.ScopePublic, []netip.Addr{netip.MustParseAddr("2620:4f:8000::7"), netip.MustParseAddr("fe80::1%eth0")}
	s.File, s.Pending = &sock.UnixFile{Device: "254:1", Inode: 77}, []uint64{4712, 4713}
	return s
}

// congested are connections of the congestion controls that full has not.
func congested() []*sock.Socket {
	vegas := ownerless(inet(sock.TCP, sock.Established, "10.0.0.5:8080", "10.0.0.71:1"), sock.OwnerKernel)
	vegas.CongestionInfo = &sock.CongestionInfo{Kind: sock.CongestionVegas,
		Vegas: sock.VegasInfo{Enabled: true, RTTCount: 3, RTT: 2500, MinRTT: sock.VegasUnset}}
	dctcp := ownerless(inet(sock.TCP, sock.Established, "10.0.0.5:8080", "10.0.0.72:1"), sock.OwnerKernel)
	dctcp.CongestionInfo = &sock.CongestionInfo{Kind: sock.CongestionDCTCP,
		DCTCP: sock.DCTCPInfo{Enabled: true, CEState: 1, Alpha: 512, ABECN: 3000, ABTotal: 14480}}
	vegas.Known, dctcp.Known = vegas.Known|sock.FieldCongestionInfo, dctcp.Known|sock.FieldCongestionInfo
	return []*sock.Socket{vegas, dctcp}
}

func unixes() []*sock.Socket {
	path := func(name, peer string, inode uint64) *sock.Socket {
		s := &sock.Socket{
			Known:    sock.FieldPath | sock.FieldPeerPath | sock.FieldPeerInode | sock.FieldType | sock.FieldInode | sock.FieldOwners,
			Protocol: sock.Unix, Family: sock.FamilyUnix, State: sock.Established, Type: sock.TypeStream,
			Path: name, PeerPath: peer, Inode: inode, PeerInode: inode + 1, OwnerStatus: sock.OwnerKnown,
			Owners: []sock.Owner{{Process: process(812, "dbus-daemon", "messagebus"), FD: 7}},
		}
		return s
	}
	listening := path("/run/dbus/system_bus_socket", "", 900)
	listening.State, listening.Known = sock.Listen, listening.Known&^sock.FieldPeerInode|sock.FieldRecvQueue|sock.FieldBacklog
	listening.Backlog = 4096
	netlink := &sock.Socket{Protocol: sock.Netlink, Family: sock.FamilyNetlink, State: sock.Unconnected}
	packet := &sock.Socket{
		Protocol: sock.Packet, Family: sock.FamilyPacket, State: sock.Unconnected,
		Known: sock.FieldInterface, Interface: "eth1", IfIndex: 3,
	}
	return []*sock.Socket{
		listening, path("\x00/tmp/.X11-unix/X0\x00tail", "", 901), path("", "\x00abstract peer", 903), path("", "", 905),
		netlink, packet,
	}
}

// addressless are sockets that have neither addresses nor paths, with all that can be
// told of them and with little.
func addressless() []*sock.Socket {
	of := func(p sock.Protocol, f sock.Family, known sock.Field, first, last sock.Detail) *sock.Socket {
		s := &sock.Socket{Protocol: p, Family: f, State: sock.Unconnected, Details: new(sock.Details),
			Known:       known | sock.FieldInode | sock.FieldOwners | sock.FieldType | sock.FieldRecvQueue,
			OwnerStatus: sock.OwnerKnown, Type: sock.TypeRaw, Inode: 990,
			Owners: []sock.Owner{{Process: process(813, "dhclient", "root"), FD: 7}},
		}
		for i := first; i <= last; i++ {
			s.Details.Set(i, uint64(i-first)+1)
		}
		return s
	}
	packet := of(sock.Packet, sock.FamilyPacket, sock.FieldPacket|sock.FieldPacketFilter|sock.FieldInterface, sock.PacketProtocol, sock.PacketFanoutType)
	packet.Details.Set(sock.PacketProtocol, 0x800)
	packet.Details.Set(sock.PacketFanoutType, 1)
	packet.Interface, packet.IfIndex, packet.PacketFilter = "eth0", 2, "ldh [12]; jneq #2048,1; ret #262144; ret #0"
	everything := of(sock.Packet, sock.FamilyPacket, sock.FieldPacket|sock.FieldInterface, sock.PacketProtocol, sock.PacketProtocol)
	everything.Details.Set(sock.PacketProtocol, 3)
	netlink := of(sock.Netlink, sock.FamilyNetlink, sock.FieldNetlink, sock.NetlinkProtocol, sock.NetlinkCapAck)
	netlink.Details.Set(sock.NetlinkProtocol, 0)
	netlink.Groups = []uint64{1, 5}
	kernel := of(sock.Netlink, sock.FamilyNetlink, sock.FieldNetlink, sock.NetlinkProtocol, sock.NetlinkPeerGroup)
	kernel.OwnerStatus, kernel.Owners = sock.OwnerKernel, nil
	for i, v := range []uint64{15, 0, 0, 0} {
		kernel.Details.Set(sock.NetlinkProtocol+sock.Detail(i), v)
	}
	hidden := of(sock.Netlink, sock.FamilyNetlink, sock.FieldNetlink, sock.NetlinkProtocol, sock.NetlinkPort)
	hidden.OwnerStatus, hidden.Owners, hidden.PortProcess = sock.OwnerPermission, nil, "dhclient"
	vsock := of(sock.VSOCK, sock.FamilyVSOCK, sock.FieldVSOCK, sock.VSOCKCID, sock.VSOCKPeerPort)
	vsock.State = sock.Established
	listener := of(sock.VSOCK, sock.FamilyVSOCK, sock.FieldVSOCK, sock.VSOCKPort, sock.VSOCKPort)
	listener.State = sock.Listen
	xdp := of(sock.XDP, sock.FamilyXDP, sock.FieldXDP|sock.FieldInterface, sock.XDPQueue, sock.XDPTxEmpty)
	xdp.Interface, xdp.IfIndex = "eth1", 3
	return []*sock.Socket{packet, everything, netlink, kernel, hidden, vsock, listener, xdp}
}

// evil are names that try to command a terminal or to forge a row.
var evil = []string{
	"\x1b[31mred\x1b]0;title\x07", "a\nb\rc\td\x00e\x7f", "\u202egnp.exe", "\u2066x\u2069\u200b", "c1\u009b31m\u0085",
	"\u2028\u2029", "bad\xff\xc3", `back\slash\x41\\`, "\U000e0041", "comma,quote\"", " blanks ", "日本語 e\u0301", "-",
}

// reachable is what listens beyond the loopback, some of it with evil names.
func reachable() []*sock.Socket {
	at := func(s *sock.Socket, scope sock.Scope, addresses ...string) *sock.Socket {
		s.Known |= sock.FieldExposure
		s.Exposure = scope
		for _, a := range addresses {
			s.ExposedOn = append(s.ExposedOn, netip.MustParseAddr(a))
		}
		return s
	}
	every := []string{"192.31.196.7", "2620:4f:8000::7", "10.0.0.5", "fd00::5", "172.17.0.1", "fe80::5%eth1"}
	web := example()[0]
	owner := func(pid int, name string) sock.Owner { return sock.Owner{Process: process(pid, name, "alice"), FD: 3} }
	return []*sock.Socket{
		at(web, sock.ScopePublic, every...),
		at(inet(sock.TCP, sock.Listen, "0.0.0.0:5432", "", owner(640, "postgres")), sock.ScopePublic, "192.31.196.7", "10.0.0.5", "172.17.0.1"),
		at(inet(sock.UDP, sock.Unconnected, "0.0.0.0:53", "", owner(581, evil[0])), sock.ScopeAll),
		at(inet(sock.TCP, sock.Listen, "10.0.0.5:6379", "", owner(700, evil[1])), sock.ScopePrivate, "10.0.0.5"),
		at(ownerless(inet(sock.TCP, sock.Listen, "172.17.0.1:2375", ""), sock.OwnerPermission), sock.ScopePrivate, "172.17.0.1"),
		at(inet(sock.UDP, sock.Unconnected, "[fe80::5]:546", "", owner(800, evil[2])), sock.ScopeLinkLocal, "fe80::5%eth1"),
		at(inet(sock.TCP, sock.Listen, "127.0.0.1:631", "", owner(900, "cupsd")), sock.ScopeLoopback),
	}
}

// belonging are sockets of containers, units and neither, in no order.
func belonging() []*sock.Socket {
	in := func(s *sock.Socket, unit string, c *sock.Container) *sock.Socket {
		s.Known |= sock.FieldPlace
		s.Unit, s.Container, s.PlacedBy = unit, c, sock.PlacedByOwner
		return s
	}
	web := &sock.Container{Runtime: "docker", ID: strings.Repeat("5f", 32), Name: "web", Image: "nginx:1.25"}
	evilOne := &sock.Container{ID: evil[0], Image: evil[1]}
	master, worker := process(812, "nginx", "root"), process(813, "nginx", "www-data")
	listener := inet(sock.TCP, sock.Listen, "0.0.0.0:80", "", sock.Owner{Process: master, FD: 6}, sock.Owner{Process: worker, FD: 6})
	crowd := inet(sock.TCP, sock.Listen, "0.0.0.0:9000", "")
	for pid := range 12 {
		crowd.Owners = append(crowd.Owners, sock.Owner{Process: process(2000+pid, "php-fpm", "www-data"), FD: 5})
	}
	return []*sock.Socket{
		inet(sock.TCP, sock.Listen, "0.0.0.0:2222", "", sock.Owner{Process: process(99, "dropbear", "root"), FD: 3}),
		in(listener, "docker-5f.scope", web),
		in(inet(sock.TCP, sock.Listen, "0.0.0.0:22", "", sock.Owner{Process: process(700, "sshd", "root"), FD: 3}), "ssh.service", nil),
		in(inet(sock.TCP, sock.Established, "172.17.0.2:80", "10.0.0.9:51514", sock.Owner{Process: worker, FD: 9}), "docker-5f.scope", web),
		in(crowd, "php-fpm.service", nil),
		in(inet(sock.TCP, sock.Established, "172.17.0.2:80", "10.0.0.9:51520", sock.Owner{Process: worker, FD: 10}), "docker-5f.scope", web),
		in(inet(sock.UDP, sock.Unconnected, "0.0.0.0:53", "", sock.Owner{Process: process(7, evil[0], evil[3]), FD: 1}), "", evilOne),
		in(inet(sock.UDP, sock.Unconnected, "0.0.0.0:54", "", sock.Owner{Process: process(8, evil[2], "x"), FD: 1}), evil[5], nil),
		ownerless(inet(sock.TCP, sock.TimeWait, "10.0.0.5:8080", "10.0.0.7:40112"), sock.OwnerTimeWait),
		in(ownerless(inet(sock.TCP, sock.Established, "172.17.0.2:80", "10.0.0.7:1"), sock.OwnerPermission), "docker-5f.scope", web),
	}
}

func hostile() []*sock.Socket {
	var all []*sock.Socket
	for i, name := range evil {
		p := process(i+1, name, name)
		p.Exe, p.Cmdline = name, name
		s := inet(sock.TCP, sock.Listen, "127.0.0.1:"+strconv.Itoa(1000+i), "", sock.Owner{Process: p, FD: 1})
		s.Known |= sock.FieldInterface | sock.FieldCgroup | sock.FieldNetns | sock.FieldNetnsName | sock.FieldCongestion | sock.FieldPlace
		s.Unit, s.Container = name, &sock.Container{ID: name, Image: name}
		s.User, s.Interface, s.Cgroup, s.Netns.Name, s.Congestion = name, name, name, name, name
		u := &sock.Socket{
			Protocol: sock.Unix, Family: sock.FamilyUnix, State: sock.Established, OwnerStatus: sock.OwnerAcceptQueue,
			Known: sock.FieldPath | sock.FieldPeerPath | sock.FieldOwners, Path: name, PeerPath: "\x00" + name, Listener: p,
		}
		all = append(all, s, u)
	}
	return all
}
