package filter

import (
	"math/rand/v2"
	"net/netip"
	"time"

	"sockeye/sock"
)

// The values that sockets and conditions are made of: few, so that they meet.
var (
	somePorts = []uint16{0, 1, 22, 80, 443, 1023, 1024, 32768, 40000, 60999, 61000, 65535}
	someAddrs = []string{"0.0.0.0", "10.0.0.1", "10.1.2.3", "127.0.0.1", "192.0.2.7", "255.255.255.255",
		"::", "::1", "fe80::1", "fe80::2:1", "2001:db8::1", "ffff::"}
	someNumbers = []uint64{0, 1, 2, 3, 33, 1000, 1024, 4096, 10000, 65536}
	someNames   = []string{"nginx", "node", "systemd-resolve", "a b", "(x)", "and", "-", "ngin"}
	somePaths   = []string{"/run/a.sock", "/run/B.sock", "\x00abc", "\x000a1b2", "\x00/x\x00y", "@abc", "", "/run/\xff"}
	someLinks   = []sock.Socket{{}, {IfIndex: 1, Interface: "lo"}, {IfIndex: 2, Interface: "eth0"}, {IfIndex: 2}, {IfIndex: 9, Interface: "lo"}}
)

// randomSocket makes a socket of any kind with any facts known.
func randomSocket(r *rand.Rand) *sock.Socket {
	s := &sock.Socket{State: sock.State(r.IntN(int(sock.Unconnected) + 1))}
	s.Protocol, s.Family = randomTable(r)
	s.Known = sock.Field(r.Uint64()|r.Uint64()) & sock.AllFields
	if r.IntN(10) == 0 {
		s.Known = 0
	}
	for bit := sock.Field(1); bit != 0 && bit <= sock.AllFields; bit <<= 1 {
		if !bit.MayBeOf(s.Protocol) {
			s.Known &^= bit
		}
	}
	inet := s.Family == sock.IPv4 || s.Family == sock.IPv6
	if inet && r.IntN(4) > 0 {
		s.Known |= sock.FieldLocal | sock.FieldRemote
	}
	s.Local, s.Remote = randomEnd(r, s.Family), randomEnd(r, s.Family)
	link := pick(r, someLinks...)
	s.IfIndex, s.Interface = link.IfIndex, link.Interface
	s.V6Only = r.IntN(2) == 0
	s.Mark = pick(r, uint32(0), 0x10, 0x1f, 0x12345678)
	s.Path, s.PeerPath = pick(r, somePaths...), pick(r, somePaths...)
	s.PeerInode = pick(r, someNumbers...)
	s.Type = sock.SocketType(r.IntN(5))
	s.RecvQueue, s.SendQueue = uint32(pick(r, someNumbers...)), uint32(pick(r, someNumbers...))
	s.Backlog, s.Inode, s.Cookie = uint32(pick(r, someNumbers...)), 1+pick(r, someNumbers...)>>1, pick(r, someNumbers...)
	s.UID, s.User = uint32(pick(r, someNumbers...)), pick(r, someNames...)
	s.Netns = sock.Netns{Inode: pick(r, someNumbers...), Name: pick(r, "", "blue", "33")}
	s.OwnerStatus = sock.OwnerStatus(r.IntN(int(sock.OwnerExited) + 1))
	for range r.IntN(4) {
		s.Owners = append(s.Owners, randomOwner(r))
	}
	if r.IntN(2) == 0 {
		s.Listener = randomOwner(r).Process
	}
	s.CreatorPID = int(pick(r, someNumbers...)) + 1
	s.Timer = sock.Timer{Kind: sock.TimerKind(r.IntN(6)), Expires: time.Duration(pick(r, someNumbers...)) * time.Microsecond,
		Retransmits: uint8(r.IntN(4))}
	s.Memory.Drops, s.Memory.Rcvbuf = uint32(pick(r, someNumbers...)), uint32(pick(r, someNumbers...))
	s.TCPInfo = new(sock.TCPInfo)
	for f := range sock.TCPInfoFieldCount {
		if r.IntN(2) == 0 {
			s.TCPInfo.Set(f, pick(r, someNumbers...))
		}
	}
	s.Congestion = pick(r, "cubic", "bbr")
	s.Shutdown = sock.Shutdown(r.IntN(4))
	s.CgroupID, s.Cgroup = pick(r, uint64(0), 2, 3), pick(r, "", "/a", "/bc")
	return without(s, ^s.Known)
}

func randomTable(r *rand.Rand) (sock.Protocol, sock.Family) {
	switch r.IntN(8) {
	case 0:
		return sock.Unix, sock.FamilyUnix
	case 1:
		return sock.Netlink, sock.FamilyNetlink
	case 2:
		return sock.Packet, sock.FamilyPacket
	}
	return pick(r, sock.TCP, sock.TCP, sock.UDP, sock.MPTCP), pick(r, sock.IPv4, sock.IPv6)
}

