package render

import (
	"cmp"
	"net/netip"
	"strconv"
	"strings"

	"sockeye/internal/services"
	"sockeye/sock"
)

// texts is what turns addresses and ports into text.
type texts struct {
	names    *names       // nil: addresses stay numbers
	services *services.DB // nil: ports do
}

// appendLocal shows where a socket is: an address with its port, the path of a
// unix socket, or the device of one that has nothing else. A scope stands behind
// the address as RFC 4007 section 11.2 and RFC 5952 section 6 put it.
func (t *texts) appendLocal(dst []byte, s *sock.Socket) []byte {
	switch {
	case s.Knows(sock.FieldPath) && s.Path != "":
		return appendPath(dst, s.Path)
	case s.Knows(sock.FieldLocal) && hasEnd(s.Local):
		if dual(s) {
			dst = appendScope(append(dst, '*'), s)
		} else {
			dst = t.appendAddress(dst, s, s.Local.Addr(), true)
		}
		return t.appendPort(dst, s, s.Local, true)
	case !s.Protocol.Inet() && s.Knows(sock.FieldInterface) && s.Interface != "":
		return AppendText(dst, s.Interface)
	}
	return dst
}

// appendRemote shows the peer: an address with its port, or the path of a unix
// socket, or its inode as "#12345" if it has none.
func (t *texts) appendRemote(dst []byte, s *sock.Socket) []byte {
	switch {
	case s.Knows(sock.FieldPeerPath) && s.PeerPath != "":
		return appendPath(dst, s.PeerPath)
	case s.Knows(sock.FieldRemote) && hasEnd(s.Remote):
		dst = t.appendAddress(dst, s, s.Remote.Addr(), scoped(s.Remote.Addr()))
		return t.appendPort(dst, s, s.Remote, false)
	case s.Knows(sock.FieldPeerInode) && s.PeerInode != 0:
		return strconv.AppendUint(append(dst, '#'), s.PeerInode, 10)
	}
	return dst
}

// appendPath shows the name of a unix socket. An abstract one begins with @ in
// place of its first NUL.
func appendPath(dst []byte, path string) []byte {
	if path[0] == 0 {
		return AppendText(append(dst, '@'), path[1:])
	}
	return AppendText(dst, path)
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

func (t *texts) appendAddress(dst []byte, s *sock.Socket, a netip.Addr, scope bool) []byte {
	a = a.Unmap()
	if !a.IsValid() {
		return dst
	}
	if name := t.names.of(a); name != "" {
		return AppendText(dst, name)
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
		return AppendText(append(dst, '%'), s.Interface)
	case s.IfIndex != 0:
		return strconv.AppendUint(append(dst, '%'), uint64(s.IfIndex), 10)
	}
	return dst
}

// ipProtocols are the names of what stands in place of a raw socket's port, as
// IANA assigned them and /etc/protocols spells them.
var ipProtocols = map[uint16]string{
	0: "ip", 1: "icmp", 2: "igmp", 6: "tcp", 17: "udp", 41: "ipv6", 47: "gre", 50: "esp", 51: "ah",
	58: "ipv6-icmp", 89: "ospf", 103: "pim", 112: "vrrp", 132: "sctp", 136: "udplite", 255: "raw",
}

// appendPort appends the port with its colon. Port 0 is shown as *: it is any
// port, or none. Of a raw socket it is the IP protocol, and of a ping socket the
// echo identifier.
func (t *texts) appendPort(dst []byte, s *sock.Socket, end netip.AddrPort, local bool) []byte {
	if end.Addr().IsValid() {
		dst = append(dst, ':')
	}
	port := end.Port()
	number := local && (s.Protocol == sock.Raw || s.Protocol == sock.ICMP)
	if port == 0 && !number {
		return append(dst, '*')
	}
	if t.services != nil {
		if name := t.portName(s, port, number); name != "" {
			return AppendText(dst, name)
		}
	}
	return strconv.AppendUint(dst, uint64(port), 10)
}

func (t *texts) portName(s *sock.Socket, port uint16, number bool) string {
	protocol := s.Protocol
	switch {
	case number && protocol == sock.Raw:
		return ipProtocols[port]
	case number || !protocol.Inet():
		return ""
	case protocol == sock.MPTCP:
		protocol = sock.TCP
	case protocol == sock.UDPLite:
		protocol = sock.UDP
	}
	name, _ := t.services.Name(port, protocol.String())
	return name
}

// hasLocal and hasRemote report whether appendLocal and appendRemote say
// anything.
func hasLocal(s *sock.Socket) bool {
	return s.Knows(sock.FieldPath) && s.Path != "" || s.Knows(sock.FieldLocal) && hasEnd(s.Local) ||
		!s.Protocol.Inet() && s.Knows(sock.FieldInterface) && s.Interface != ""
}

func hasRemote(s *sock.Socket) bool {
	return s.Knows(sock.FieldPeerPath) && s.PeerPath != "" || s.Knows(sock.FieldRemote) && hasEnd(s.Remote) ||
		s.Knows(sock.FieldPeerInode) && s.PeerInode != 0
}

func hasEnd(end netip.AddrPort) bool { return end.Addr().IsValid() || end.Port() != 0 }

func compareLocal(a, b *sock.Socket) int {
	return cmp.Or(a.Local.Compare(b.Local), strings.Compare(a.Path, b.Path), strings.Compare(a.Interface, b.Interface))
}

func compareRemote(a, b *sock.Socket) int {
	return cmp.Or(a.Remote.Compare(b.Remote), strings.Compare(a.PeerPath, b.PeerPath), cmp.Compare(a.PeerInode, b.PeerInode))
}
