package fact

import (
	"cmp"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"sockeye/sock"
	"sockeye/sock/escape"
)

// joinedFacts are made of several members of JSON.
var joinedFacts = []*Fact{
	{
		Name: "local", Kind: Host, Needs: sock.FieldLocal | sock.FieldPath | sock.FieldInterface | sock.FieldV6Only | endFacts,
		Of:  []string{"local_address", "local_port", "interface", "v6only", "local_path", "abstract", "packet", "netlink", "vsock", "xdp", "tipc"},
		Doc: "where the socket is: its address and port, its path or inode, or what its family has in their place", Example: "local 127.0.0.0/8",
		show: (*View).appendLocal, has: hasLocal, order: compareLocal,
	},
	{
		Name: "remote", Aliases: []string{"peer"}, Kind: Host, Side: Remote,
		Needs: sock.FieldRemote | sock.FieldPeerPath | sock.FieldPeerInode | sock.FieldInterface |
			sock.FieldNetlink | sock.FieldVSOCK | sock.FieldTIPC,
		Of:  []string{"remote_address", "remote_port", "peer_path", "peer_abstract", "peer_inode", "netlink", "vsock", "tipc"},
		Doc: "the peer: its address and port, its path, or its inode", Example: "remote != 10.0.0.0/8",
		show: (*View).appendRemote, has: hasRemote, order: compareRemote,
	},
	{
		Name: "address", Aliases: []string{"addr", "host", "ip"}, Kind: Host, Side: Either, Needs: sock.FieldLocal | sock.FieldRemote,
		Of:  []string{"local_address", "remote_address"},
		Doc: "address of either end", Example: "addr in (10.0.0.0/8, fc00::/7)",
		show: showAddresses, has: hasAddress, order: compareLocal,
	},
	{
		Name: "port", Kind: Port, Side: Either, Needs: sock.FieldLocal | sock.FieldRemote,
		Of:  []string{"local_port", "remote_port"},
		Doc: "port of either end", Example: "port 22",
		show: showPorts, has: hasPorts, order: comparePorts,
	},
	{
		Name: "owner", Kind: Choice, Needs: sock.FieldOwners, Compared: ownerStatus,
		Of:  []string{"owners", "owner_status"},
		Doc: "every process that holds the socket, or why none is known", Example: "owner != known",
		show: showOwners,
		has:  func(s *sock.Socket) bool { return firstOwner(s) != nil }, order: compareOwners,
	},
}

// View is what turns facts into text for people. The zero View shows numbers.
type View struct {
	// Address returns the name of an address, and Port that of a port of a
	// protocol; empty if there is none. Nil names nothing.
	Address func(netip.Addr) string
	Port    func(port uint16, protocol string) string
	// Now is the time that ages are counted to.
	Now time.Time
}

// appendLocal shows where a socket is: an address with its port, the path of a unix
// socket or its inode as "#12345" if it has none, or the device of one that has nothing
// else. A scope stands behind the address as RFC 4007 section 11.2 and RFC 5952 section 6
// put it.
func (v *View) appendLocal(dst []byte, s *sock.Socket) []byte {
	switch {
	case s.Knows(sock.FieldPath) && s.Path != "":
		return appendPath(dst, s.Path)
	case s.Knows(sock.FieldLocal) && hasEnd(s.Local):
		if dual(s) {
			dst = appendScope(append(dst, '*'), s)
		} else {
			dst = v.appendAddress(dst, s, s.Local.Addr(), true)
		}
		dst = v.appendPort(dst, s, s.Local, true)
		if s.Behind != nil && s.Behind.LastPort != 0 {
			dst = strconv.AppendUint(append(dst, '-'), uint64(s.Behind.LastPort), 10)
		}
		return dst
	case hasFamilyLocal(s):
		return appendFamilyLocal(dst, s)
	case !s.Protocol.Inet() && s.Knows(sock.FieldInterface) && s.Interface != "":
		return appendEscaped(dst, s.Interface)
	case unnamed(s):
		return appendInode(dst, s.Inode)
	}
	return dst
}

