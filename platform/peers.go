package platform

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"net/netip"
	"strings"

	"sockeye/sock"
	"sockeye/sock/filter"
)

// peers finds the other ends of connections among the sockets of this machine, or of
// its one network namespace that is listed. It reads them when it is first asked,
// whatever the filter of the listing leaves.
type peers struct {
	sockets func(context.Context, sock.Query) iter.Seq2[*sock.Socket, error]
	// spaceOf returns the inode of a socket's network namespace, and whether it can be
	// told from the others.
	spaceOf func(*sock.Socket) (inode uint64, known bool)
	// environments yields the namespaces that are looked at, and translations calls
	// visit for the translated connections of one.
	environments iter.Seq[*sock.Environment]
	translations func(ctx context.Context, env *sock.Environment, visit func(*sock.Translation)) error
	several      bool             // namespaces are looked at
	protocols    sock.ProtocolSet // those that are listed
	asked        bool             // by name

	index *peerIndex
	// translated says how the packets of a flow are addressed behind a translation.
	translated map[endKey][]translated
	failed     error        // why translations could not be read
	named      []sock.Netns // the namespaces by their number; the inode is 0 before the name was asked
}

// translated is a flow behind a translation that a network namespace makes.
type translated struct {
	flow  sock.Flow
	space uint16
}

// mostTranslations is how many network namespaces may translate a connection, one
// behind the other, until it arrives.
const mostTranslations = 4

// load reads what may be the other end of some rows, or of the whole listing.
func (p *peers) load(ctx context.Context, rows []*sock.Socket, whole bool) {
	q := sock.Query{
		Protocols: p.protocols & sock.PeerProtocols, Families: sock.Families(sock.IPv4, sock.IPv6),
		// What listens has no other end, and what waits for late segments no process.
		States: sock.AllStates &^ sock.States(sock.Listen, sock.Bound, sock.TimeWait),
		Want:   sock.FieldLocal | sock.FieldRemote | sock.FieldV6Only | sock.FieldInode | sock.FieldNetlink | sock.FieldVSOCK,
	}
	wanted := flows{}
	if !whole {
		q.Protocols = 0
		for _, s := range rows {
			if f, ok := flowOf(s); ok {
				wanted.add(f, p.several)
			}
			if hasPeer(s) {
				q.Protocols |= sock.Protocols(s.Protocol)
			}
		}
		if len(wanted) > 0 {
			p.translate(ctx, wanted, wanted.has)
			q.Where = behind(wanted)
		}
	}
	if q.Protocols == 0 {
		return
	}
	for s, err := range p.sockets(ctx, q) {
		// What fails here was or will be reported by the listing itself, which reads
		// the same tables.
		if err == nil && q.Allows(s) && (q.Where == nil || q.Where.Match(s)) {
			p.add(s)
		}
	}
	p.index.order()
	if whole {
		p.translate(ctx, wanted, func(k endKey) bool { return wanted.has(k) || p.index.tracked(k) })
	}
}

// flowOf returns how the packets of a socket are addressed, if it has a peer with an
// address.
func flowOf(s *sock.Socket) (sock.Flow, bool) {
	if !sock.PeerProtocols.Has(s.Protocol) || !s.Protocol.Inet() || !s.Knows(sock.FieldLocal|sock.FieldRemote) ||
		!s.Remote.Addr().IsValid() || s.State == sock.TimeWait {
		return sock.Flow{}, false
	}
	return sock.Flow{Protocol: s.Protocol, From: s.Local, To: s.Remote}, true
}

// hasPeer reports whether a socket may have another end on this machine.
func hasPeer(s *sock.Socket) bool {
	switch s.Protocol {
	case sock.Unix:
		return s.Knows(sock.FieldPeerInode) && s.PeerInode != 0
	case sock.Netlink:
		port, _ := s.Detail(sock.NetlinkPeerPort)
		return port != 0 // 0 is the kernel, or nobody
	case sock.VSOCK:
		_, _, ok := vsockPorts(s)
		return ok
	}
	_, ok := flowOf(s)
	return ok
}

// vsockLocal is VMADDR_CID_LOCAL of linux/vm_sockets.h: this machine, of which more than
// one guest may have the same ports.
const vsockLocal = 1

// vsockPorts returns the ports of a connection through the loopback of VSOCK.
func vsockPorts(s *sock.Socket) (port, peerPort uint64, ok bool) {
	cid, _ := s.Detail(sock.VSOCKPeerCID)
	port, bound := s.Detail(sock.VSOCKPort)
	peerPort, connected := s.Detail(sock.VSOCKPeerPort)
	return port, peerPort, s.Protocol == sock.VSOCK && cid == vsockLocal && bound && connected
}

