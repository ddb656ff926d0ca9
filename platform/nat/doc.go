// Package nat tells which ports the kernel forwards before a socket sees them: the rules
// of destination NAT, of nftables (those that iptables writes there too) and of the
// older iptables; and which programs of eBPF may forward others.
//
// Rules are read one by one, not run: of a chain it is known what its rules ask of a
// packet as far as that is protocol, address and port. What else a rule asks (where the
// packet comes from, a share of them by chance) makes a forward one of some packets.
package nat
