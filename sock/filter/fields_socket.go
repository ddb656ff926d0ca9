package filter

import (
	"strings"

	"sockeye/sock"
)

// endFields are the two ends of a socket and the table it stands in.
var endFields = []Field{
	{Name: "state", Kind: KindState,
		Doc: "state of the socket", Example: "state = established"},
	{Name: "protocol", Aliases: []string{"proto", "netid"}, Kind: KindProtocol,
		Doc: "protocol: tcp, udp, unix ...", Example: "protocol in (tcp, mptcp)"},
	{Name: "family", Aliases: []string{"af"}, Kind: KindFamily,
		Doc: "address family: ipv4, ipv6, unix ...", Example: "family = ipv6"},
	{Name: "local_address", Aliases: []string{"src", "laddr", "source", "local"}, Kind: KindHost, Needs: sock.FieldLocal,
		Doc: "local end, with a port or without", Example: "src 127.0.0.0/8"},
	{Name: "remote_address", Aliases: []string{"dst", "raddr", "destination", "remote", "peer"}, Kind: KindHost, Needs: sock.FieldRemote, side: Remote,
		Doc: "remote end, with a port or without", Example: "dst != 10.0.0.0/8"},
	{Name: "address", Aliases: []string{"addr", "host", "ip"}, Kind: KindHost, Needs: sock.FieldLocal | sock.FieldRemote, side: Either,
		Doc: "either end, with a port or without", Example: "addr in (10.0.0.0/8, fc00::/7)"},
	{Name: "local_port", Aliases: []string{"sport", "lport"}, Kind: KindPort, Needs: sock.FieldLocal,
		Doc: "local port", Example: "sport in (22, 80, 8000-8099)"},
	{Name: "remote_port", Aliases: []string{"dport", "rport"}, Kind: KindPort, Needs: sock.FieldRemote, side: Remote,
		Doc: "remote port", Example: "dport = 443"},
	{Name: "port", Kind: KindPort, Needs: sock.FieldLocal | sock.FieldRemote, side: Either,
		Doc: "port of either end", Example: "port 22"},
	{Name: "interface", Aliases: []string{"dev", "iface", "device"}, Kind: KindInterface, Needs: sock.FieldInterface,
		Doc: "bound interface, by name or index; 0 is none", Example: "dev lo",
		text: func(s *sock.Socket) (string, bool) {
			return s.Interface, s.Known&sock.FieldInterface != 0 && s.Interface != ""
		}},
	{Name: "interface_index", Aliases: []string{"ifindex"}, Kind: KindNumber, Needs: sock.FieldInterface,
		Doc: "index of the bound interface; 0 is none", Example: "ifindex > 1",
		number: func(s *sock.Socket) (uint64, bool) { return uint64(s.IfIndex), s.Known&sock.FieldInterface != 0 }},
	{Name: "v6only", Kind: KindBool, Needs: sock.FieldV6Only,
		Doc: "an IPv6 socket that takes no IPv4", Example: "v6only = false",
		number: func(s *sock.Socket) (uint64, bool) { return bit(s.V6Only), s.Known&sock.FieldV6Only != 0 }},
	{Name: "mark", Aliases: []string{"fwmark"}, Kind: KindMark, Needs: sock.FieldMark,
		Doc: "firewall mark, with a mask or without", Example: "fwmark 0x10/0xff"},
	{Name: "cgroup", Kind: KindCgroup, Needs: sock.FieldCgroup,
		Doc: "control group of the socket, by its path", Example: "cgroup /system.slice/nginx.service",
		text: func(s *sock.Socket) (string, bool) {
			return s.Cgroup, s.Known&sock.FieldCgroup != 0 && s.Cgroup != ""
		}},
	{Name: "cgroup_id", Kind: KindNumber, Needs: sock.FieldCgroupID,
		Doc: "control group of the socket, by its number", Example: "cgroup_id = 4242",
		number: func(s *sock.Socket) (uint64, bool) {
			return s.CgroupID, s.Known&sock.FieldCgroupID != 0 && s.CgroupID != 0
		}},
}