// flows are those whose other ends are looked for, by how connection tracking knows them.
type flows map[endKey]sock.Flow

// add adds a flow, with both its directions if that which comes back is looked at too.
func (fs flows) add(f sock.Flow, both bool) {
	fs[trackedAs(f)] = f
	if back := f.Reverse(); both {
		fs[trackedAs(back)] = back
	}
}

func (fs flows) has(k endKey) bool {
	_, has := fs[k]
	return has
}

// trackedAs is the key by which connection tracking knows a flow: that of MPTCP is one
// of TCP there.
func trackedAs(f sock.Flow) endKey {
	if f.Protocol == sock.MPTCP {
		f.Protocol = sock.TCP
	}
	return endOf(f)
}

// behind returns a filter for the sockets that the flows may arrive at.
func behind(all flows) *filter.Filter {
	ports := func(end func(sock.Flow) netip.AddrPort) string {
		var list []string
		for _, f := range all {
			list = append(list, fmt.Sprint(end(f).Port()))
		}
		return strings.Join(list, ",")
	}
	text := fmt.Sprintf("protocol in (unix, netlink, vsock) or sport in (%s) and (state unconnected or dport in (%s))",
		ports(func(f sock.Flow) netip.AddrPort { return f.To }), ports(func(f sock.Flow) netip.AddrPort { return f.From }))
	where, err := filter.ParseText(text, filter.Env{})
	if err != nil {
		panic("platform: " + err.Error()) // the text is made of numbers
	}
	return where
}

// translate gathers the translations of flows, and adds to them how each is addressed
// behind its translation: that may be translated again.
func (p *peers) translate(ctx context.Context, all flows, wanted func(endKey) bool) {
	p.translated = map[endKey][]translated{}
	for range mostTranslations {
		before := len(p.translated)
		clear(p.translated)
		for env := range p.environments {
			space := p.index.space(inodeOf(env))
			err := p.translations(ctx, env, func(t *sock.Translation) {
				if wanted(endOf(t.Original)) || wanted(endOf(t.Reply)) {
					p.remember(t, space, all)
				}
			})
			if p.failed == nil {
				p.failed = err
			}
		}
		if len(p.translated) == before {
			return
		}
	}
}

// remember keeps a translation, in both directions.
func (p *peers) remember(t *sock.Translation, space uint16, all flows) {
	for _, way := range [...][2]sock.Flow{{t.Original, t.Reply.Reverse()}, {t.Reply, t.Original.Reverse()}} {
		k := endOf(way[0])
		p.translated[k] = append(p.translated[k], translated{way[1], space})
		all.add(way[1], p.several)
	}
}

// add adds a socket to those that may be an other end.
func (p *peers) add(s *sock.Socket) {
	inode, known := p.spaceOf(s)
	if !known {
		return
	}
	space := p.index.space(inode)
	switch f, connected := flowOf(s); {
	case s.Protocol == sock.Unix:
		p.index.add(unixEndOf(s.Inode), s, space)
	case s.Protocol == sock.Netlink:
		protocol, _ := s.Detail(sock.NetlinkProtocol)
		port, _ := s.Detail(sock.NetlinkPort)
		p.index.add(netlinkEndOf(protocol, port), s, space)
	case s.Protocol == sock.VSOCK:
		if port, peerPort, ok := vsockPorts(s); ok {
			p.index.add(vsockEndOf(port, peerPort), s, space)
		}
	case connected:
		p.index.add(endOf(f), s, space)
	case s.State == sock.Unconnected && s.Local.Port() != 0:
		p.index.add(endOf(sock.Flow{Protocol: s.Protocol, From: s.Local}), s, space)
		if s.Local.Addr() == netip.IPv6Unspecified() && s.Knows(sock.FieldV6Only) && !s.V6Only {
			both := netip.AddrPortFrom(netip.IPv4Unspecified(), s.Local.Port())
			p.index.add(endOf(sock.Flow{Protocol: s.Protocol, From: both}), s, space)
		}
	}
}

// netns returns the network namespace of an end, with its name.
func (p *peers) netns(end *peerEnd) sock.Netns {
	if end.space == noSpace {
		return sock.Netns{}
	}
	for len(p.named) < len(p.index.spaces) {
		p.named = append(p.named, sock.Netns{})
	}
	ns := &p.named[end.space]
	if ns.Inode != 0 {
		return *ns
	}
	ns.Inode = p.index.spaces[end.space]
	for env := range p.environments {
		if env.Namespace != nil && env.Namespace.Inode() == ns.Inode {
			ns.Name = env.Namespace.Name()
		}
	}
	return *ns
}

