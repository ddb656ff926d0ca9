package doctor

import (
	"fmt"

	"sockeye/sock"
)

var v6Only = &Rule{
	Name:    "v6only",
	Meaning: "A listener on [::] may take IPv4 too, or not (IPV6_V6ONLY, net.ipv6.bindv6only). Where it does not, a client that connects over IPv4 is refused, or reaches another program than one that connects over IPv6.",
	Advice:  "If that is not meant, let the program listen on 0.0.0.0 too, or turn IPV6_V6ONLY off; or let one program have both.",
	begin: func(*Space, settings) look {
		var six, four grouped[bound]
		see := func(_ *before, l *sock.Socket) {
			if l.Protocol != sock.TCP || l.State != sock.Listen || !l.Knows(sock.FieldLocal) {
				return
			}
			at := bound{l.Local.Port(), l.Interface}
			switch every := l.Local.Addr().IsUnspecified(); {
			case l.Family == sock.IPv4, l.Local.Addr().Is4(), every && l.Knows(sock.FieldV6Only) && !l.V6Only:
				four.add(at, l) // or both
			case every && l.Knows(sock.FieldV6Only):
				six.add(at, l)
			}
		}
		return look{see, six.findings(func(at bound, g *group) *Finding {
			f := &Finding{Severity: Info, Try: fmt.Sprintf("sockeye port %d", at.port)}
			other := four.of[at]
			switch {
			case other == nil:
				f.Title = fmt.Sprintf("%s takes no IPv4 on port %d, and nobody else does", holder(g.first()), at.port)
			case shareHolder(g.Sockets, other.Sockets) || holderPID(g.first()) == 0 || holderPID(other.first()) == 0:
				return nil
			default:
				f.Title = fmt.Sprintf("Port %d is %s by IPv6 and %s by IPv4", at.port, holder(g.first()), holder(other.first()))
				for _, l := range other.Sockets {
					g.add(l)
				}
			}
			return f
		})}
	},
}

// bound is a port, of a device if it is bound to one.
type bound struct {
	port   uint16
	device string
}

// shareHolder reports whether one process holds a socket of each.
func shareHolder(a, b []*sock.Socket) bool {
	for _, x := range a {
		for _, y := range b {
			if sharesHolder(x, y) {
				return true
			}
		}
	}
	return false
}
