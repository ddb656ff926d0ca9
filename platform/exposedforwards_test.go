package platform

import (
	"context"
	"fmt"
	"io/fs"
	"iter"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"sockeye/sock"
	"sockeye/sock/filter"
)

// everyForward are forwards of every kind.
func everyForward() []sock.Forward {
	prefix, at := netip.MustParsePrefix, netip.MustParseAddrPort
	return []sock.Forward{
		{By: "nftables", Protocol: sock.TCP, Family: sock.IPv4, First: 8080, Last: 8080, Target: at("172.17.0.2:80"),
			Behind: &sock.Behind{PID: 7, Process: "nginx", Container: sock.Container{Name: "web"}}},
		{By: "nftables", Protocol: sock.TCP, First: 81, Last: 81, Target: at("[fd00::9]:80")},
		{By: "iptables", Protocol: sock.UDP, Family: sock.IPv4, Address: prefix("10.0.0.5/32"), First: 53, Last: 53, Target: netip.AddrPortFrom(netip.MustParseAddr("172.17.0.3"), 0)},
		{By: "iptables", Protocol: sock.TCP, Family: sock.IPv6, First: 7000, Last: 7010, Target: netip.AddrPortFrom(netip.Addr{}, 9000), Partly: true},
		{By: "nftables", Family: sock.IPv4, Address: prefix("10.0.0.0/8"), Last: 1<<16 - 1, Target: netip.AddrPortFrom(netip.MustParseAddr("172.17.0.4"), 0)},
		{By: "nftables", Protocol: sock.TCP, Address: prefix("127.0.0.1/32"), First: 1, Last: 1},
		{By: "nftables", Protocol: sock.TCP, Address: prefix("127.0.0.0/8"), First: 2, Last: 2},
		{By: "nftables", Protocol: sock.TCP, Family: sock.IPv4, First: 3, Last: 3, Outgoing: true},
	}
}

// exposedForwards is a listing of what is exposed on a machine with two cards.
func exposedForwards(t *testing.T, families sock.FamilySet, words ...string) *Listing {
	t.Helper()
	f, err := filter.Parse(words, filter.Env{})
	if err != nil {
		t.Fatal(err)
	}
	return &Listing{
		ctx:      t.Context(),
		snapshot: sock.Snapshot{Complete: true},
		request:  Request{Exposed: families, Filter: f, Query: sock.Query{Protocols: sock.Protocols(sock.TCP, sock.UDP)}},
		forwards: func(_ context.Context, wantedIn func(*sock.Environment) func(*sock.Forward) bool) (all []sock.Forward, err error) {
			wanted := wantedIn(&sock.Environment{Interfaces: twoCards()})
			for _, f := range everyForward() {
				if wanted(&f) {
					all = append(all, f)
				}
			}
			return all, nil
		},
	}
}

// toldRows are the rows of a listing, a line each.
func toldRows(l *Listing) (lines []string) {
	l.tellForwards()
	for _, s := range l.Forwarded() {
		lines = append(lines, fmt.Sprintf("%v %v %v %s by %s", s.Protocol, s.State, s.Local, reached(s), s.Behind.By))
	}
	return lines
}

