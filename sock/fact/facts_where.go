package fact

import (
	"net/netip"
	"strings"

	"sockeye/sock"
)

// whatFacts say in which table a socket stands, and how.
var whatFacts = []*Fact{
	choice(Fact{
		Name: "protocol", Aliases: []string{"proto", "netid"}, Kind: Protocol, Values: protocolNames(), Header: "PROTO",
		Doc: "table that the socket stands in", Example: "protocol in (tcp, mptcp)",
	}, func(s *sock.Socket) uint8 { return uint8(s.Protocol) }, func(s *sock.Socket, v uint8) { s.Protocol = sock.Protocol(v) }),
	choice(Fact{
		Name: "family", Aliases: []string{"af"}, Kind: Family, Values: sock.FamilyNames(),
		Doc:     "address family; a v4-mapped connection of an IPv6 socket is ipv6, although its addresses are written as IPv4",
		Example: "family = ipv6",
	}, func(s *sock.Socket) uint8 { return uint8(s.Family) }, func(s *sock.Socket, v uint8) { s.Family = sock.Family(v) }),
	stateFact,
}

var stateFact = func() *Fact {
	f := choice(Fact{
		Name: "state", Kind: State, Values: sock.StateNames(),
		Doc:     "state by RFC 9293; BOUND is bound and not listening; a datagram socket is UNCONNECTED, or ESTABLISHED if it has a peer",
		Example: "state = established",
	}, func(s *sock.Socket) uint8 { return uint8(s.State) }, func(s *sock.Socket, v uint8) { s.State = sock.State(v) })
	exact := f.setText
	f.setText = func(s *sock.Socket, name string) (ok bool) { // in any spelling
		if s.State, ok = sock.ParseState(name); ok {
			return true
		}
		return exact(s, name)
	}
	return f
}()

func protocolNames() []string {
	names := []string{sock.ProtocolUnknown.String()}
	for d := range sock.Descriptors {
		names = append(names, d.Name)
	}
	return names
}

func localEnd(s *sock.Socket) *netip.AddrPort  { return &s.Local }
func remoteEnd(s *sock.Socket) *netip.AddrPort { return &s.Remote }

var localAddress = address(Fact{
	Name: "local_address", Aliases: []string{"src", "laddr", "source"}, Needs: sock.FieldLocal, Words: "local addresses",
	Doc:     "own address, without a scope: that is the interface; 0.0.0.0 and :: are any address",
	Example: "src 127.0.0.0/8",
}, localEnd)

var localPort = port(Fact{
	Name: "local_port", Aliases: []string{"sport", "lport"}, Needs: sock.FieldLocal,
	Doc:     "own port; for raw sockets the IP protocol number, for icmp the echo identifier",
	Example: "sport in (22, 80, 8000-8099)",
}, localEnd)

var remoteAddress = address(Fact{
	Name: "remote_address", Aliases: []string{"dst", "raddr", "destination"}, Side: Remote, Needs: sock.FieldRemote, Words: "remote addresses",
	Doc: "address of the peer, if there is one", Example: "dst != 10.0.0.0/8",
}, remoteEnd)

var remotePort = port(Fact{
	Name: "remote_port", Aliases: []string{"dport", "rport"}, Side: Remote, Needs: sock.FieldRemote,
	Doc: "port of the peer, if there is one", Example: "dport = 443",
}, remoteEnd)

// scopeOf is how far the address of an end reaches.
func scopeOf(f Fact, end func(*sock.Socket) *netip.AddrPort) *Fact {
	f.Kind, f.Optional, f.dependent, f.Values = Choice, true, true, sock.ScopeNames()
	return choice(f, func(s *sock.Socket) uint8 { return uint8(sock.ScopeOf(end(s).Addr())) },
		func(*sock.Socket, uint8) {}) // it follows from the address
}