// unnamed reports whether a socket is of unix, without a name. Its inode, which stands
// for that, every source tells whatever was wanted, so that no one asks for it.
func unnamed(s *sock.Socket) bool {
	return s.Protocol == sock.Unix && !(s.Knows(sock.FieldPath) && s.Path != "") && s.Knows(sock.FieldInode) && s.Inode != 0
}

// appendInode shows a unix socket without a name, as its peer shows it too.
func appendInode(dst []byte, inode uint64) []byte {
	return strconv.AppendUint(append(dst, '#'), inode, 10)
}

// appendRemote shows the peer: an address with its port, or the path of a unix
// socket, or its inode as "#12345" if it has none.
func (v *View) appendRemote(dst []byte, s *sock.Socket) []byte {
	switch {
	case s.Knows(sock.FieldPeerPath) && s.PeerPath != "":
		return appendPath(dst, s.PeerPath)
	case s.Knows(sock.FieldRemote) && hasEnd(s.Remote):
		dst = v.appendAddress(dst, s, s.Remote.Addr(), scoped(s.Remote.Addr()))
		return v.appendPort(dst, s, s.Remote, false)
	case s.Knows(sock.FieldPeerInode) && s.PeerInode != 0:
		return appendInode(dst, s.PeerInode)
	case hasFamilyRemote(s):
		return appendFamilyRemote(dst, s)
	}
	return dst
}

// appendPath shows the name of a unix socket. An abstract one begins with @ in
// place of its first NUL.
func appendPath(dst []byte, path string) []byte {
	if path[0] == 0 {
		return appendEscaped(append(dst, '@'), path[1:])
	}
	return appendEscaped(dst, path)
}

// dual reports whether the socket is known to take both IPv4 and IPv6, which is
// shown as "*". If it is not known whether a socket is v6only, it is shown as
// "[::]", which is what the kernel says of it. Raw sockets are never dual.
func dual(s *sock.Socket) bool {
	return s.Family == sock.IPv6 && s.Local.Addr() == netip.IPv6Unspecified() &&
		s.Knows(sock.FieldV6Only) && !s.V6Only && s.Protocol != sock.Raw && s.Protocol != sock.ICMP
}

// scoped reports whether an address means something only on one link.
func scoped(a netip.Addr) bool {
	return a.Is6() && (a.IsLinkLocalUnicast() || a.IsLinkLocalMulticast() || a.IsInterfaceLocalMulticast())
}

func (v *View) appendAddress(dst []byte, s *sock.Socket, a netip.Addr, scope bool) []byte {
	a = a.Unmap()
	if !a.IsValid() {
		return dst
	}
	if v.Address != nil {
		if name := v.Address(a); name != "" {
			return appendEscaped(dst, name)
		}
	}
	if a.Is6() {
		dst = append(dst, '[')
	}
	dst = a.AppendTo(dst)
	if scope {
		dst = appendScope(dst, s)
	}
	if a.Is6() {
		dst = append(dst, ']')
	}
	return dst
}

// appendScope appends the bound device, by its index if it has no name.
func appendScope(dst []byte, s *sock.Socket) []byte {
	switch {
	case !s.Knows(sock.FieldInterface):
		return dst
	case s.Interface != "":
		return appendEscaped(append(dst, '%'), s.Interface)
	case s.IfIndex != 0:
		return strconv.AppendUint(append(dst, '%'), uint64(s.IfIndex), 10)
	}
	return dst
}

// appendPort appends the port with its colon. Port 0 is shown as *: it is any
// port, or none. Of a raw socket it is the IP protocol, and of a ping socket the
// echo identifier.
func (v *View) appendPort(dst []byte, s *sock.Socket, end netip.AddrPort, local bool) []byte {
	if end.Addr().IsValid() {
		dst = append(dst, ':')
	}
	return v.appendPortNumber(dst, s, end.Port(), local)
}

func (v *View) appendPortNumber(dst []byte, s *sock.Socket, port uint16, local bool) []byte {
	number := local && (s.Protocol == sock.Raw || s.Protocol == sock.ICMP)
	if port == 0 && !number {
		return append(dst, '*')
	}
	if number && s.Protocol == sock.Raw {
		if name := ipProtocolName(port); name != nil {
			return append(dst, *name...)
		}
	}
	if v.Port != nil && !number {
		if name := v.portName(s, port); name != "" {
			return appendEscaped(dst, name)
		}
	}
	return strconv.AppendUint(dst, uint64(port), 10)
}

