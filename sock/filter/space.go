package filter

import "sockeye/sock"

// The sets of everything. They hold what is unknown too, like [sock.AllStates].
const (
	allProtocols = sock.ProtocolSet(1<<(sock.TIPC+1) - 1)
	allFamilies  = sock.FamilySet(1<<(sock.FamilyTIPC+1) - 1)
	inetFamilies = sock.FamilySet(1<<sock.IPv4 | 1<<sock.IPv6)
)

// space is a set of sockets told by what is always known about them. It is a
// product of three sets, so it may hold more than is meant, never less. An
// empty one is [nowhere].
type space struct {
	states    sock.StateSet
	protocols sock.ProtocolSet
	families  sock.FamilySet
}

var (
	everywhere = space{sock.AllStates, allProtocols, allFamilies}
	nowhere    = space{}
)

// familyProtocols are the protocols that a family other than IP has.
var familyProtocols = [...]struct {
	family   sock.Family
	protocol sock.Protocol
}{
	{sock.FamilyUnix, sock.Unix}, {sock.FamilyPacket, sock.Packet}, {sock.FamilyNetlink, sock.Netlink},
	{sock.FamilyVSOCK, sock.VSOCK}, {sock.FamilyXDP, sock.XDP}, {sock.FamilyTIPC, sock.TIPC},
}

// inetProtocols are the protocols that run over IP.
const inetProtocols = sock.ProtocolSet(1<<(sock.DCCP+1) - 1<<sock.TCP)

// tidy takes from the space the protocols without a family in it and the
// families without a protocol, and makes an empty one nowhere. A socket whose
// family is unknown may have any protocol, and the other way round.
func (a space) tidy() space {
	if !a.families.Has(sock.FamilyUnknown) {
		for _, fp := range familyProtocols {
			if !a.families.Has(fp.family) {
				a.protocols &^= 1 << fp.protocol
			}
		}
		if a.families&inetFamilies == 0 {
			a.protocols &^= inetProtocols
		}
	}
	if !a.protocols.Has(sock.ProtocolUnknown) {
		for _, fp := range familyProtocols {
			if !a.protocols.Has(fp.protocol) {
				a.families &^= 1 << fp.family
			}
		}
		if a.protocols&inetProtocols == 0 {
			a.families &^= inetFamilies
		}
	}
	if a.states == 0 || a.protocols == 0 || a.families == 0 {
		return nowhere
	}
	return a
}

func (a space) empty() bool { return a == nowhere }

func (a space) union(b space) space {
	return space{a.states | b.states, a.protocols | b.protocols, a.families | b.families}
}

func (a space) meet(b space) space {
	return space{a.states & b.states, a.protocols & b.protocols, a.families & b.families}.tidy()
}

func onlyFamilies(set sock.FamilySet) space {
	return space{sock.AllStates, allProtocols, set}.tidy()
}

func spaceIf(possible bool) space {
	if possible {
		return everywhere
	}
	return nowhere
}

func (e *AndExpr) reach() (yes, no space) {
	yes = everywhere
	for _, x := range e.Exprs {
		y, n := x.reach()
		yes, no = yes.meet(y), no.union(n)
	}
	if !yes.empty() && disjoint(e.Exprs) != nil {
		yes = nowhere
	}
	return yes, no
}

func (e *OrExpr) reach() (yes, no space) {
	no = everywhere
	for _, x := range e.Exprs {
		y, n := x.reach()
		yes, no = yes.union(y), no.meet(n)
	}
	return yes, no
}

func (e *NotExpr) reach() (yes, no space) {
	yes, no = e.Expr.reach()
	return no, yes
}