// TestExposedForwards: what is forwarded is exposed at the addresses that its packets may
// be for, and the filter leaves what it can match.
func TestExposedForwards(t *testing.T) {
	const (
		all4 = "192.31.196.7 100.64.0.4 10.0.0.5 169.254.3.3"
		all6 = "2620:4f:8000::7 fd00::5 fe80::5%3 fe80::7%wan"
		both = "192.31.196.7 2620:4f:8000::7 100.64.0.4 10.0.0.5 fd00::5 169.254.3.3 fe80::5%3 fe80::7%wan"

		web    = "tcp LISTEN 0.0.0.0:8080 public " + all4 + " by nftables"
		other  = "tcp LISTEN [::]:81 public " + both + " by nftables"
		ranged = "tcp LISTEN [::]:7000 public " + all6 + " by iptables"
		name   = "udp UNCONNECTED 10.0.0.5:53 private 10.0.0.5 by iptables"
		every  = "tcp LISTEN 0.0.0.0:0 private 10.0.0.5 by nftables"
		every2 = "udp UNCONNECTED 0.0.0.0:0 private 10.0.0.5 by nftables"
	)
	v4, v6 := sock.Families(sock.IPv4), sock.Families(sock.IPv6)
	for _, test := range []struct {
		families sock.FamilySet
		filter   string
		want     []string
	}{
		{v4 | v6, "", []string{other, ranged, web, every, every2, name}},
		{v4, "", []string{strings.Replace(other, both, all4, 1), web, every, every2, name}},
		{v6, "", []string{strings.Replace(other, both, all6, 1), ranged}},
		{v4 | v6, "sport = 7005", []string{ranged, every, every2}},
		{v4 | v6, "sport > 7010 and protocol = tcp", []string{web, every}},
		{v4 | v6, "sport = 7011 and protocol = tcp", []string{every}},
		{v4 | v6, "exposed_on = 10.0.0.5 and protocol = udp", []string{every2, name}},
		{v4 | v6, "exposure = private and sport = 53", []string{every, every2, name}},
		{v4 | v6, "src 10.0.0.0/8", []string{name}},
		{v4 | v6, "behind.process = nginx", []string{web}},
		{v4 | v6, "behind.by = iptables", []string{ranged, name}},
		{v4 | v6, "owner_status = kernel and sport = 8080 and behind.container = web", []string{web}},
		{v4 | v6, "process = nginx", nil}, // it holds no socket here
		{v4 | v6, "sport = 3 and behind.by = nftables and protocol = tcp and exposure = public", nil},
	} {
		l := exposedForwards(t, test.families, strings.Fields(test.filter)...)
		if got := toldRows(l); !slices.Equal(got, test.want) {
			t.Errorf("%v %s:\n%s\nwant\n%s", test.families, test.filter, strings.Join(got, "\n"), strings.Join(test.want, "\n"))
		}
		if snap := l.Snapshot(); !snap.Complete || len(snap.Warnings) > 0 {
			t.Errorf("%s: complete %v, %v", test.filter, snap.Complete, snap.Warnings)
		}
	}
}

// TestExposedForwardsHidden: where the rules are hidden the answer is not whole, and what
// everybody may read is told all the same.
func TestExposedForwardsHidden(t *testing.T) {
	l := exposedForwards(t, sock.Families(sock.IPv4, sock.IPv6))
	read := l.forwards
	l.forwards = func(ctx context.Context, wantedIn func(*sock.Environment) func(*sock.Forward) bool) ([]sock.Forward, error) {
		all, _ := read(ctx, wantedIn)
		return all[:1], fmt.Errorf("asking: %w", fs.ErrPermission)
	}
	if got := toldRows(l); len(got) != 1 {
		t.Errorf("%q", got)
	}
	snap := l.Snapshot()
	const want = "which ports are forwarded is not known: the rules of NAT are hidden from this user (CAP_NET_ADMIN)"
	if snap.Complete || len(snap.Warnings) != 1 || snap.Warnings[0] != (sock.Warning{Code: sock.CodeUnavailable, Message: want}) {
		t.Errorf("complete %v, %q", snap.Complete, snap.Warnings)
	}
}

// TestRecordedForwards: a file that tells where forwards are reached is believed; of any
// address nobody knows what it stands for else.
func TestRecordedForwards(t *testing.T) {
	head := sock.Snapshot{Complete: true, Forwards: everyForward()[:1]}
	req := Request{Exposed: sock.Families(sock.IPv4), Query: sock.Query{Protocols: sock.Protocols(sock.TCP)}}
	l := FromRecording(t.Context(), noSockets{}, func() sock.Snapshot { return head }, req)
	snap := l.Snapshot()
	if len(snap.Forwards) != 1 || snap.Forwards[0].Exposed.Scope != sock.ScopeAll || snap.Complete || len(snap.Warnings) != 1 {
		t.Errorf("%+v", snap)
	}
	head.Forwards[0].Exposed = &sock.Exposed{Scope: sock.ScopePrivate, On: []netip.Addr{netip.MustParseAddr("10.1.1.1")}}
	l = FromRecording(t.Context(), noSockets{}, func() sock.Snapshot { return head }, req)
	if rows := l.Forwarded(); len(rows) != 1 || reached(rows[0]) != "private 10.1.1.1" || !l.Snapshot().Complete {
		t.Errorf("%+v", l.Snapshot())
	}
	req.Exposed = 0
	if l = FromRecording(t.Context(), noSockets{}, func() sock.Snapshot { return head }, req); l.Snapshot().Forwards != nil || l.Forwarded() != nil {
		t.Errorf("nobody asked for %+v", l.Snapshot().Forwards)
	}
}

// noSockets is a recording without a socket.
type noSockets struct{}

func (noSockets) Sockets(context.Context, sock.Query) iter.Seq2[*sock.Socket, error] {
	return func(func(*sock.Socket, error) bool) {}
}
