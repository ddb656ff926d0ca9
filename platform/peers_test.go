package platform

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"unsafe"

	"sockeye/sock"
)

// end makes a socket of a namespace: "tcp 10.0.0.1:80 10.0.0.2:5000"; without a second
// address it has no peer.
func end(space, inode uint64, text string) sock.Socket {
	w := strings.Fields(text)
	p, _ := sock.ParseProtocol(w[0])
	s := sock.Socket{Protocol: p, Family: sock.IPv4, State: sock.Unconnected, Inode: inode, Netns: sock.Netns{Inode: space},
		Known: sock.FieldLocal | sock.FieldInode | sock.FieldNetns | sock.FieldV6Only}
	s.Local = netip.MustParseAddrPort(w[1])
	if s.Local.Addr().Is6() {
		s.Family = sock.IPv6
	}
	if len(w) > 2 {
		s.State, s.Remote, s.Known = sock.Established, netip.MustParseAddrPort(w[2]), s.Known|sock.FieldRemote
	}
	return s
}

func netlinkSocket(space, inode, port, peer uint64) sock.Socket {
	s := sock.Socket{Protocol: sock.Netlink, Family: sock.FamilyNetlink, State: sock.Unconnected, Inode: inode, Netns: sock.Netns{Inode: space},
		Known: sock.FieldInode | sock.FieldNetns | sock.FieldNetlink, Details: &sock.Details{}}
	s.Details.Set(sock.NetlinkProtocol, 2)
	s.Details.Set(sock.NetlinkPort, port)
	s.Details.Set(sock.NetlinkPeerPort, peer)
	return s
}

// vsockSocket makes a connection; cid 0 is one that is bound to any.
func vsockSocket(space, inode, cid, port, peerCID, peerPort uint64) sock.Socket {
	s := sock.Socket{Protocol: sock.VSOCK, Family: sock.FamilyVSOCK, State: sock.Established, Inode: inode, Netns: sock.Netns{Inode: space},
		Known: sock.FieldInode | sock.FieldNetns | sock.FieldVSOCK, Details: &sock.Details{}}
	for detail, v := range map[sock.Detail]uint64{sock.VSOCKCID: cid, sock.VSOCKPort: port, sock.VSOCKPeerCID: peerCID, sock.VSOCKPeerPort: peerPort} {
		if v != 0 {
			s.Details.Set(detail, v)
		}
	}
	return s
}

func flow(p sock.Protocol, from, to string) sock.Flow {
	return sock.Flow{Protocol: p, From: netip.MustParseAddrPort(from), To: netip.MustParseAddrPort(to)}
}

// peersOf returns what finds other ends in namespaces with some sockets, which translate
// some connections.
func peersOf(all []sock.Socket, nat map[uint64][]sock.Translation) *peers {
	p := peersAmong(sock.PeerProtocols, all...)
	p.several = true
	p.spaceOf = func(s *sock.Socket) (uint64, bool) { return s.Netns.Inode, s.Netns.Inode != 0 }
	p.environments = func(yield func(*sock.Environment) bool) {
		for inode := range uint64(9) {
			if !yield(&sock.Environment{Namespace: namespace(inode)}) {
				return
			}
		}
	}
	p.translations = func(_ context.Context, env *sock.Environment, visit func(*sock.Translation)) error {
		for i := range nat[env.Namespace.Inode()] {
			visit(&nat[env.Namespace.Inode()][i])
		}
		return nil
	}
	return p
}

