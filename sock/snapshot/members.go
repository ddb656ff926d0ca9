package snapshot

import (
	"cmp"
	"net/netip"
	"strings"

	"sockeye/sock"
)

// members is the registry. The order is the order of the output: what a socket
// is, where, how it does, whose it is, and then what is seldom asked for.
var members = register(
	whatMembers[:],
	whereMembers[:],
	stateMembers[:],
	ownerMembers[:],
	factMembers[:],
)

var places = func() map[string]int {
	places := make(map[string]int, len(members))
	for i := range members {
		places[members[i].Name] = i
	}
	return places
}()

func register(groups ...[]Member) []Member {
	var all []Member
	for _, g := range groups {
		all = append(all, g...)
	}
	for i := range all {
		m := &all[i]
		m.key = `"` + m.Name + `":`
		m.Wants |= m.Needs
		for i := range m.Parts {
			p := &m.Parts[i]
			p.key = `"` + p.Name + `":`
			p.Needs |= m.Needs
			p.Wants |= m.Wants
		}
	}
	return all
}

var whatMembers = [...]Member{
	{
		Name:  "protocol",
		word:  func(dst []byte, s *sock.Socket) []byte { return append(dst, s.Protocol.String()...) },
		order: func(a, b *sock.Socket) int { return cmp.Compare(a.Protocol, b.Protocol) },
	},
	{
		Name:  "family",
		word:  func(dst []byte, s *sock.Socket) []byte { return append(dst, s.Family.String()...) },
		order: func(a, b *sock.Socket) int { return cmp.Compare(a.Family, b.Family) },
	},
	{
		Name:  "state",
		word:  func(dst []byte, s *sock.Socket) []byte { return append(dst, s.State.String()...) },
		order: func(a, b *sock.Socket) int { return cmp.Compare(a.State, b.State) },
	},
}

var whereMembers = [...]Member{
	{
		Name: "local_address", Needs: sock.FieldLocal,
		has:   func(s *sock.Socket) bool { return s.Local.Addr().IsValid() },
		word:  func(dst []byte, s *sock.Socket) []byte { return s.Local.Addr().AppendTo(dst) },
		order: func(a, b *sock.Socket) int { return compareAddr(a.Local, b.Local) },
	},
	{
		Name: "local_port", Kind: Integer, Needs: sock.FieldLocal,
		has: func(s *sock.Socket) bool { return hasPort(s, s.Local) },
		num: func(s *sock.Socket) uint64 { return uint64(s.Local.Port()) },
	},
	{
		Name: "remote_address", Needs: sock.FieldRemote,
		has:   func(s *sock.Socket) bool { return s.Remote.Addr().IsValid() },
		word:  func(dst []byte, s *sock.Socket) []byte { return s.Remote.Addr().AppendTo(dst) },
		order: func(a, b *sock.Socket) int { return compareAddr(a.Remote, b.Remote) },
	},
	{
		Name: "remote_port", Kind: Integer, Needs: sock.FieldRemote,
		has: func(s *sock.Socket) bool { return hasPort(s, s.Remote) },
		num: func(s *sock.Socket) uint64 { return uint64(s.Remote.Port()) },
	},
	{
		Name: "interface", Needs: sock.FieldInterface,
		has:  func(s *sock.Socket) bool { return s.Interface != "" },
		text: func(s *sock.Socket) string { return s.Interface },
	},
	{
		Name: "interface_index", Kind: Integer, Needs: sock.FieldInterface,
		has: func(s *sock.Socket) bool { return s.IfIndex != 0 },
		num: func(s *sock.Socket) uint64 { return uint64(s.IfIndex) },
	},
	{
		Name: "v6only", Kind: Boolean, Needs: sock.FieldV6Only,
		flag: func(s *sock.Socket) bool { return s.V6Only },
	},
	{
		Name: "local_path", Needs: sock.FieldPath,
		has:  func(s *sock.Socket) bool { return s.Path != "" },
		path: func(s *sock.Socket) string { return s.Path },
	},
	{
		Name: "abstract", Kind: Boolean, Needs: sock.FieldPath,
		has:  func(s *sock.Socket) bool { return abstract(s.Path) },
		flag: func(s *sock.Socket) bool { return abstract(s.Path) },
	},
	{
		Name: "peer_path", Needs: sock.FieldPeerPath,
		has:  func(s *sock.Socket) bool { return s.PeerPath != "" },
		path: func(s *sock.Socket) string { return s.PeerPath },
	},
	{
		Name: "peer_abstract", Kind: Boolean, Needs: sock.FieldPeerPath,
		has:  func(s *sock.Socket) bool { return abstract(s.PeerPath) },
		flag: func(s *sock.Socket) bool { return abstract(s.PeerPath) },
	},
	{
		Name: "peer_inode", Kind: Integer, Needs: sock.FieldPeerInode,
		num: func(s *sock.Socket) uint64 { return s.PeerInode },
	},
	{
		Name: "type", Needs: sock.FieldType,
		has:   func(s *sock.Socket) bool { return s.Type != sock.TypeUnknown },
		word:  func(dst []byte, s *sock.Socket) []byte { return append(dst, s.Type.String()...) },
		order: func(a, b *sock.Socket) int { return cmp.Compare(a.Type, b.Type) },
	},
}

func compareAddr(a, b netip.AddrPort) int { return a.Addr().Compare(b.Addr()) }

// hasPort reports whether the port of an end is a fact. Over IP every end has
// one, be it 0; elsewhere 0 stands for none.
func hasPort(s *sock.Socket, end netip.AddrPort) bool {
	return s.Protocol.Inet() || end.Port() != 0
}

func abstract(path string) bool { return strings.HasPrefix(path, "\x00") }

// shownPath is the name of a unix socket in JSON: an abstract one begins with @
// in place of its first NUL.
func shownPath(path string) string {
	if !abstract(path) {
		return path
	}
	return "@" + path[1:]
}

// appendPath appends the JSON of what shownPath returns, without building it.
func appendPath(dst []byte, path string) []byte {
	if !abstract(path) {
		return AppendString(dst, path)
	}
	at := len(dst)
	dst = AppendString(append(dst, '"'), path[1:])
	dst[at+1] = '@' // in place of the second quote
	return dst
}