// of returns the other end of a socket with [sock.PeerKnown], or else says that there
// is none that is known, or that several sockets may be it.
func (p *peers) of(s *sock.Socket) (*peerEnd, sock.PeerStatus) {
	inode, known := p.spaceOf(s)
	if !known {
		return nil, sock.PeerUnknown
	}
	space := p.index.space(inode)
	f, addressed := flowOf(s)
	switch {
	case addressed:
	case !hasPeer(s):
		return nil, sock.PeerUnknown
	case s.Protocol == sock.Unix: // may be in another namespace, and the kernel tells which it is
		k := unixEndOf(s.PeerInode)
		if here, elsewhere := p.index.find(&k, space); here.n+elsewhere.n > 0 {
			return cmp.Or(here.end, elsewhere.end), sock.PeerKnown
		}
		return &peerEnd{inode: uint32(s.PeerInode), space: noSpace}, sock.PeerKnown
	case s.Protocol == sock.VSOCK: // may be in another namespace
		port, peerPort, _ := vsockPorts(s)
		k := vsockEndOf(peerPort, port)
		here, elsewhere := p.index.find(&k, space)
		if here.n == 0 {
			return elsewhere.one()
		}
		return here.one()
	default:
		protocol, _ := s.Detail(sock.NetlinkProtocol)
		port, _ := s.Detail(sock.NetlinkPeerPort)
		k := netlinkEndOf(protocol, port)
		here, _ := p.index.find(&k, space)
		return here.one()
	}
	end, at, status := p.arrives(f, space)
	if status != sock.PeerKnown || end.space == space {
		return end, status
	}
	// Elsewhere the same ends may be those of another connection.
	back, at, status := p.arrives(at.Reverse(), end.space)
	if status == sock.PeerUnknown || status == sock.PeerKnown && back.space == space && at.Reverse() == f {
		return end, sock.PeerKnown
	}
	return nil, sock.PeerAmbiguous
}

// arrives returns the socket that the packets of a flow reach which leave a socket in a
// namespace, and how they are addressed there.
func (p *peers) arrives(f sock.Flow, space uint16) (*peerEnd, sock.Flow, sock.PeerStatus) {
	for range mostTranslations + 1 {
		k := endOf(f.Reverse())
		here, elsewhere := p.index.find(&k, space)
		end, status := here.one()
		if status == sock.PeerUnknown {
			end, status = p.server(f, space)
		}
		if status == sock.PeerUnknown && !local(f) {
			end, status = elsewhere.one()
		}
		if status != sock.PeerUnknown {
			return end, f, status
		}
		next, status := p.next(f, space)
		if status != sock.PeerKnown {
			return nil, f, status
		}
		f, space = next.flow, next.space
	}
	return nil, f, sock.PeerUnknown
}

// local reports whether the packets of a flow stay in their namespace.
func local(f sock.Flow) bool { return f.From.Addr().IsLoopback() || f.To.Addr().IsLoopback() }

// server returns the datagram socket without a peer that the packets reach, where it is
// certain that they stay in the namespace, or that their address is there.
func (p *peers) server(f sock.Flow, space uint16) (*peerEnd, sock.PeerStatus) {
	if f.Protocol.ConnectionOriented() {
		return nil, sock.PeerUnknown
	}
	bound := []netip.Addr{f.To.Addr()}
	if local(f) || f.From.Addr() == f.To.Addr() {
		wildcard := netip.IPv4Unspecified()
		if f.To.Addr().Is6() {
			wildcard = netip.IPv6Unspecified()
		}
		bound = append(bound, wildcard)
	}
	for _, addr := range bound {
		k := endOf(sock.Flow{Protocol: f.Protocol, From: netip.AddrPortFrom(addr, f.To.Port())})
		if here, _ := p.index.find(&k, space); here.n > 0 {
			return here.one()
		}
	}
	return nil, sock.PeerUnknown
}

// next returns how the packets of a flow are addressed behind the translation that
// comes next: that of their own namespace, else of another.
func (p *peers) next(f sock.Flow, space uint16) (to translated, status sock.PeerStatus) {
	for _, t := range p.translated[trackedAs(f)] {
		t.flow.Protocol = f.Protocol
		switch {
		case t.space == space:
			return t, sock.PeerKnown
		case local(f):
		case status == sock.PeerUnknown:
			to, status = t, sock.PeerKnown
		case to.flow != t.flow:
			status = sock.PeerAmbiguous
		}
	}
	return to, status
}
