package sock

import (
	"net/netip"
	"testing"
)

func TestScopeOf(t *testing.T) {
	// The first and the last address of each row of the registries, and the public
	// ones beside it.
	tests := map[Scope][]string{
		ScopeAll:       {"0.0.0.0", "::", "::ffff:0.0.0.0"},
		ScopeLoopback:  {"127.0.0.0", "127.255.255.255", "::1", "::ffff:127.0.0.1"},
		ScopeLinkLocal: {"169.254.0.0", "169.254.255.255", "fe80::", "fe80::1%eth0", "febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff"},
		ScopePrivate: {"10.0.0.0", "10.255.255.255", "172.16.0.0", "172.31.255.255", "192.168.0.0", "192.168.255.255",
			"198.18.0.0", "198.19.255.255", "192.0.0.0", "192.0.0.7", "fc00::", "fdff:ffff::1", "fec0::1", "feff::1",
			"64:ff9b:1::", "64:ff9b:1:ffff::", "2001:2::", "2001:2:0:ffff::", "5f00::1", "5f00:ffff::", "::ffff:10.1.2.3"},
		ScopeShared: {"100.64.0.0", "100.127.255.255", "::ffff:100.64.0.1"},
		ScopeReserved: {"0.0.0.1", "0.255.255.255", "192.0.0.8", "192.0.0.11", "192.0.0.170", "192.0.0.255", "192.0.2.1", "198.51.100.255",
			"203.0.113.0", "240.0.0.0", "255.255.255.254", "::2", "::7f00:1", "100::", "100::1:0:0:1", "2001:1::4", "2001:10::1",
			"2001:1ff:ffff::", "2001:db8::", "2001:db8:ffff::", "3fff::", "3fff:fff:ffff::", "4000::", "fbff::1", "1fff::", "64:ff9b:0:0:0:1::"},
		ScopeMulticast: {"224.0.0.0", "239.255.255.255", "ff00::", "ff02::1%eth0", "ffff::1", "::ffff:224.0.0.251"},
		ScopeBroadcast: {"255.255.255.255", "::ffff:255.255.255.255"},
		ScopePublic: {"1.0.0.0", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255", "128.0.0.0",
			"169.253.255.255", "169.255.0.0", "172.15.255.255", "172.32.0.0", "192.0.0.9", "192.0.0.10", "192.0.1.0", "192.0.3.0",
			"192.31.196.1", "192.52.193.1", "192.88.99.1", "192.167.255.255", "192.169.0.0", "192.175.48.1", "198.17.255.255", "198.20.0.0",
			"198.51.99.255", "198.51.101.0", "203.0.112.255", "203.0.114.0", "223.255.255.255", "::ffff:8.8.8.8", "64:ff9b::", "64:ff9b::ffff:ffff",
			"2000::1", "2001::", "2001:0:ffff::", "2001:1::1", "2001:1::2", "2001:1::3", "2001:3::1", "2001:4:112::1", "2001:20::1", "2001:2f:ffff::",
			"2001:30::1", "2001:200::", "2001:db7:ffff::", "2001:db9::", "2002::1", "2620:4f:8000::1", "3ffe::1", "3fff:1000::"},
		ScopeUnknown: {""},
	}
	for want, addresses := range tests {
		for _, text := range addresses {
			var a netip.Addr
			if text != "" {
				a = netip.MustParseAddr(text)
			}
			if got := ScopeOf(a); got != want {
				t.Errorf("%q is %s, want %s", text, got, want)
			}
		}
	}
	if Scope(200).String() != "" || len(ScopeNames()) != int(ScopeLoopback)+1 {
		t.Error("the names of the scopes are not those that there are")
	}
}

func TestScopeAllocatesNothing(t *testing.T) {
	addresses := []netip.Addr{netip.MustParseAddr("8.8.8.8"), netip.MustParseAddr("fe80::1%eth0"), netip.MustParseAddr("::ffff:10.0.0.1")}
	if n := testing.AllocsPerRun(100, func() {
		for _, a := range addresses {
			ScopeOf(a)
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
