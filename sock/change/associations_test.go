package change

import (
	"net/netip"
	"testing"

	"sockeye/sock"
)

// TestAssociationsAreTheirOwn: those of one SCTP socket share its cookie.
func TestAssociationsAreTheirOwn(t *testing.T) {
	association := func(p sock.Protocol, remote string) *sock.Socket {
		return &sock.Socket{
			Known: sock.FieldCookie | sock.FieldLocal | sock.FieldRemote, Protocol: p, Family: sock.IPv4, State: sock.Established,
			Cookie: 2, Local: netip.MustParseAddrPort("127.0.0.1:7002"), Remote: netip.MustParseAddrPort(remote),
		}
	}
	first := IdentityOf(association(sock.SCTP, "127.0.0.1:50092"))
	if first == IdentityOf(association(sock.SCTP, "127.0.0.1:54916")) {
		t.Error("two associations are one")
	}
	if first != IdentityOf(association(sock.SCTP, "127.0.0.1:50092")) {
		t.Error("one association is two")
	}
	if IdentityOf(association(sock.TCP, "127.0.0.1:50092")) != IdentityOf(association(sock.TCP, "127.0.0.1:54916")) {
		t.Error("a cookie is not enough elsewhere")
	}
}
