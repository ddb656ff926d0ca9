package tracer

import (
	"net/netip"
	"testing"

	"sockeye/sock"
)

// kernelMatches is what the programs do with a rule: wanted_ends of bpf/trace.bpf.c.
func kernelMatches(k kernelRule, local, remote netip.AddrPort) bool {
	under := func(a netip.Addr, is, mask [16]byte) bool {
		b := a.As16()
		for i := range b {
			if b[i]&mask[i] != is[i] {
				return false
			}
		}
		return true
	}
	within := func(port, first, last uint16) bool {
		return last == 0 || port == 0 || port >= first && port <= last
	}
	return under(local.Addr(), k.Local, k.LocalMask) && under(remote.Addr(), k.Remote, k.RemoteMask) &&
		within(local.Port(), k.LocalFirst, k.LocalLast) && within(remote.Port(), k.RemoteFirst, k.RemoteLast)
}

// What the kernel decides of a rule is what is decided here.
func TestRules(t *testing.T) {
	local, remote := netip.MustParseAddrPort("10.1.2.3:40000"), netip.MustParseAddrPort("[2001:db8::5]:443")
	prefix := netip.MustParsePrefix
	for name, c := range map[string]struct {
		rule Rule
		want bool
	}{
		"any":                    {Rule{}, true},
		"the port":               {Rule{Remote: End{First: 443, Last: 443}}, true},
		"another port":           {Rule{Remote: End{First: 444, Last: 65535}}, false},
		"the other end's port":   {Rule{Local: End{First: 443, Last: 443}}, false},
		"the address":            {Rule{Local: End{Prefix: prefix("10.1.2.3/32")}}, true},
		"its network":            {Rule{Local: End{Prefix: prefix("10.1.0.0/16")}}, true},
		"a network within":       {Rule{Local: End{Prefix: prefix("10.1.2.4/31")}}, false},
		"bits behind the prefix": {Rule{Local: End{Prefix: prefix("10.1.99.99/16")}}, true},
		"IPv6":                   {Rule{Remote: End{Prefix: prefix("2001:db8::/33")}}, true},
		"other IPv6":             {Rule{Remote: End{Prefix: prefix("2001:db9::/32")}}, false},
		"every IPv4":             {Rule{Local: End{Prefix: prefix("0.0.0.0/0")}}, true},
		"no IPv4":                {Rule{Remote: End{Prefix: prefix("0.0.0.0/0")}}, false},
		"both ends":              {Rule{End{prefix("10.0.0.0/8"), 1, 50000}, End{prefix("2001:db8::5/128"), 443, 443}}, true},
	} {
		made, count := kernelRules([]Rule{c.rule})
		if got := kernelMatches(made[0], local, remote); got != c.want || count != 1 {
			t.Errorf("%s: the kernel says %v", name, got)
		}
		o := Options{Rules: []Rule{c.rule}}
		if got := o.matches(&Event{Socket: sock.Socket{Local: local, Remote: remote}}); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
	unknown := netip.AddrPortFrom(local.Addr(), 0)
	o := Options{Rules: []Rule{{Local: End{First: 40000, Last: 40000}}}}
	made, _ := kernelRules(o.Rules)
	if !o.matches(&Event{Socket: sock.Socket{Local: unknown, Remote: remote}}) || !kernelMatches(made[0], unknown, remote) {
		t.Error("a port that is not chosen yet may be any")
	}
}

// What has no room in the kernel is decided here alone.
func TestNoRoom(t *testing.T) {
	if _, count := kernelRules(make([]Rule, MaxRules+1)); count != 0 {
		t.Error("too many rules are cut")
	}
	if _, count := kernelRules(make([]Rule, MaxRules)); count != MaxRules {
		t.Error("as many rules as have room are not all there")
	}
	for name, inodes := range map[string][]uint64{
		"too many": make([]uint64, mostSpaces+1), "no such number": {1 << 32}, "none": {0},
	} {
		if _, count := kernelSpaces(inodes); count != 0 {
			t.Errorf("%s: %d", name, count)
		}
	}
	made, count := kernelSpaces([]uint64{5, 1<<32 - 1})
	if count != 2 || made[0] != 5 || made[1] != 1<<32-1 {
		t.Errorf("%v", made)
	}
	o := Options{Namespaces: []uint64{5}}
	if !o.matches(&Event{Socket: sock.Socket{Netns: sock.Netns{Inode: 5}}}) || o.matches(&Event{}) {
		t.Error("namespaces are not told apart here")
	}
}

// States have the numbers of net/tcp_states.h.
func TestKernelStates(t *testing.T) {
	for set, want := range map[sock.StateSet]uint32{
		0: 1<<32 - 1, 1 << sock.Closed: 1 << 7, 1<<sock.Established | 1<<sock.Listen: 1<<1 | 1<<10,
		1 << sock.SynReceived: 1<<3 | 1<<12,
	} {
		if got := kernelStates(set); got != want {
			t.Errorf("%v: %#x, want %#x", set, got, want)
		}
	}
}

// Who reads and writes is looked at where an event is told afterwards.
func TestUsed(t *testing.T) {
	state := KindsOf(StateChange)
	for name, c := range map[string]struct {
		o    Options
		want bool
	}{
		"every change": {Options{Kinds: state}, true},
		"lifetimes":    {Options{Kinds: state, NewStates: 1 << sock.Closed}, true},
		"handshakes":   {Options{Kinds: state, OldStates: 1 << sock.SynSent}, false},
		"accepts":      {Options{Kinds: state, OldStates: 1 << sock.SynReceived, NewStates: 1 << sock.Established}, false},
		"listens":      {Options{Kinds: state, NewStates: 1 << sock.Listen}, false},
		"retransmits":  {Options{Kinds: KindsOf(Retransmit)}, true},
		"answers":      {Options{Kinds: KindsOf(SynAckRetransmit)}, false},
	} {
		if got := c.o.used(); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
