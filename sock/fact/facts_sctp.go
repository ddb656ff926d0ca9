package fact

import (
	"net/netip"

	"sockeye/sock"
)

// protocolFacts are what SCTP and SMC have beside the facts of other protocols.
var protocolFacts = []*Fact{sctpInfoFact, smcFact}

var sctpInfoFact = func() *Fact {
	f := numbersFact(Fact{
		Name: "sctp_info", Needs: sock.FieldSCTPInfo, Words: "SCTP's inner facts",
		Doc:   "details of an SCTP association, or of a listener: struct sctp_info of linux/sctp.h, as far as the kernel gave it",
		parts: sctpAddresses,
		begin: func(s *sock.Socket) { s.SCTPInfo = new(sock.SCTPInfo) },
	}, sock.SCTPInfoMembers, "sctp_", of(sctpInfo, func(i *sock.SCTPInfo) *sock.Numbers { return &i.Numbers }), func(parts partList) {
		state, capable := parts.named("p_state"), parts.named("peer_capable")
		state.show = state.showName([]string{"inactive", "potentially_failed", "active", "unconfirmed"})
		capable.show = capable.showFlags([]string{"ecn", "ipv4", "ipv6", "hostname", "asconf", "prsctp", "auth"})
	})
	f.has = func(s *sock.Socket) bool { return s.SCTPInfo != nil }
	return f
}()

func sctpInfo(s *sock.Socket) *sock.SCTPInfo { return s.SCTPInfo }

func sctpAddresses() []*Fact {
	return []*Fact{
		choice(Fact{
			Name: "sctp_info.state", Aliases: []string{"sctp_state"}, Kind: Choice, Values: sock.SCTPStateNames(),
			Doc: "state of the association, by RFC 9260; state has that of TCP which is like it", Example: "sctp_state = shutdown_sent",
		}, of(sctpInfo, func(i *sock.SCTPInfo) uint8 { return uint8(i.State) }), func(s *sock.Socket, v uint8) { s.SCTPInfo.State = sock.SCTPState(v) }),
		{
			Name: "sctp_info.local_addresses", Aliases: []string{"sctp_locals"}, Kind: Text,
			Doc: "own addresses", Example: "sctp_locals = 10.0.0.5",
			values: addresses(func(i *sock.SCTPInfo) *[]netip.Addr { return &i.Locals }),
		},
		{
			Name: "sctp_info.peer_addresses", Aliases: []string{"sctp_peers"}, Kind: Text,
			Doc: "addresses of the peer", Example: "sctp_peers = 10.0.0.9",
			values: addresses(func(i *sock.SCTPInfo) *[]netip.Addr { return &i.Peers }),
		},
		{
			Name: "sctp_info.primary_address", Aliases: []string{"sctp_primary"}, Kind: Text,
			Doc: "address of the peer that is sent to", Example: "sctp_primary = 10.0.0.9",
			text: of(sctpInfo, func(i *sock.SCTPInfo) *string { return &i.Primary }),
		},
	}
}

// addresses is a list of addresses.
func addresses(at func(*sock.SCTPInfo) *[]netip.Addr) *valueList {
	return &valueList{
		count:  of(sctpInfo, func(i *sock.SCTPInfo) int { return len(*at(i)) }),
		append: func(dst []byte, s *sock.Socket, i int) []byte { return (*at(s.SCTPInfo))[i].AppendTo(dst) },
		add: func(s *sock.Socket, text string) bool {
			a, err := netip.ParseAddr(text)
			*at(s.SCTPInfo) = append(*at(s.SCTPInfo), a)
			return err == nil
		},
	}
}