// whereFacts are the ends of a socket.
var whereFacts = []*Fact{
	localAddress,
	localPort,
	ipProtocol,
	remoteAddress,
	remotePort,
	scopeOf(Fact{
		Name: "local_scope", Aliases: []string{"scope"}, Needs: sock.FieldLocal, Words: "local addresses",
		Doc: "how far local_address reaches, by IANA's registries of special addresses (RFC 6890): all is 0.0.0.0 or ::, shared behind a provider's translator, reserved for documentation and the like", Example: "scope = public",
	}, localEnd),
	scopeOf(Fact{
		Name: "remote_scope", Aliases: []string{"peer_scope"}, Needs: sock.FieldRemote, Words: "remote addresses",
		Doc: "how far remote_address reaches, by the same registries", Example: "remote_scope in (public, shared)",
	}, remoteEnd),
	{
		Name: "interface", Aliases: []string{"dev", "iface", "device"}, Kind: Interface, Needs: sock.FieldInterface, Words: "interfaces",
		Doc: "device that the socket is bound to, or the scope of its link-local address", Example: "dev lo",
		text: func(s *sock.Socket) *string { return &s.Interface },
	},
	integer(Fact{
		Name: "interface_index", Aliases: []string{"ifindex"}, Kind: Number, Needs: sock.FieldInterface, Only: true,
		Doc: "index of that device", Example: "ifindex > 1",
	}, func(s *sock.Socket) *uint32 { return &s.IfIndex }),
	boolean(Fact{
		Name: "v6only", Needs: sock.FieldV6Only, Option: "extended", Words: "v6only",
		Doc: "whether an IPv6 socket refuses IPv4", Example: "v6only = false", show: showYes,
	}, func(s *sock.Socket) *bool { return &s.V6Only }),
	{
		Name: "local_path", Aliases: []string{"path", "lpath"}, Kind: Path, Needs: sock.FieldPath, Words: "paths of unix sockets",
		Doc: "name of a unix socket; an abstract one begins with @ in place of the first NUL", Example: "path ~ /systemd/",
		text: func(s *sock.Socket) *string { return &s.Path },
	},
	abstract(Fact{
		Name: "abstract", Needs: sock.FieldPath,
		Doc: "whether local_path is in the abstract namespace", Example: "abstract",
	}, func(s *sock.Socket) *string { return &s.Path }),
	{
		Name: "peer_path", Aliases: []string{"rpath", "remote_path"}, Kind: Path, Needs: sock.FieldPeerPath, Words: "peers of unix sockets",
		Doc: "name of the peer of a unix socket, written as local_path is", Example: "peer_path = /run/dbus/system_bus_socket",
		text: func(s *sock.Socket) *string { return &s.PeerPath },
	},
	abstract(Fact{
		Name: "peer_abstract", Needs: sock.FieldPeerPath,
		Doc: "whether peer_path is in the abstract namespace", Example: "peer_abstract = true",
	}, func(s *sock.Socket) *string { return &s.PeerPath }),
	integer(Fact{
		Name: "peer_inode", Aliases: []string{"peer_ino"}, Kind: Number, Needs: sock.FieldPeerInode, Words: "peers of unix sockets",
		Doc: "inode of the peer of a unix socket", Example: "peer_inode = 4711",
	}, func(s *sock.Socket) *uint64 { return &s.PeerInode }),
	choice(Fact{
		Name: "type", Aliases: []string{"socktype"}, Kind: Choice, Needs: sock.FieldType, Option: "extended", Words: "types of sockets",
		Values: append([]string{""}, sock.SocketTypeNames()[1:]...),
		Doc:    "type of a unix, packet, netlink, VSOCK or TIPC socket", Example: "type = seqpacket",
	}, func(s *sock.Socket) uint8 { return uint8(s.Type) }, func(s *sock.Socket, v uint8) { s.Type = sock.SocketType(v) }),
}

// abstract says of a path that it is in the abstract namespace of unix(7): its
// first byte is NUL. JSON has it only where that is so.
func abstract(f Fact, at func(*sock.Socket) *string) *Fact {
	f.Kind, f.Only, f.dependent = Bool, true, true
	f.number = func(s *sock.Socket) (uint64, bool) { return bit(isAbstract(*at(s))), true }
	f.setNumber = func(s *sock.Socket, v uint64) {
		if path := at(s); v != 0 && strings.HasPrefix(*path, "@") {
			*path = "\x00" + (*path)[1:]
		}
	}
	return &f
}

func isAbstract(path string) bool { return strings.HasPrefix(path, "\x00") }
