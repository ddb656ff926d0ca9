package platform

import (
	"context"
	"net/netip"
	"path/filepath"
	"slices"
	"strconv"

	"golang.org/x/sys/unix"

	"sockeye/platform/netns"
	"sockeye/procnet"
	"sockeye/sock"
)

// behindFinder finds what stands behind the ports that proxies publish. It looks at
// namespaces through the tables of the processes in them, which everybody may read. All
// is read at the first question of a listing and kept until it ends.
type behindFinder struct {
	ctx    context.Context
	env    *sock.Environment
	finder ownerFinder
	proc   procnet.FS
	places *places

	found     []netns.Found // with a process in it
	listed    bool
	addresses map[int][]netip.Addr // by the process in a namespace
	listening map[listenersKey][]*sock.Socket
	index     ownerIndex
	searched  bool
	children  map[int][]int
}

// listenersKey names the listeners of a protocol in the namespace of a process.
type listenersKey struct {
	pid      int
	protocol sock.Protocol
}

func newBehindFinder(ctx context.Context, h *Host, p *places) *behindFinder {
	return &behindFinder{
		ctx: ctx, env: h.chain.env, finder: h.finder, proc: h.proc, places: p,
		addresses: map[int][]netip.Addr{}, listening: map[listenersKey][]*sock.Socket{},
	}
}

// add tells what stands behind a listener that a proxy holds.
func (b *behindFinder) add(s *sock.Socket) {
	s.Behind = nil
	if !s.Listening() || !s.Protocol.Inet() {
		return
	}
	for p := range s.PIDs {
		if found := b.of(p, s, 0); found.Known() {
			s.Behind, s.Known = found, s.Known|sock.FieldPlace
			return
		}
	}
}

// mostProxies is how many proxies may stand one behind the other: RootlessKit in front
// of dockerd's.
const mostProxies = 3

// of returns what stands behind a listener of a process, nil if that is no proxy.
func (b *behindFinder) of(p *sock.Process, s *sock.Socket, depth int) *sock.Behind {
	read := proxies[p.Name]
	if read == nil || depth == mostProxies {
		return nil
	}
	words, err := b.proc.Arguments(p.PID)
	if err != nil || len(words) == 0 {
		return nil
	}
	l, ok := read(words[1:], s)
	if !ok {
		return nil
	}
	found := &sock.Behind{Container: l.container}
	if l.target.Addr().IsValid() {
		found.Target = l.target
	}
	b.complete(found, b.within(l, p.PID, s.Protocol), l, s.Protocol, depth)
	return found
}

// complete adds the process that listens in the namespace of a process, and the
// container.
func (b *behindFinder) complete(found *sock.Behind, pid int, l lead, protocol sock.Protocol, depth int) {
	if pid == 0 {
		return
	}
	if listener := onlyOne(b.matching(pid, protocol, l.target)); listener != nil {
		if holder := b.holder(listener); holder != nil {
			if further := b.of(holder, listener, depth+1); further.Known() {
				*found = *further
				return
			}
			found.PID, found.Process = holder.PID, holder.Name
			pid = holder.PID
		}
		if !found.Target.IsValid() && !listener.Local.Addr().IsUnspecified() {
			found.Target = listener.Local
		}
	}
	var facts sock.Process
	b.places.ofProcess(pid, &facts)
	if c := facts.Container; c != nil {
		found.Container = *c
	}
}

// onlyOne returns the listener if there is one port, or nil.
func onlyOne(all []*sock.Socket) *sock.Socket {
	if len(all) == 0 || slices.ContainsFunc(all, func(s *sock.Socket) bool { return s.Local.Port() != all[0].Local.Port() }) {
		return nil
	}
	return all[0]
}

// holder returns the first process that holds a socket, nil if none is seen.
func (b *behindFinder) holder(s *sock.Socket) *sock.Process {
	if !b.searched && b.finder != nil {
		b.searched = true
		index, err := b.finder.find(b.ctx, nil)
		if err != nil {
			return nil // the listing's own search says why
		}
		b.index = index
	}
	if b.index == nil {
		return nil
	}
	for _, o := range b.index.Owners(s.Inode, nil) {
		if b.index.sameProcess(o.PID) {
			return o.Process
		}
	}
	return nil
}