// TestOtherEnds: the other end of each socket, by its inode; 0 is none, -1 several.
func TestOtherEnds(t *testing.T) {
	dual := end(1, 21, "udp [::]:90")
	only := end(1, 22, "udp [::]:91")
	only.V6Only = true
	for name, c := range map[string]struct {
		all  []sock.Socket
		nat  map[uint64][]sock.Translation
		want []int
	}{
		"loopback":                      {all: []sock.Socket{end(1, 10, "tcp 127.0.0.1:80 127.0.0.1:5000"), end(1, 11, "tcp 127.0.0.1:5000 127.0.0.1:80")}, want: []int{11, 10}},
		"itself":                        {all: []sock.Socket{end(1, 10, "tcp 127.0.0.1:80 127.0.0.1:80")}, want: []int{10}},
		"elsewhere":                     {all: []sock.Socket{end(1, 10, "tcp 10.0.0.1:80 10.0.0.2:5000")}, want: []int{0}},
		"another protocol":              {all: []sock.Socket{end(1, 10, "tcp 127.0.0.1:80 127.0.0.1:5000"), end(1, 11, "udp 127.0.0.1:5000 127.0.0.1:80")}, want: []int{0, 0}},
		"another namespace":             {all: []sock.Socket{end(1, 10, "tcp 10.0.0.1:80 10.0.0.2:5000"), end(2, 11, "tcp 10.0.0.2:5000 10.0.0.1:80")}, want: []int{11, 10}},
		"loopback of another":           {all: []sock.Socket{end(1, 10, "tcp 127.0.0.1:80 127.0.0.1:5000"), end(2, 11, "tcp 127.0.0.1:5000 127.0.0.1:80")}, want: []int{0, 0}},
		"a namespace that is not known": {all: []sock.Socket{end(0, 10, "tcp 127.0.0.1:80 127.0.0.1:5000"), end(0, 11, "tcp 127.0.0.1:5000 127.0.0.1:80")}, want: []int{0, 0}},
		"two candidates": {all: []sock.Socket{end(1, 10, "tcp 10.0.0.1:80 10.0.0.2:5000"), end(2, 11, "tcp 10.0.0.2:5000 10.0.0.1:80"),
			end(3, 12, "tcp 10.0.0.2:5000 10.0.0.1:80")}, want: []int{-1, -1, -1}},
		"one of the own namespace": {all: []sock.Socket{end(1, 10, "tcp 10.0.0.1:80 10.0.0.2:5000"), end(1, 11, "tcp 10.0.0.2:5000 10.0.0.1:80"),
			end(3, 12, "tcp 10.0.0.2:5000 10.0.0.1:80")}, want: []int{11, 10, -1}},
		"datagrams": {all: []sock.Socket{end(1, 10, "udp 127.0.0.1:53"), end(1, 11, "udp 127.0.0.1:5000 127.0.0.1:53"), dual, only,
			end(1, 12, "udp 127.0.0.1:5001 127.0.0.1:90"), end(1, 13, "udp 127.0.0.1:5002 127.0.0.1:91"), end(1, 14, "udp [::1]:5003 [::1]:91"),
			end(1, 15, "udp 10.0.0.1:5004 10.0.0.2:90"), end(1, 16, "udp 10.0.0.1:5004 10.0.0.1:90"), end(1, 17, "udp 0.0.0.0:0")},
			want: []int{0, 10, 0, 0, 21, 0, 22, 0, 21, 0}},
		"two servers": {all: []sock.Socket{end(1, 10, "udp 127.0.0.1:53"), end(1, 11, "udp 127.0.0.1:53"), end(1, 12, "udp 127.0.0.1:5000 127.0.0.1:53")}, want: []int{0, 0, -1}},
		"netlink":     {all: []sock.Socket{netlinkSocket(1, 10, 100, 200), netlinkSocket(1, 11, 200, 0), netlinkSocket(2, 12, 300, 200)}, want: []int{11, 0, 0}},
		"vsock": {all: []sock.Socket{vsockSocket(1, 10, 0, 9000, 1, 80), vsockSocket(1, 11, 1, 80, 1, 9000), vsockSocket(1, 12, 0, 81, 0, 0),
			vsockSocket(1, 13, 2, 80, 7, 9000), vsockSocket(1, 14, 2, 9000, 7, 80)}, want: []int{11, 10, 0, 0, 0}}, // two connections of guests
		"vsock of another namespace": {all: []sock.Socket{vsockSocket(1, 10, 0, 9000, 1, 80), vsockSocket(2, 11, 1, 80, 1, 9000)}, want: []int{11, 10}},
		"vsock in two namespaces": {all: []sock.Socket{vsockSocket(1, 10, 0, 9000, 1, 80), vsockSocket(1, 11, 1, 80, 1, 9000), vsockSocket(2, 12, 1, 80, 1, 9000),
			vsockSocket(3, 13, 0, 9000, 1, 80)}, want: []int{11, 10, -1, -1}},
		"unix": {all: []sock.Socket{unixEnd(10, 11), unixEnd(11, 10), unixEnd(12, 0)}, want: []int{0, 0, 0}}, // their namespace is not known
		"translated on the way": {
			all:  []sock.Socket{end(1, 10, "tcp 10.0.0.1:5000 10.0.0.9:80"), end(2, 11, "tcp 10.2.0.2:8080 10.0.0.1:5000")},
			nat:  map[uint64][]sock.Translation{3: {{Original: flow(sock.TCP, "10.0.0.1:5000", "10.0.0.9:80"), Reply: flow(sock.TCP, "10.2.0.2:8080", "10.0.0.1:5000")}}},
			want: []int{11, 10},
		},
		"translated twice": {
			all: []sock.Socket{end(1, 10, "tcp 10.0.0.1:5000 10.0.0.9:80"), end(2, 11, "tcp 10.2.0.2:8080 10.1.0.1:6000")},
			nat: map[uint64][]sock.Translation{
				1: {{Original: flow(sock.TCP, "10.0.0.1:5000", "10.0.0.9:80"), Reply: flow(sock.TCP, "10.0.0.9:80", "10.1.0.1:6000")}},
				3: {{Original: flow(sock.TCP, "10.1.0.1:6000", "10.0.0.9:80"), Reply: flow(sock.TCP, "10.2.0.2:8080", "10.1.0.1:6000")}},
			},
			want: []int{11, 10},
		},
		"translated in two ways": {
			all: []sock.Socket{end(1, 10, "tcp 10.0.0.1:5000 10.0.0.9:80"), end(2, 11, "tcp 10.2.0.2:8080 10.0.0.1:5000"), end(2, 12, "tcp 10.2.0.3:8080 10.0.0.1:5000")},
			nat: map[uint64][]sock.Translation{
				3: {{Original: flow(sock.TCP, "10.0.0.1:5000", "10.0.0.9:80"), Reply: flow(sock.TCP, "10.2.0.2:8080", "10.0.0.1:5000")}},
				4: {{Original: flow(sock.TCP, "10.0.0.1:5000", "10.0.0.9:80"), Reply: flow(sock.TCP, "10.2.0.3:8080", "10.0.0.1:5000")}},
			},
			want: []int{-1, -1, -1},
		},
		"translated on the loopback of another": {
			all:  []sock.Socket{end(1, 10, "tcp 127.0.0.1:5000 127.0.0.1:90"), end(2, 11, "tcp 127.0.0.1:91 127.0.0.1:5000"), end(2, 12, "tcp 127.0.0.1:5000 127.0.0.1:90")},
			nat:  map[uint64][]sock.Translation{2: {{Original: flow(sock.TCP, "127.0.0.1:5000", "127.0.0.1:90"), Reply: flow(sock.TCP, "127.0.0.1:91", "127.0.0.1:5000")}}},
			want: []int{0, 12, 11},
		},
		"MPTCP": {
			all:  []sock.Socket{end(1, 10, "mptcp 10.0.0.1:5000 10.0.0.9:80"), end(2, 11, "mptcp 10.2.0.2:8080 10.0.0.1:5000")},
			nat:  map[uint64][]sock.Translation{3: {{Original: flow(sock.TCP, "10.0.0.1:5000", "10.0.0.9:80"), Reply: flow(sock.TCP, "10.2.0.2:8080", "10.0.0.1:5000")}}},
			want: []int{11, 10},
		},
	} {
		one := func(i int, p *peers) {
			found, status := p.of(&c.all[i])
			got := 0
			switch status {
			case sock.PeerKnown:
				got = int(found.inode)
			case sock.PeerAmbiguous:
				got = -1
			}
			if got != c.want[i] {
				t.Errorf("%s: the other end of %d is %d, want %d", name, c.all[i].Inode, got, c.want[i])
			}
		}
		whole := peersOf(c.all, c.nat)
		whole.load(t.Context(), nil, true)
		for i := range c.all {
			one(i, whole)
			alone := peersOf(c.all, c.nat) // as a filter leaves one row
			alone.load(t.Context(), []*sock.Socket{&c.all[i]}, false)
			one(i, alone)
		}
	}
}