func (v *View) portName(s *sock.Socket, port uint16) string {
	protocol := s.Protocol
	switch {
	case !protocol.Inet():
		return ""
	case protocol == sock.MPTCP, protocol == sock.SMC:
		protocol = sock.TCP
	case protocol == sock.UDPLite:
		protocol = sock.UDP
	}
	return v.Port(port, protocol.String())
}

// hasLocal and hasRemote report whether appendLocal and appendRemote say
// anything.
func hasLocal(s *sock.Socket) bool {
	return s.Knows(sock.FieldPath) && s.Path != "" || s.Knows(sock.FieldLocal) && hasEnd(s.Local) ||
		hasFamilyLocal(s) || !s.Protocol.Inet() && s.Knows(sock.FieldInterface) && s.Interface != "" || unnamed(s)
}

func hasRemote(s *sock.Socket) bool {
	return s.Knows(sock.FieldPeerPath) && s.PeerPath != "" || s.Knows(sock.FieldRemote) && hasEnd(s.Remote) ||
		s.Knows(sock.FieldPeerInode) && s.PeerInode != 0 || hasFamilyRemote(s)
}

func hasEnd(end netip.AddrPort) bool { return end.Addr().IsValid() || end.Port() != 0 }

func compareLocal(a, b *sock.Socket) int {
	aPath, aInode := orderedName(a)
	bPath, bInode := orderedName(b)
	return cmp.Or(a.Local.Compare(b.Local), strings.Compare(aPath, bPath), cmp.Compare(aInode, bInode),
		strings.Compare(a.Interface, b.Interface), compareFamilyEnds(a, b, localDetails))
}

// orderedName is what the name of a unix socket is ordered by: one without a name comes
// behind those that have one.
func orderedName(s *sock.Socket) (path string, inode uint64) {
	if unnamed(s) {
		return "\xff", s.Inode
	}
	return s.Path, 0
}

func compareRemote(a, b *sock.Socket) int {
	return cmp.Or(a.Remote.Compare(b.Remote), strings.Compare(a.PeerPath, b.PeerPath), cmp.Compare(a.PeerInode, b.PeerInode), compareFamilyEnds(a, b, remoteDetails))
}

// showAddresses and showPorts show the local one and, behind a comma, that of the
// peer.
func showAddresses(v *View, dst []byte, s *sock.Socket) []byte {
	if s.Knows(sock.FieldLocal) {
		dst = v.appendAddress(dst, s, s.Local.Addr(), false)
	}
	if s.Knows(sock.FieldRemote) && s.Remote.Addr().IsValid() {
		dst = v.appendAddress(appendComma(dst, s, localAddress), s, s.Remote.Addr(), false)
	}
	return dst
}

func hasAddress(s *sock.Socket) bool { return localAddress.Known(s) || remoteAddress.Known(s) }

func showPorts(v *View, dst []byte, s *sock.Socket) []byte {
	if localPort.Known(s) {
		dst = v.appendPortNumber(dst, s, s.Local.Port(), true)
	}
	if remotePort.Known(s) {
		dst = v.appendPortNumber(appendComma(dst, s, localPort), s, s.Remote.Port(), false)
	}
	return dst
}

func hasPorts(s *sock.Socket) bool { return localPort.Known(s) || remotePort.Known(s) }

// appendComma appends a comma behind a fact that is known.
func appendComma(dst []byte, s *sock.Socket, before *Fact) []byte {
	if before.Known(s) {
		dst = append(dst, ',')
	}
	return dst
}

func comparePorts(a, b *sock.Socket) int {
	return cmp.Or(cmp.Compare(a.Local.Port(), b.Local.Port()), cmp.Compare(a.Remote.Port(), b.Remote.Port()))
}

func appendEscaped(dst []byte, s string) []byte { return escape.AppendText(dst, s) }
