package sock

import (
	"net/netip"
	"sync"
)

// Scope says how far an address reaches, by the registries of special-purpose
// addresses of IANA (RFC 6890), read in 2026. The smaller the number, the farther.
type Scope uint8

// The scopes.
const (
	ScopeUnknown Scope = iota
	// ScopePublic is an address of the Internet.
	ScopePublic
	// ScopeAll is 0.0.0.0 or ::, every address that there is.
	ScopeAll
	// ScopeShared is behind the translator of a provider: 100.64.0.0/10 (RFC 6598).
	ScopeShared
	// ScopePrivate is routed within a network, and not on the Internet: 10.0.0.0/8,
	// 172.16.0.0/12, 192.168.0.0/16 (RFC 1918), fc00::/7 (RFC 4193) and the like.
	ScopePrivate
	// ScopeReserved is for documentation, for the future, or for protocols alone.
	ScopeReserved
	// ScopeMulticast is a group: 224.0.0.0/4, ff00::/8.
	ScopeMulticast
	// ScopeBroadcast is 255.255.255.255, everybody on the link.
	ScopeBroadcast
	// ScopeLinkLocal means something on one link: 169.254.0.0/16, fe80::/10.
	ScopeLinkLocal
	// ScopeLoopback is the machine, or the network namespace, itself: 127.0.0.0/8, ::1.
	ScopeLoopback
)

var scopeNames = []string{"", "public", "all", "shared", "private", "reserved", "multicast", "broadcast", "link_local", "loopback"}

// ScopeNames returns the words for the values of [Scope].
func ScopeNames() []string { return scopeNames }

// String returns the name of the scope, empty if it is not known.
func (s Scope) String() string {
	if int(s) < len(scopeNames) {
		return scopeNames[s]
	}
	return ""
}

// ScopeOf returns the scope of an address; that of a v4-mapped one is that of the
// IPv4 address in it. An address without a length has none.
func ScopeOf(a netip.Addr) Scope {
	a = a.Unmap().WithZone("")
	rows := special4
	switch {
	case !a.IsValid():
		return ScopeUnknown
	case a.IsUnspecified():
		return ScopeAll
	case a.Is6():
		rows = special6
	}
	for _, r := range rows() {
		if r.prefix.Contains(a) {
			return r.scope
		}
	}
	return ScopePublic
}

// special is a row of a registry.
type special struct {
	prefix netip.Prefix
	scope  Scope
}

// special4 and special6 are the rows of
// https://www.iana.org/assignments/iana-ipv4-special-registry and
// https://www.iana.org/assignments/iana-ipv6-special-registry that are not public,
// and before each those within it that are. What is forwarded and not globally
// reachable is private. Multicast has registries of its own.
var (
	special4 = sync.OnceValue(func() []special {
		return []special{
			row("10.0.0.0/8", ScopePrivate),
			row("127.0.0.0/8", ScopeLoopback),
			row("172.16.0.0/12", ScopePrivate),
			row("192.168.0.0/16", ScopePrivate),
			row("169.254.0.0/16", ScopeLinkLocal),
			row("100.64.0.0/10", ScopeShared),
			row("0.0.0.0/8", ScopeReserved),   // this network, RFC 791
			row("192.0.0.9/32", ScopePublic),  // anycast of the Port Control Protocol, RFC 7723
			row("192.0.0.10/32", ScopePublic), // anycast of TURN, RFC 8155
			row("192.0.0.0/29", ScopePrivate), // DS-Lite, RFC 7335
			row("192.0.0.0/24", ScopeReserved),
			row("192.0.2.0/24", ScopeReserved),    // documentation, RFC 5737
			row("198.51.100.0/24", ScopeReserved), // documentation
			row("203.0.113.0/24", ScopeReserved),  // documentation
			row("198.18.0.0/15", ScopePrivate),    // benchmarks, RFC 2544
			row("224.0.0.0/4", ScopeMulticast),
			row("255.255.255.255/32", ScopeBroadcast),
			row("240.0.0.0/4", ScopeReserved), // the future, RFC 1112
		}
	})
	special6 = sync.OnceValue(func() []special {
		return []special{
			row("::1/128", ScopeLoopback),
			row("fe80::/10", ScopeLinkLocal),
			row("fc00::/7", ScopePrivate),
			row("ff00::/8", ScopeMulticast),
			row("64:ff9b::/96", ScopePublic),    // translation, RFC 6052
			row("64:ff9b:1::/48", ScopePrivate), // translation of one's own, RFC 8215
			row("2001::/32", ScopePublic),       // Teredo, RFC 4380
			row("2001:1::1/128", ScopePublic),   // anycast of the Port Control Protocol, RFC 7723
			row("2001:1::2/128", ScopePublic),   // anycast of TURN, RFC 8155
			row("2001:1::3/128", ScopePublic),   // anycast of DNS-SD, RFC 9665
			row("2001:2::/48", ScopePrivate),    // benchmarks, RFC 5180
			row("2001:3::/32", ScopePublic),     // AMT, RFC 7450
			row("2001:4:112::/48", ScopePublic), // AS112, RFC 7535
			row("2001:20::/28", ScopePublic),    // ORCHIDv2, RFC 7343
			row("2001:30::/28", ScopePublic),    // tags of drones, RFC 9374
			row("2001::/23", ScopeReserved),
			row("2001:db8::/32", ScopeReserved), // documentation, RFC 3849
			row("3fff::/20", ScopeReserved),     // documentation, RFC 9637
			row("5f00::/16", ScopePrivate),      // segment routing, RFC 9602
			row("fec0::/10", ScopePrivate),      // site-local, RFC 3879
			row("2000::/3", ScopePublic),
			row("::/0", ScopeReserved), // kept by the IETF, RFC 4291 section 2.4
		}
	})
)

func row(prefix string, scope Scope) special { return special{netip.MustParsePrefix(prefix), scope} }
