package platform

import (
	"cmp"
	"errors"
	"io/fs"
	"net/netip"
	"slices"

	"sockeye/sock"
)

// forwardable are the protocols with ports that the kernel forwards.
var forwardable = []sock.Protocol{sock.TCP, sock.UDP, sock.UDPLite, sock.SCTP, sock.DCCP}

// tellForwards reads what the kernel forwards, at the end of a listing.
func (l *Listing) tellForwards() {
	all, err := l.forwards(l.ctx, l.wantedIn)
	if errors.Is(err, fs.ErrPermission) {
		err = hiddenRules{}
	}
	if l.request.Exposed != 0 {
		all = slices.DeleteFunc(all, func(f sock.Forward) bool { return len(l.rowsOf(&f, 0)) == 0 })
		slices.SortStableFunc(all, farthest)
		if err != nil {
			l.report(&sock.Partial{Code: sock.CodeUnavailable, Incomplete: true, Err: err, Message: "which ports are forwarded is not known"})
		}
	}
	l.snapshot.Forwards, l.snapshot.ForwardsUnknown = all, err
}

// farthest compares what is exposed: what is reached from farther comes first.
func farthest(a, b sock.Forward) int {
	return cmp.Or(cmp.Compare(a.Exposed.Scope, b.Exposed.Scope), cmp.Compare(a.Protocol, b.Protocol), cmp.Compare(a.First, b.First))
}

// wantedIn returns what says which of the forwards in an environment are wanted, and
// tells of them what is asked for.
func (l *Listing) wantedIn(env *sock.Environment) func(*sock.Forward) bool {
	want, exposures := l.request.wants(), l.exposures(env.Interfaces)
	return func(f *sock.Forward) bool {
		if ns := env.Namespace; ns != nil && want.Has(sock.FieldNetns) {
			f.Netns.Inode = ns.Inode()
			if want.Has(sock.FieldNetnsName) {
				f.Netns.Name = ns.Name()
			}
		}
		if l.request.Exposed == 0 {
			return l.request.Forwards(f)
		}
		return exposures.forward(f) && len(l.rowsOf(f, sock.FieldPlace)) > 0
	}
}

// forward tells of a forward where it is reached, unless a file does already, and reports
// whether that is beyond the loopback over one of the families.
func (e *exposures) forward(f *sock.Forward) bool {
	r := reach{address: netip.IPv6Unspecified(), families: familiesOf(f) & e.families, forwarded: true}
	if f.Outgoing || r.families == 0 {
		return false
	}
	if f.Address.IsSingleIP() {
		r.address = f.Address.Addr()
	}
	if f.Exposed == nil {
		found := inPrefix(e.once(r), f.Address)
		f.Exposed = &sock.Exposed{Scope: found.scope, On: found.on}
	}
	return f.Exposed.Scope != sock.ScopeLoopback
}

// familiesOf returns those of the packets that are forwarded.
func familiesOf(f *sock.Forward) sock.FamilySet {
	switch {
	case f.Address.IsValid() && f.Address.Addr().Is4():
		return sock.Families(sock.IPv4)
	case f.Address.IsValid():
		return sock.Families(sock.IPv6)
	case f.Family == sock.FamilyUnknown:
		return sock.Families(sock.IPv4, sock.IPv6)
	}
	return sock.Families(f.Family)
}

// inPrefix leaves of an exposure the addresses in a prefix, all if it is none.
func inPrefix(found exposure, p netip.Prefix) exposure {
	if !p.IsValid() || len(found.on) == 0 {
		return found
	}
	on := slices.DeleteFunc(slices.Clone(found.on), func(a netip.Addr) bool { return !p.Contains(a.WithZone("")) })
	if len(on) == 0 {
		return exposure{scope: sock.ScopeLoopback}
	}
	return exposure{sock.ScopeOf(on[0]), on}
}

// rowsOf returns the rows of a forward that the listing asks for, as far as that is known
// without some facts: one for each protocol.
func (l *Listing) rowsOf(f *sock.Forward, missing sock.Field) (rows []*sock.Socket) {
	for _, p := range forwardable {
		if !l.request.Query.Protocols.Has(p) || f.Protocol != sock.ProtocolUnknown && f.Protocol != p {
			continue
		}
		if row := f.Row(p); l.matchesPort(row, f, missing) {
			rows = append(rows, row)
		}
	}
	return rows
}

// matchesPort reports whether the filter matches the row of a forward, or may, with one
// of its ports.
func (l *Listing) matchesPort(row *sock.Socket, f *sock.Forward, missing sock.Field) bool {
	filter := l.request.Filter
	if !filter.CanMatch(row, missing|sock.FieldLocal) {
		return false
	}
	at := *row
	for port := int(f.First); port <= int(f.Last); port++ {
		at.Local = netip.AddrPortFrom(row.Local.Addr(), uint16(port))
		if missing == 0 && filter.Match(&at) || missing != 0 && filter.CanMatch(&at, missing) {
			return true
		}
	}
	return false
}

// Forwarded returns what stands for the ports that the kernel forwards among what is
// exposed, behind the last socket.
func (l *Listing) Forwarded() (rows []*sock.Socket) {
	if l.request.Exposed == 0 {
		return nil
	}
	snap := l.Snapshot()
	for i := range snap.Forwards {
		rows = append(rows, l.rowsOf(&snap.Forwards[i], 0)...)
	}
	return rows
}

// hiddenRules is the error of rules that a user may not read.
type hiddenRules struct{}

func (hiddenRules) Error() string {
	return "the rules of NAT are hidden from this user (CAP_NET_ADMIN)"
}

func (hiddenRules) Is(target error) bool { return target == fs.ErrPermission }
