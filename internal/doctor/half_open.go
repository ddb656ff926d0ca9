package doctor

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"sockeye/sock"
)

var halfOpen = &Rule{
	Name:    "half_open",
	Meaning: "The other end of a connection on this machine is gone: what is written gets a reset, or no answer, and a process that only reads waits for ever.",
	Advice:  "A time-out in the program, or keepalive, finds it.",
	Details: []string{"Looked at are connections over the loopback, to an address of the same network namespace, and with --all-netns to another network namespace on the same link, such as that of a container: the kernel knows the other address as a neighbour, with the hardware address of an interface there. Where it is not certain that the other end would be seen, nothing is found: behind a translation (NAT), a virtual service (IPVS) or a router, if a namespace cannot be listed as a whole, or if one may pass the connection on."},
	Twice:   true,
	Whole:   true,
	begin: func(s *Space, _ settings) look {
		s.joints = joints{ends: map[ends]held{}, listeners: map[end]bool{}}
		return look{s.joints.see(s.machine), func() []Finding {
			var by grouped[halves]
			for _, c := range s.alone() {
				if at, certain := s.halfOpen(c); certain {
					by.add(at, c)
				}
			}
			return by.findings(func(at halves, g *group) *Finding {
				f := &Finding{Severity: Warning, Title: at.title(g)}
				c := g.first()
				switch {
				case g.Total == 1:
					f.Try = fmt.Sprintf("sockeye -ta sport %d or dport %d", c.Local.Port(), c.Local.Port())
				case at.serves:
					f.Try = fmt.Sprintf("sockeye -ta src %s and sport %d", c.Local.Addr(), c.Local.Port())
				default:
					f.Try = remoteOf(c).try("-ta")
				}
				return f
			})()
		}}
	},
}

// halves are half-open connections of a process that belong together: those to one end,
// or of one that it serves.
type halves struct {
	pid    int
	at     netip.AddrPort
	serves bool
	in     sock.Netns // where the other end is not; the zero value: in their own namespace
}

// title says what they are.
func (at halves) title(g *group) string {
	c, has := g.first(), verb(g.Total, "has", "have")
	what := fmt.Sprintf("the connection of %s from %s to %s", holder(c), c.Local, c.Remote)
	switch {
	case g.Total == 1:
	case at.serves:
		what = fmt.Sprintf("%d connections of %s at %s", g.Total, holder(c), at.at)
	default:
		what = fmt.Sprintf("%d connections of %s to %s", g.Total, holder(c), at.at)
	}
	if at.in == (sock.Netns{}) {
		return strings.ToUpper(what[:1]) + what[1:] + " " + has + " no other end"
	}
	return fmt.Sprintf("The network namespace %s has no other end of %s", cmp.Or(at.in.Name, fmt.Sprintf("net:[%d]", at.in.Inode)), what)
}

// alone returns the connections that stayed established, and of which no other end is
// listed.
func (s *Space) alone() (all []*sock.Socket) {
	for e, h := range s.joints.ends {
		if h.stayed && !s.machine.joined(s, e) {
			all = append(all, s.machine.socketOf(s, e, h))
		}
	}
	slices.SortFunc(all, func(a, b *sock.Socket) int {
		return cmp.Or(a.Local.Compare(b.Local), a.Remote.Compare(b.Remote))
	})
	return all
}

// halfOpen reports whether it is certain that a connection of which no other end is
// listed has none.
func (s *Space) halfOpen(c *sock.Socket) (at halves, certain bool) {
	m := s.machine
	at = halves{pid: holderPID(c), at: c.Remote}
	if at.serves = s.joints.listens(m, c.Local); at.serves {
		at.at = c.Local
	}
	translators := []*Space{s}
	to, here := s.Netns, c.Remote.Addr().IsLoopback()
	if !here {
		if m.Arrives == nil {
			return at, false
		}
		var single bool
		to, single, certain = m.Arrives(c)
		switch here = sameSpace(to, s.Netns); {
		case !certain:
			return at, false
		case here:
		case !m.Everywhere || !single && !m.In(to).joints.listens(m, c.Remote):
			return at, false
		default:
			translators, at.in = m.spaces, to
		}
	}
	for _, sp := range translators {
		if translated, err := sp.translates(c); translated || err != nil {
			return at, false
		}
	}
	if m.Exists == nil {
		return at, true
	}
	passed, err := m.found(other(c, to))
	if err != nil {
		return at, here
	}
	there, err := m.Exists(c) // it may have been closed while the rest was listed
	return at, !passed && there && err == nil
}

// other returns the other end of a connection, which is in a namespace.
func other(c *sock.Socket, in sock.Netns) *sock.Socket {
	return &sock.Socket{Protocol: c.Protocol, Local: c.Remote, Remote: c.Local, Netns: in, Known: sock.FieldLocal | sock.FieldRemote}
}

// found reports whether a socket that was not listed may be there nevertheless: the kernel
// may pass over one while others go. A socket of IPv6 may have an end of IPv4, too.
func (m *Machine) found(s *sock.Socket) (there bool, err error) {
	for _, s.Family = range []sock.Family{sock.IPv4, sock.IPv6} {
		if s.Family == sock.IPv4 && s.Local.Addr().Is6() {
			continue
		}
		if there, err = m.Exists(s); there || err != nil {
			break
		}
	}
	return there, err
}
