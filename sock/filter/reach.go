package filter

import (
	"sync"

	"sockeye/sock"
)

// The sets of everything. They hold what is unknown too, like [sock.AllStates].
const (
	allProtocols = sock.ProtocolSet(1<<(sock.TIPC+1) - 1)
	allFamilies  = sock.FamilySet(1<<(sock.FamilyTIPC+1) - 1)
)

// everyTable holds each pair of a protocol and a family that a socket can have,
// one of which may be unknown.
var everyTable = sync.OnceValue(func() []sock.Table {
	all := sock.Query{Protocols: allProtocols, Families: sock.Families(sock.IPv4, sock.IPv6)}
	var list []sock.Table
	for t := range all.Tables {
		list = append(list, t)
	}
	for p := sock.ProtocolUnknown; p <= sock.TIPC; p++ {
		list = append(list, sock.Table{Protocol: p})
	}
	for f := sock.IPv4; f <= sock.FamilyTIPC; f++ {
		list = append(list, sock.Table{Family: f})
	}
	return list
})

// reach returns the states of the sockets of a table for which the expression
// can be true, and of those for which it can be false: what a query is reduced
// to before anything is read. It may hold more than is meant, never less.
func reach(e Expr, t sock.Table) (yes, no sock.StateSet) {
	const all = sock.AllStates
	switch e := e.(type) {
	case *AndExpr:
		yes = all
		for _, x := range e.Exprs {
			y, n := reach(x, t)
			yes, no = yes&y, no|n
		}
		return yes, no
	case *OrExpr:
		no = all
		for _, x := range e.Exprs {
			y, n := reach(x, t)
			yes, no = yes|y, no&n
		}
		return yes, no
	case *NotExpr:
		no, yes = reach(e.Expr, t)
		return yes, no
	case *StateCond:
		return e.Set, all &^ e.Set
	case *ProtocolCond:
		return truth(e.Set.Has(t.Protocol))
	case *FamilyCond:
		return truth(e.Set.Has(t.Family))
	}
	if !possible(e, t.Family) || !e.needs().MayBeOf(t.Protocol) {
		return 0, all
	}
	if c, ok := e.(*HostCond); ok && c.any() {
		return all, 0
	}
	return all, all
}

func truth(holds bool) (yes, no sock.StateSet) {
	if holds {
		return sock.AllStates, 0
	}
	return 0, sock.AllStates
}

// possible reports whether the condition can be true of a socket of the family.
func possible(e Expr, family sock.Family) bool {
	switch e := e.(type) {
	case *NumberCond:
		return len(e.Ranges) > 0
	case *PortCond:
		if family == sock.FamilyVSOCK || family == sock.FamilyNetlink {
			return len(e.wide) > 0
		}
		return len(e.Ranges) > 0 && overIP(family)
	case *AutoboundCond:
		return overIP(family) || family == sock.FamilyUnix || family == sock.FamilyVSOCK || family == sock.FamilyNetlink
	case *HostCond:
		for i := range e.Hosts {
			if e.Hosts[i].possible(family) {
				return true
			}
		}
		return false
	}
	return true
}