// socketFields are the other facts about a socket.
var socketFields = []Field{
	{Name: "local_path", Aliases: []string{"path", "lpath"}, Kind: KindText, Needs: sock.FieldPath,
		Doc: "name of a unix socket, @ in front if it is abstract", Example: "path ~ /systemd/",
		text: func(s *sock.Socket) (string, bool) { return s.Path, s.Known&sock.FieldPath != 0 }, equal: equalPath},
	{Name: "peer_path", Aliases: []string{"rpath", "remote_path"}, Kind: KindText, Needs: sock.FieldPeerPath,
		Doc: "name of the peer of a unix socket", Example: "peer_path = /run/dbus/system_bus_socket",
		text: func(s *sock.Socket) (string, bool) { return s.PeerPath, s.Known&sock.FieldPeerPath != 0 }, equal: equalPath},
	{Name: "abstract", Kind: KindBool, Needs: sock.FieldPath,
		Doc: "the name of a unix socket is abstract", Example: "abstract",
		number: func(s *sock.Socket) (uint64, bool) { return isAbstract(s.Path), s.Known&sock.FieldPath != 0 }},
	{Name: "peer_abstract", Kind: KindBool, Needs: sock.FieldPeerPath,
		Doc: "the name of its peer is abstract", Example: "peer_abstract = true",
		number: func(s *sock.Socket) (uint64, bool) {
			return isAbstract(s.PeerPath), s.Known&sock.FieldPeerPath != 0
		}},
	{Name: "peer_inode", Aliases: []string{"peer_ino"}, Kind: KindNumber, Needs: sock.FieldPeerInode,
		Doc: "inode of the peer of a unix socket", Example: "peer_inode = 4711",
		number: func(s *sock.Socket) (uint64, bool) { return s.PeerInode, s.Known&sock.FieldPeerInode != 0 }},
	{Name: "type", Aliases: []string{"socktype"}, Kind: KindName, Needs: sock.FieldType,
		Values: []string{"stream", "dgram", "seqpacket", "raw"},
		Doc:    "type of a unix socket", Example: "type = seqpacket",
		number: func(s *sock.Socket) (uint64, bool) {
			return uint64(s.Type) - 1, s.Known&sock.FieldType != 0 && s.Type != 0
		}},
	{Name: "recv_queue", Aliases: []string{"recvq", "recv_q", "rq"}, Kind: KindBytes, Needs: sock.FieldRecvQueue,
		Doc: "bytes to be read, or connections to be accepted", Example: "recv_queue > 0",
		number: func(s *sock.Socket) (uint64, bool) { return uint64(s.RecvQueue), s.Known&sock.FieldRecvQueue != 0 }},
	{Name: "send_queue", Aliases: []string{"sendq", "send_q", "sq"}, Kind: KindBytes, Needs: sock.FieldSendQueue,
		Doc: "bytes that are not acknowledged", Example: "sendq >= 64Ki",
		number: func(s *sock.Socket) (uint64, bool) { return uint64(s.SendQueue), s.Known&sock.FieldSendQueue != 0 }},
	{Name: "backlog", Kind: KindNumber, Needs: sock.FieldBacklog,
		Doc: "limit of the accept queue of a listener", Example: "backlog < 128",
		number: func(s *sock.Socket) (uint64, bool) { return uint64(s.Backlog), s.Known&sock.FieldBacklog != 0 }},
	{Name: "inode", Aliases: []string{"ino"}, Kind: KindNumber, Needs: sock.FieldInode,
		Doc: "inode of the socket", Example: "inode 123456",
		number: func(s *sock.Socket) (uint64, bool) { return s.Inode, s.Known&sock.FieldInode != 0 }},
	{Name: "cookie", Aliases: []string{"sk"}, Kind: KindHex, Needs: sock.FieldCookie,
		Doc: "kernel's number of the socket, hexadecimal", Example: "sk 1f03",
		number: func(s *sock.Socket) (uint64, bool) { return s.Cookie, s.Known&sock.FieldCookie != 0 }},
	{Name: "uid", Kind: KindNumber, Needs: sock.FieldUID,
		Doc: "number of the user who made the socket", Example: "uid >= 1000",
		number: func(s *sock.Socket) (uint64, bool) { return uint64(s.UID), s.Known&sock.FieldUID != 0 }},
	{Name: "user", Kind: KindText, Needs: sock.FieldUser,
		Doc: "user who made the socket", Example: "user = www-data",
		text: func(s *sock.Socket) (string, bool) { return s.User, s.Known&sock.FieldUser != 0 }},
	{Name: "netns", Aliases: []string{"ns"}, Kind: KindNetns, Needs: sock.FieldNetns | sock.FieldNetnsName,
		Doc: "network namespace, by inode or name", Example: "netns = blue",
		text: func(s *sock.Socket) (string, bool) {
			return s.Netns.Name, s.Known&sock.FieldNetnsName != 0 && s.Netns.Name != ""
		}},
}

func bit(b bool) uint64 {
	if b {
		return 1
	}
	return 0
}

// isAbstract is 1 for a name of the abstract namespace (unix(7)).
func isAbstract(path string) uint64 { return bit(path != "" && path[0] == 0) }

// equalPath compares the name of a unix socket with an operand. Bytes of NUL,
// which an abstract name starts with, are written @, as ss shows them.
func equalPath(path, operand string) bool {
	if path == operand {
		return true
	}
	if len(path) != len(operand) || strings.IndexByte(path, 0) < 0 {
		return false
	}
	for i := range len(path) {
		if path[i] != operand[i] && (path[i] != 0 || operand[i] != '@') {
			return false
		}
	}
	return true
}