// TestWhatIsReadForOtherEnds: few rows need few sockets; the tables of rows that have no
// other end are not read.
func TestWhatIsReadForOtherEnds(t *testing.T) {
	var asked []sock.Query
	p := peersOf(nil, nil)
	p.sockets = func(_ context.Context, q sock.Query) iter.Seq2[*sock.Socket, error] {
		asked = append(asked, q)
		return func(func(*sock.Socket, error) bool) {}
	}
	listens := end(1, 9, "udp 127.0.0.1:53")
	p.load(t.Context(), []*sock.Socket{&listens}, false)
	if len(asked) != 0 {
		t.Errorf("for nothing asked %+v", asked)
	}
	row := end(1, 10, "tcp 127.0.0.1:80 127.0.0.1:5000")
	p.load(t.Context(), []*sock.Socket{&row, &listens}, false)
	if len(asked) != 1 || asked[0].Protocols != sock.Protocols(sock.TCP) || asked[0].Where == nil {
		t.Fatalf("asked %+v", asked)
	}
	for text, want := range map[string]bool{"tcp 127.0.0.1:5000 127.0.0.1:80": true, "tcp 127.0.0.1:80 127.0.0.1:5000": true, "tcp 127.0.0.1:5001 127.0.0.1:80": false, "tcp 127.0.0.1:5000 127.0.0.1:81": false} {
		if other := end(1, 11, text); asked[0].Where.Match(&other) != want {
			t.Errorf("%s is asked for: %v", text, !want)
		}
	}
}

