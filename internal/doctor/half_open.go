package doctor

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"net/netip"
	"slices"

	"sockeye/sock"
)

var halfOpen = &Rule{
	Name:    "half_open",
	Meaning: "The other end of a connection on this host is gone: what is written gets a reset, and who only reads waits for ever.",
	Advice:  "A time-out in the program, or keepalive, finds it.",
	Twice:   true,
	Whole:   true,
	begin: func(s *Space, _ settings) look {
		alone := map[ends]*sock.Process{} // who holds connections whose other end was not seen yet
		seen := map[ends]bool{}           // what is the other end of none yet
		see := func(was *before, c *sock.Socket) {
			if c.Protocol != sock.TCP || !c.Knows(sock.FieldRemote) || !c.Local.Addr().IsLoopback() || !c.Remote.Addr().IsLoopback() {
				return
			}
			mine := ends{endOf(c.Local), endOf(c.Remote)}
			other := ends{mine.remote, mine.local}
			_, waits := alone[other]
			switch {
			case waits:
				delete(alone, other)
			case seen[other]:
				delete(seen, other)
			case stayedIn(sock.States(sock.Established), was, c):
				var holder *sock.Process
				if len(c.Owners) > 0 {
					holder = c.Owners[0].Process
				}
				alone[mine] = holder
			default:
				seen[mine] = true
			}
		}
		return look{see, func() (found []Finding) {
			// Where addresses are changed on the way (NAT) the other end has others.
			if translations := s.machine.Translations; len(alone) > 0 && translations != nil {
				err := translations(s.Netns, func(t *sock.Translation) {
					for _, f := range []sock.Flow{t.Original, t.Reply} {
						if f.Protocol == sock.TCP && f.From.Addr().IsLoopback() && f.To.Addr().IsLoopback() {
							delete(alone, ends{endOf(f.From), endOf(f.To)})
						}
					}
				})
				if err != nil {
					return nil // then it is not certain
				}
			}
			for e, p := range alone {
				c := &sock.Socket{
					Protocol: sock.TCP, Family: sock.IPv4, State: sock.Established, Local: e.local.addrPort(), Remote: e.remote.addrPort(),
					Known: sock.FieldLocal | sock.FieldRemote,
				}
				if c.Local.Addr().Is6() {
					c.Family = sock.IPv6
				}
				if p != nil {
					c.Owners, c.OwnerStatus, c.Known = []sock.Owner{{Process: p, FD: sock.NoFD}}, sock.OwnerKnown, c.Known|sock.FieldOwners
				}
				found = append(found, Finding{
					Severity: Warning, Evidence: one(c), Try: fmt.Sprintf("sockeye -ta sport %d or dport %d", c.Local.Port(), c.Local.Port()),
					Title: fmt.Sprintf("The connection of %s from %s to %s has no other end", holder(c), c.Local, c.Remote),
				})
			}
			slices.SortFunc(found, func(a, b Finding) int { return cmp.Compare(a.Title, b.Title) })
			return found
		}}
	},
}

// ends are those of a connection on this host.
type ends struct{ local, remote end }

// end is a loopback address with a port, in little room: 0, or 1 for that of IPv6, the
// address of IPv4, the port.
type end uint64

const endIPv6 = 1 << 48

func endOf(a netip.AddrPort) end {
	address := a.Addr().Unmap()
	if address.Is6() {
		return endIPv6 | end(a.Port()) // there is only ::1
	}
	four := address.As4()
	return end(binary.BigEndian.Uint32(four[:]))<<16 | end(a.Port())
}

func (e end) addrPort() netip.AddrPort {
	if e >= endIPv6 {
		return netip.AddrPortFrom(netip.IPv6Loopback(), uint16(e))
	}
	var four [4]byte
	binary.BigEndian.PutUint32(four[:], uint32(e>>16))
	return netip.AddrPortFrom(netip.AddrFrom4(four), uint16(e))
}