// randomEnd makes an end as sources store it: v4-mapped ones as IPv4.
func randomEnd(r *rand.Rand, family sock.Family) netip.AddrPort {
	for {
		a := netip.MustParseAddr(pick(r, someAddrs...))
		if family == sock.IPv4 && !a.Is4() {
			continue
		}
		return netip.AddrPortFrom(a, pick(r, somePorts...))
	}
}

func randomOwner(r *rand.Rand) sock.Owner {
	name := pick(r, someNames...)
	return sock.Owner{FD: r.IntN(4), TID: r.IntN(3), Process: &sock.Process{
		PID: int(pick(r, someNumbers...)) + 1, Name: name, Known: sock.Field(r.Uint64()) & sock.ProcessFields,
		Exe: "/bin/" + name, Cmdline: name + " --config x", UID: uint32(pick(r, someNumbers...)), User: pick(r, someNames...),
		StartedAt: testNow.Add(-time.Duration(pick(r, someNumbers...)) * time.Second)}}
}

// clearFact empties the members that a fact covers.
var clearFact = []struct {
	fact  sock.Field
	clear func(c *sock.Socket)
}{
	{sock.FieldLocal, func(c *sock.Socket) { c.Local = netip.AddrPort{} }},
	{sock.FieldRemote, func(c *sock.Socket) { c.Remote = netip.AddrPort{} }},
	{sock.FieldInterface, func(c *sock.Socket) { c.IfIndex, c.Interface = 0, "" }},
	{sock.FieldV6Only, func(c *sock.Socket) { c.V6Only = false }},
	{sock.FieldMark, func(c *sock.Socket) { c.Mark = 0 }},
	{sock.FieldCreator, func(c *sock.Socket) { c.CreatorPID = 0 }},
	{sock.FieldPath, func(c *sock.Socket) { c.Path = "" }},
	{sock.FieldPeerPath, func(c *sock.Socket) { c.PeerPath = "" }},
	{sock.FieldPeerInode, func(c *sock.Socket) { c.PeerInode = 0 }},
	{sock.FieldType, func(c *sock.Socket) { c.Type = 0 }},
	{sock.FieldRecvQueue, func(c *sock.Socket) { c.RecvQueue = 0 }},
	{sock.FieldSendQueue, func(c *sock.Socket) { c.SendQueue = 0 }},
	{sock.FieldBacklog, func(c *sock.Socket) { c.Backlog = 0 }},
	{sock.FieldInode, func(c *sock.Socket) { c.Inode = 0 }},
	{sock.FieldCookie, func(c *sock.Socket) { c.Cookie = 0 }},
	{sock.FieldUID, func(c *sock.Socket) { c.UID = 0 }},
	{sock.FieldUser, func(c *sock.Socket) { c.User = "" }},
	{sock.FieldNetns, func(c *sock.Socket) { c.Netns.Inode = 0 }},
	{sock.FieldNetnsName, func(c *sock.Socket) { c.Netns.Name = "" }},
	{sock.FieldOwners, func(c *sock.Socket) { c.Owners, c.OwnerStatus, c.Listener = nil, 0, nil }},
	{sock.FieldTimer, func(c *sock.Socket) { c.Timer = sock.Timer{} }},
	{sock.FieldMemory, func(c *sock.Socket) { c.Memory = sock.Memory{} }},
	{sock.FieldTCPInfo, func(c *sock.Socket) { c.TCPInfo = nil }},
	{sock.FieldCongestion, func(c *sock.Socket) { c.Congestion = "" }},
	{sock.FieldShutdown, func(c *sock.Socket) { c.Shutdown = 0 }},
	{sock.FieldCgroupID, func(c *sock.Socket) { c.CgroupID = 0 }},
	{sock.FieldCgroup, func(c *sock.Socket) { c.Cgroup = "" }},
}

// without returns the socket without the given facts: not known, and zero.
func without(s *sock.Socket, f sock.Field) *sock.Socket {
	c := *s
	c.Known &^= f
	for _, m := range clearFact {
		if f&m.fact != 0 {
			m.clear(&c)
		}
	}
	if f&sock.ProcessFields != 0 && len(c.Owners) > 0 {
		owners := make([]sock.Owner, len(c.Owners))
		for i, o := range c.Owners {
			p := *o.Process
			p.Known &^= f
			owners[i] = sock.Owner{Process: &p, FD: o.FD, TID: o.TID}
		}
		c.Owners = owners
	}
	return &c
}