// TestManyOtherEnds: as many rows as wait for their owners at once are asked for by
// their ports.
func TestManyOtherEnds(t *testing.T) {
	var rows []*sock.Socket
	var all []sock.Socket
	for i := range ownerBlock - 1 {
		row := end(1, uint64(i+1), fmt.Sprintf("tcp 127.0.0.1:%d 127.0.0.1:%d", 1000+i, 20000+2*i))
		rows = append(rows, &row)
		all = append(all, end(1, uint64(i+ownerBlock), fmt.Sprintf("tcp 127.0.0.1:%d 127.0.0.1:%d", 20000+2*i, 1000+i)))
	}
	p := peersOf(all, nil)
	p.load(t.Context(), rows, false)
	for _, row := range rows {
		if e, status := p.of(row); status != sock.PeerKnown || uint64(e.inode) != row.Inode+ownerBlock-1 {
			t.Fatalf("the other end of %d: %+v, %v", row.Inode, e, status)
		}
	}
}

// TestMemoryOfOtherEnds: 64 bytes for each, buckets and what pieces leave unused included.
func TestMemoryOfOtherEnds(t *testing.T) {
	for _, count := range []int{20_000, 1 << 15, 3 << 14, 50_000, 100_000, 200_000} {
		x := newPeerIndex()
		var s sock.Socket
		for i := range count {
			x.add(unixEndOf(uint64(i)), &s, 0)
		}
		read := len(x.pieces) * endsPiece
		x.order()
		if bytes := (read + len(x.table)) * int(unsafe.Sizeof(peerEnd{})); bytes > 64*count {
			t.Errorf("%d ends take %d bytes, %.1f each", count, bytes, float64(bytes)/float64(count))
		}
	}
}

// TestUnknownOtherEnds: what is there and nobody is known to hold says why.
func TestUnknownOtherEnds(t *testing.T) {
	waiting := end(0, 0, "tcp 127.0.0.1:80 127.0.0.1:5000")
	request := end(0, 0, "tcp 127.0.0.1:80 127.0.0.1:5001")
	request.State = sock.SynReceived
	orphan := end(0, 0, "tcp 127.0.0.1:80 127.0.0.1:5002")
	orphan.State = sock.FinWait2
	lost := end(0, 77, "tcp 127.0.0.1:80 127.0.0.1:5003")
	var rows []sock.Socket
	for i := range 4 {
		rows = append(rows, end(0, uint64(i+1), fmt.Sprintf("tcp 127.0.0.1:%d 127.0.0.1:80", 5000+i)))
	}
	for hidden, want := range [][]sock.PeerStatus{
		{sock.PeerAcceptQueue, sock.PeerRequest, sock.PeerOrphaned, sock.PeerNotFound},
		{sock.PeerAcceptQueue, sock.PeerRequest, sock.PeerOrphaned, sock.PeerPermission},
	} {
		finder := &fakeFinder{owners: map[uint64][]sock.Owner{1: held(10, "a"), 2: held(10, "a"), 3: held(10, "a"), 4: held(10, "a")}, blind: hidden}
		stage := newStage(t, finder)
		stage.peers = peersAmong(sock.PeerProtocols, waiting, request, orphan, lost)
		for i, s := range attached(t, stage, rows...) {
			if s.PeerStatus != want[i] || s.PeerProcess != nil || !s.Knows(sock.FieldPeerProcess) {
				t.Errorf("with %d hidden processes, %v: %v, %+v", hidden, s.Remote, s.PeerStatus, s.PeerProcess)
			}
		}
	}
}

// TestTranslationsThatCannotBeRead: who asked for other ends is told, once.
func TestTranslationsThatCannotBeRead(t *testing.T) {
	for _, asked := range []bool{true, false} {
		stage := newStage(t, &fakeFinder{owners: map[uint64][]sock.Owner{}})
		stage.peers = peersAmong(sock.PeerProtocols)
		stage.peers.asked = asked
		stage.peers.translations = func(context.Context, *sock.Environment, func(*sock.Translation)) error {
			return fmt.Errorf("dump: %w", fs.ErrPermission)
		}
		var told []*sock.Partial
		stage.report = func(p *sock.Partial) { told = append(told, p) }
		attached(t, stage, end(0, 1, "tcp 10.0.0.1:80 10.0.0.2:5000"))
		withheld := slices.ContainsFunc(told, func(p *sock.Partial) bool {
			return p.Code == sock.CodeWithheld && !p.Incomplete && errors.Is(p, fs.ErrPermission)
		})
		if withheld != asked {
			t.Errorf("asked %v: told %v", asked, told)
		}
	}
}
