package doctor

import (
	"cmp"
	"slices"
	"time"

	"sockeye/sock"
	"sockeye/sock/change"
)

// Machine is a look at a machine, or at what was recorded of one: at each of its network
// namespaces by itself. Sockets of several are never mixed, and each has counters of its
// own.
type Machine struct {
	// Changes are the settings that were given by hand.
	Changes Changes
	// Took is the time between the two listings; 0: not known.
	Took time.Duration
	// Lacks are facts that nothing tells here.
	Lacks sock.Field
	// OpenFiles returns how many descriptors a process has, and how many it may have; nil:
	// that is not told.
	OpenFiles func(pid int) (open, most int64, known bool)
	// Translations calls visit for the connections of a network namespace whose addresses
	// are changed on the way; nil: none are.
	Translations func(n sock.Netns, visit func(*sock.Translation)) error
	// Arrives returns the network namespace in which the packets of a connection arrive,
	// and whether it passes none on (single), where that is certain; nil: it never is.
	Arrives func(c *sock.Socket) (to sock.Netns, single, certain bool)
	// Exists reports whether a socket is still there and open; nil: that is not asked.
	Exists func(*sock.Socket) (bool, error)
	// Attempts are those to connect that failed between the two listings, once the second
	// is over; nil: nothing tells them, and there are the counters alone.
	Attempts *Attempts
	// Everywhere: every network namespace of the machine is listed, and each as a whole.
	Everywhere bool
	// Once: there is one listing, the second. Rules that compare two are skipped, and
	// the others take a socket for one that was the same before.
	Once bool
	// Partial: some of the sockets of TCP are left out, as by a filter.
	Partial bool
	// Identity tells the sockets of both listings apart; nil: [change.IdentityOf].
	Identity func(*sock.Socket) change.Identity

	spaces []*Space
	last   *Space // of the socket before

	addresses addresses
}

// In returns a network namespace, by its inode, or else by its name.
func (m *Machine) In(n sock.Netns) *Space {
	if m.last != nil && sameSpace(m.last.Netns, n) {
		return m.last
	}
	i := slices.IndexFunc(m.spaces, func(s *Space) bool { return sameSpace(s.Netns, n) })
	if i < 0 {
		i = len(m.spaces)
		m.spaces = append(m.spaces, &Space{Netns: n, machine: m})
	}
	m.last = m.spaces[i]
	return m.last
}

func sameSpace(a, b sock.Netns) bool {
	if a.Inode != 0 || b.Inode != 0 {
		return a.Inode == b.Inode
	}
	return a.Name == b.Name
}

// Spaces returns how many network namespaces were looked at.
func (m *Machine) Spaces() int { return len(m.spaces) }

// Add takes a socket of the first listing.
func (m *Machine) Add(s *sock.Socket) { m.In(s.Netns).add(s) }

// See takes a socket of the second listing, when the first one is over.
func (m *Machine) See(s *sock.Socket) { m.In(s.Netns).see(s) }

// Findings returns what was found, the worst first. What is of the whole machine is
// found once, whatever namespace told it.
func (m *Machine) Findings() []Finding {
	var all []Finding
	told := map[*Rule]*Space{} // by whom, what is of the whole machine
	for _, sp := range m.spaces {
		for _, f := range sp.findings() {
			switch by := told[f.Rule]; {
			case !f.Machine:
				f.Netns = sp.Netns
			case by == nil:
				told[f.Rule] = sp
			case by != sp:
				continue
			}
			all = append(all, f)
		}
	}
	slices.SortStableFunc(all, func(a, b Finding) int { return cmp.Compare(b.Severity, a.Severity) })
	return all
}

// Skipped returns the rules that could not be applied in any namespace, and why.
func (m *Machine) Skipped() []Skip {
	if len(m.spaces) == 0 {
		return (&Space{machine: m}).skipped()
	}
	least := m.spaces[0].skipped()
	for _, sp := range m.spaces[1:] {
		if some := sp.skipped(); len(some) < len(least) {
			least = some
		}
	}
	return least
}

// Skip is a rule that was not applied. One of the reasons is set.
type Skip struct {
	Rule     *Rule
	Counters bool       // the kernel's counters are not known
	Twice    bool       // there was one listing, and it compares two
	Partial  bool       // sockets were left out
	Lacks    sock.Field // facts that nothing tells
}

// skipped returns the rules that there is not what it takes for.
func (s *Space) skipped() (all []Skip) {
	m := s.machine
	for _, r := range Rules {
		switch {
		case r.Counters && !s.Counted:
			all = append(all, Skip{Rule: r, Counters: true})
		case r.Twice && m.Once:
			all = append(all, Skip{Rule: r, Twice: true})
		case r.Whole && m.Partial:
			all = append(all, Skip{Rule: r, Partial: true})
		case r.Needs&m.Lacks != 0:
			all = append(all, Skip{Rule: r, Lacks: r.Needs & m.Lacks})
		}
	}
	return all
}
