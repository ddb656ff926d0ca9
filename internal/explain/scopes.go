package explain

// The registries in which the scopes of addresses stand.
const (
	registry4 = "iana.org/assignments/iana-ipv4-special-registry"
	registry6 = "iana.org/assignments/iana-ipv6-special-registry"
)

// scopes are the values of local_scope, remote_scope and exposure.
func scopes() []*Entry {
	return []*Entry{
		scope("public", "addresses of the Internet", "Everybody can send to them who is not kept away by a firewall, here or on the way.", registry4, registry6),
		scope("all", "0.0.0.0 or ::, every address", "Of a socket: it takes what comes to any address of its network namespace. As an exposure: reached from somewhere, and which addresses these are is not known.", "ip(7), INADDR_ANY", "ipv6(7)"),
		scope("shared", "100.64.0.0/10, behind the translator of a provider", "Addresses between the router of a customer and the provider's translator; clouds and overlay networks use them too. Not reached from the Internet, but by others than your own.", "RFC 6598"),
		scope("private", "networks of one's own: 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16, fc00::/7", "Routed within a network, and not on the Internet unless something forwards there. The others that are so: 192.0.0.0/29, 198.18.0.0/15, 64:ff9b:1::/48, 2001:2::/48, 5f00::/16, fec0::/10.", "RFC 1918", "RFC 4193", registry4, registry6),
		scope("reserved", "for documentation, protocols or the future", "192.0.2.0/24, 198.51.100.0/24, 203.0.113.0/24, 2001:db8::/32 and 3fff::/20 are for examples, 240.0.0.0/4 and what is outside of 2000::/3 for the future. On a real interface such an address is a mistake or a laboratory.", "RFC 6890", "RFC 5737", "RFC 3849", "RFC 9637"),
		scope("multicast", "groups: 224.0.0.0/4, ff00::/8", "A socket that is bound to a group takes what is sent to it, from the link or, with multicast routing, from farther.", "RFC 5771", "RFC 4291 section 2.7"),
		scope("broadcast", "255.255.255.255, everybody on the link", "It never leaves the link.", "RFC 919 section 7"),
		scope("link_local", "addresses of one link: 169.254.0.0/16, fe80::/10", "Reached from the same network segment alone; every interface with IPv6 has one. It means something only with the interface: fe80::1%eth0.", "RFC 3927", "RFC 4291 section 2.5.6"),
		scope("loopback", "the machine itself: 127.0.0.0/8, ::1", "Reached from the same network namespace alone: what listens there is not exposed, and a container has a loopback of its own.", "RFC 1122 section 3.2.1.3", "RFC 4291 section 2.5.3"),
	}
}

func scope(name, title, text string, sources ...string) *Entry {
	return &Entry{Name: name, Kind: Scope, Title: title, Text: []string{text}, Sources: sources, See: []string{"local_scope", "exposure"}, Filter: "local_scope = " + name}
}