// within returns a process in the namespace that a proxy leads to, 0 if that is not
// known, or if two may be meant.
func (b *behindFinder) within(l lead, proxy int, protocol sock.Protocol) int {
	if l.children {
		own := b.tables(proxy)
		for _, child := range b.childrenOf(proxy) {
			if in := b.tables(child); in != 0 && in != own {
				return child
			}
		}
	}
	switch {
	case l.pid != 0:
		return l.pid
	case l.file != "":
		var st unix.Stat_t
		if unix.Stat(l.file, &st) != nil {
			return 0
		}
		for _, f := range b.namespaces() {
			if f.Inode == st.Ino {
				return f.PID
			}
		}
		return 0
	case l.children:
		return 0
	}
	return b.withAddress(l.target, proxy, protocol)
}

// withAddress returns a process in the only other namespace that has an address and
// listens there.
func (b *behindFinder) withAddress(target netip.AddrPort, proxy int, protocol sock.Protocol) int {
	own := b.tables(proxy)
	var having, listening []int
	for _, f := range b.namespaces() {
		if proxy != 0 && f.Tables == own || !slices.Contains(b.addressesOf(f.PID), target.Addr()) {
			continue
		}
		having = append(having, f.PID)
		if len(b.matching(f.PID, protocol, target)) > 0 {
			listening = append(listening, f.PID)
		}
	}
	for _, all := range [][]int{listening, having} {
		if len(all) == 1 {
			return all[0]
		}
	}
	return 0
}

// namespaces returns those that a process is in.
func (b *behindFinder) namespaces() []netns.Found {
	if !b.listed {
		b.listed = true
		all, _ := netns.List(b.env.Proc, nil) // what was found is as good; the rest is not told of
		for _, f := range all {
			if f.PID != 0 {
				b.found = append(b.found, f)
			}
		}
	}
	return b.found
}

// directory is where the tables of the namespace of a process are.
func (b *behindFinder) directory(pid int) string {
	return filepath.Join(b.env.Proc, strconv.Itoa(pid), "net")
}

// tables names the namespace of a process, as [netns.Found] does; 0 if it ended.
func (b *behindFinder) tables(pid int) uint64 {
	var st unix.Stat_t
	if pid == 0 || unix.Stat(filepath.Join(b.directory(pid), "dev"), &st) != nil {
		return 0
	}
	return st.Ino
}

func (b *behindFinder) addressesOf(pid int) []netip.Addr {
	all, known := b.addresses[pid]
	if !known {
		all, _ = procnet.LocalAddresses(b.directory(pid)) // one that cannot be read has none
		b.addresses[pid] = all
	}
	return all
}

// childrenOf returns the children of a process.
func (b *behindFinder) childrenOf(pid int) []int {
	if b.children == nil {
		b.children = map[int][]int{}
		all, _, _ := b.proc.Processes() // without it nobody has children
		for _, p := range all {
			b.children[p.Parent] = append(b.children[p.Parent], p.PID)
		}
	}
	return b.children[pid]
}

// matching returns what listens in the namespace of a process at an end, of which the
// address, or the port as well, may not be known.
func (b *behindFinder) matching(pid int, protocol sock.Protocol, end netip.AddrPort) (all []*sock.Socket) {
	for _, s := range b.listeners(pid, protocol) {
		at := s.Local.Addr()
		if end.Port() != 0 && s.Local.Port() != end.Port() {
			continue
		}
		if !end.Addr().IsValid() || at == end.Addr() || at == netip.IPv6Unspecified() || at.IsUnspecified() && at.Is4() == end.Addr().Is4() {
			all = append(all, s)
		}
	}
	return all
}

// listeners returns what listens in the namespace of a process.
func (b *behindFinder) listeners(pid int, protocol sock.Protocol) []*sock.Socket {
	key := listenersKey{pid, protocol}
	all, known := b.listening[key]
	if known {
		return all
	}
	env := &sock.Environment{Proc: b.env.Proc, ByteOrder: b.env.ByteOrder, Tables: b.directory(pid)}
	c := chain{sources: []sock.Source{procnet.Source{}}, env: env}
	q := sock.Query{
		Protocols: sock.Protocols(protocol), Families: sock.Families(sock.IPv4, sock.IPv6), States: sock.ListeningStates,
		Want: sock.FieldLocal | sock.FieldInode,
	}
	for s, err := range c.run().Sockets(b.ctx, q) {
		if err == nil && q.Allows(s) { // what cannot be read is not known
			all = append(all, s.Clone())
		}
	}
	b.listening[key] = all
	return all
}
