package change

import (
	"net/netip"

	"sockeye/sock"
)

// Identity tells a socket from every other of its machine, in listings that were
// made at different times. It is comparable.
//
// The kernel's cookie is such a number for the life of a machine (sock_gen_cookie),
// and stays with a connection when the kernel goes on with a smaller record: a
// handshake that becomes a connection, a connection that is remembered in
// TIME_WAIT. Where no cookie is told, what does not change in the life of a socket
// stands for it; see [ByEnds].
type Identity struct {
	cookie        uint64 // 0: not told, and then the rest decides
	protocol      sock.Protocol
	family        sock.Family
	netns         uint64
	local, remote netip.AddrPort
	device        uint32
	path          string
	inode         uint64
	birth         int64 // Unix time in nanoseconds; 0: not told
	// Of [ByName], where numbers do not stay.
	deviceName, netnsName string
}

// IdentityOf returns the identity of a socket.
func IdentityOf(s *sock.Socket) Identity {
	switch known := s.Knows(sock.FieldCookie) && s.Cookie != 0; {
	case known && s.Protocol == sock.SCTP:
		// The associations of a socket have its cookie, and each another peer.
		id := ByEnds(s)
		id.cookie = s.Cookie
		return id
	case known:
		return Identity{cookie: s.Cookie}
	}
	return ByEnds(s)
}

// ByEnds returns the identity of a socket without its cookie: table, ends, device,
// inode and birth, as far as they are told and stay the same. A connection is told
// by its two ends and has no inode here, which comes with accept(2) and goes with
// close(2); a datagram socket keeps its inode when it is connected, and has no
// remote end here. So a connection that follows another on the same ends is taken
// for that.
func ByEnds(s *sock.Socket) Identity {
	id := Identity{protocol: s.Protocol, family: s.Family}
	if s.Knows(sock.FieldNetns) {
		id.netns = s.Netns.Inode
	}
	if s.Knows(sock.FieldCreated) {
		id.birth = s.Created.UnixNano()
	}
	connection := s.Protocol.ConnectionOriented() && s.Knows(sock.FieldRemote)
	if s.Knows(sock.FieldInode) && !connection {
		id.inode = s.Inode
	}
	if !s.Protocol.Inet() && id.inode != 0 {
		return id // it may get its name, or its device, later
	}
	if s.Knows(sock.FieldLocal) {
		id.local = s.Local
	}
	if s.Knows(sock.FieldRemote) && id.inode == 0 {
		id.remote = s.Remote
	}
	if s.Knows(sock.FieldInterface) {
		id.device = s.IfIndex
	}
	if s.Knows(sock.FieldPath) {
		id.path = s.Path
	}
	if b := s.Behind; s.Knows(sock.FieldPlace) && b != nil && b.By != "" {
		// A forward, which has none of these: one to elsewhere is another.
		id.remote, id.path, id.inode = b.Target, b.By, uint64(b.LastPort)
	}
	return id
}

// ByName returns what stays the same when the program behind a listener is started
// again, also on another machine: table, namespace's name, local end, device, path.
// Connections are told apart by their remote ends too.
func ByName(s *sock.Socket) Identity {
	id := Identity{protocol: s.Protocol, family: s.Family}
	if s.Knows(sock.FieldLocal) {
		id.local = s.Local
	}
	if s.Knows(sock.FieldRemote) {
		id.remote = s.Remote
	}
	if s.Knows(sock.FieldPath) {
		id.path = s.Path
	}
	if s.Knows(sock.FieldInterface) {
		id.deviceName = s.Interface
	}
	if s.Knows(sock.FieldNetnsName) {
		id.netnsName = s.Netns.Name
	}
	return id
}

// Needs are the facts that the identity is made of.
const Needs = sock.FieldCookie | sock.FieldLocal | sock.FieldRemote | sock.FieldInode | sock.FieldInterface |
	sock.FieldPath | sock.FieldCreated
