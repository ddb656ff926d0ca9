package doctor

import (
	"cmp"
	"fmt"
	"slices"

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
		return look{s.joints.see(s.machine), func() (found []Finding) {
			for e, h := range s.joints.ends {
				if !h.stayed || s.machine.joined(s, e) {
					continue
				}
				if f := s.halfOpen(e, h); f != nil {
					found = append(found, *f)
				}
			}
			slices.SortFunc(found, func(a, b Finding) int { return cmp.Compare(a.Title, b.Title) })
			return found
		}}
	},
}

// halfOpen is the finding of a connection of which no other end is listed; nil: that is
// not certain.
func (s *Space) halfOpen(e ends, h held) *Finding {
	m := s.machine
	c := m.socketOf(s, e, h)
	title := fmt.Sprintf("The connection of %s from %s to %s has no other end", holder(c), c.Local, c.Remote)
	at := []*Space{s} // where it may be translated
	here := c.Remote.Addr().IsLoopback()
	if !here {
		if m.Arrives == nil {
			return nil
		}
		to, single, certain := m.Arrives(c)
		switch here = sameSpace(to, s.Netns); {
		case !certain:
			return nil
		case here:
		case !m.Everywhere || !single && !m.In(to).joints.listens(m, c.Remote):
			return nil
		default:
			at = m.spaces
			title = fmt.Sprintf("The network namespace %s has no other end of the connection of %s from %s to %s", spaceName(to), holder(c), c.Local, c.Remote)
		}
	}
	for _, sp := range at {
		if translated, err := sp.translates(e); translated || err != nil {
			return nil
		}
	}
	// It may have been closed while the rest was listed.
	if m.Exists != nil {
		if there, err := m.Exists(c); err == nil && !there || err != nil && !here {
			return nil
		}
	}
	return &Finding{
		Severity: Warning, Evidence: one(c), Title: title,
		Try: fmt.Sprintf("sockeye -ta sport %d or dport %d", c.Local.Port(), c.Local.Port()),
	}
}

func spaceName(n sock.Netns) string { return cmp.Or(n.Name, fmt.Sprintf("net:[%d]", n.Inode)) }
