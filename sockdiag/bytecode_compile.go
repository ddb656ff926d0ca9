package sockdiag

import (
	"sockeye/sock"
	"sockeye/sock/fact"
	"sockeye/sock/filter"
)

// A program must let through every socket that the filter matches; what it lets
// through besides is left out by the check of the row. Most conditions can be
// decided only in part, and under a not the sides change. So each expression has
// two bounds: over holds wherever the expression does, under only where it does.
// They are the same formula where the kernel decides exactly. The over bound of
// a not is the negated under bound, and the other way round; what the kernel
// knows nothing of is bounded by always and never.

// bounds are the two bounds of an expression.
type bounds struct{ over, under *formula }

var (
	undecided = bounds{always, never}
	isTrue    = bounds{always, always}
	isFalse   = bounds{never, never}
)

func exactly(f *formula) bounds { return bounds{f, f} }

// instructions are sets of instructions that a kernel may refuse.
type instructions uint8

const (
	// noInstructions asks without a program.
	noInstructions instructions = iota
	// basicInstructions are ports and addresses: every kernel has them.
	basicInstructions
	// allInstructions are also device, mark and cgroup, which a kernel may lack
	// (EINVAL) or keep from this process (EPERM).
	allInstructions
)

// program is what a reading is asked with.
type program struct {
	code []byte       // empty if the kernel can decide nothing
	uses instructions // the set that it needs
	// differs: it was made for several families and does not hold for each.
	differs bool
}

// compiler makes the program of a reading: of one table, or of both families of a
// protocol.
type compiler struct {
	protocol   sock.Protocol
	families   sock.FamilySet
	states     sock.StateSet // those that are asked for
	may        instructions
	interfaces *sock.Interfaces // of the namespace of the sockets

	uses    instructions
	differs bool
}

// program returns the program for what matches. possible is false if no socket of
// the tables can.
func (c *compiler) program(where sock.Matcher) (made program, possible bool) {
	f, ok := where.(*filter.Filter)
	if !ok || f.Empty() {
		return program{}, true
	}
	c.uses = basicInstructions
	over := c.bounds(f.Expr()).over
	made.differs = c.differs
	if over.kind == formulaNever {
		return made, false
	}
	if c.may == noInstructions {
		return made, true
	}
	if over = over.shed(maxProgram); over.kind == formulaAlways {
		return made, true
	}
	if made.code = assemble(over, maxProgram); len(made.code) > 0 {
		made.uses = c.uses
	}
	return made, true
}

// bounds returns the bounds of an expression for rows as [inetDecoder] makes
// them.
func (c *compiler) bounds(e filter.Expr) bounds {
	switch e := e.(type) {
	case *filter.AndExpr:
		over, under := c.boundsOf(e.Exprs)
		return bounds{all(over...), all(under...)}
	case *filter.OrExpr:
		over, under := c.boundsOf(e.Exprs)
		return bounds{some(over...), some(under...)}
	case *filter.NotExpr:
		b := c.bounds(e.Expr)
		return bounds{negated(b.under), negated(b.over)}
	case *filter.ProtocolCond:
		return constant(e.Set.Has(c.protocol))
	case *filter.FamilyCond:
		return c.family(e.Set)
	case *filter.StateCond:
		return c.state(e.Set)
	}
	if !c.protocol.Inet() {
		return c.notInet(e)
	}
	switch e := e.(type) {
	case *filter.PortCond:
		return c.ends(e.Side, func(remote bool) bounds { return c.ports(remote, e.Ranges) })
	case *filter.HostCond:
		return c.ends(e.Side, func(remote bool) bounds { return c.hosts(remote, e.Hosts) })
	case *filter.AutoboundCond:
		return c.ports(false, []filter.PortRange{e.Ports})
	case *filter.DeviceCond:
		return c.devices(e.Devices)
	case *filter.MarkCond:
		return c.marks(e.Marks)
	case *filter.CgroupCond:
		return c.cgroups(e.Groups)
	}
	return undecided
}

// notInet bounds a condition on a table without ports and IP addresses, for
// which the kernel takes no program: it may still say that nothing can match.
func (c *compiler) notInet(e filter.Expr) bounds {
	switch e := e.(type) {
	case *filter.PortCond:
		return isFalse
	case *filter.HostCond:
		for i := range e.Hosts {
			h := &e.Hosts[i]
			if h.Any() || c.families.Has(h.Family) || !h.Prefix.IsValid() && !h.HasPort {
				return undecided
			}
		}
		return isFalse
	}
	return undecided
}

func (c *compiler) boundsOf(exprs []filter.Expr) (over, under []*formula) {
	for _, e := range exprs {
		b := c.bounds(e)
		over, under = append(over, b.over), append(under, b.under)
	}
	return over, under
}

func constant(truth bool) bounds {
	if truth {
		return isTrue
	}
	return isFalse
}

// either returns the bounds of an or.
func either(list ...bounds) bounds {
	var over, under []*formula
	for _, b := range list {
		over, under = append(over, b.over), append(under, b.under)
	}
	return bounds{some(over...), some(under...)}
}

// both returns the bounds of an and.
func both(a, b bounds) bounds {
	return bounds{all(a.over, b.over), all(a.under, b.under)}
}

// family: all sockets of a table have one.
func (c *compiler) family(set sock.FamilySet) bounds {
	switch c.families & set {
	case 0:
		return isFalse
	case c.families:
		return isTrue
	}
	c.differs = true
	return undecided
}

// state: the kernel gives the states that are asked for and no program can see
// which; a row in another one is dropped before the filter is asked.
func (c *compiler) state(set sock.StateSet) bounds {
	switch {
	case c.states&^set == 0:
		return isTrue
	case c.states&set == 0:
		return isFalse
	}
	return undecided
}

// ends applies a condition to the ends that a side means.
func (c *compiler) ends(side fact.Side, at func(remote bool) bounds) bounds {
	switch side {
	case fact.Local:
		return at(false)
	case fact.Remote:
		return at(true)
	}
	return either(at(false), at(true))
}

// newer returns the bounds of a test that a kernel may refuse.
func (c *compiler) newer(t bcTest) bounds {
	if c.may < allInstructions {
		return undecided
	}
	c.uses = allInstructions
	return exactly(tested(t))
}

// devices compares sk_bound_dev_if. The filter's number of a named device is
// that of the namespace it was read in, so the name is looked up in this one.
func (c *compiler) devices(devices []filter.Device) bounds {
	if len(devices) > maxAlternatives {
		return undecided
	}
	var list []bounds
	for _, d := range devices {
		list = append(list, c.device(d))
	}
	return either(list...)
}

func (c *compiler) device(d filter.Device) bounds {
	if d.Name == "" {
		return c.newer(deviceTest(d.Index))
	}
	index, err := c.interfaces.Index(d.Name)
	if err != nil || index == 0 {
		return undecided
	}
	b := c.newer(deviceTest(index))
	if d.Index == index {
		return b
	}
	// Rows are compared by the name if they have it and by the number else.
	b.under = never
	if d.Index != 0 {
		b.over = some(b.over, c.newer(deviceTest(d.Index)).over)
	}
	return b
}

// marks compares sk_mark. A row of an older kernel does not tell the mark of a
// connection in TIME_WAIT, which the kernel takes for 0.
func (c *compiler) marks(marks []filter.Mark) bounds {
	if len(marks) > maxAlternatives {
		return undecided
	}
	var list []bounds
	for _, m := range marks {
		if m.Value&^m.Mask != 0 {
			continue // no mark has bits that the mask takes away
		}
		b := c.newer(markTest(m.Value, m.Mask))
		if m.Value == 0 {
			b.under = never
		}
		list = append(list, b)
	}
	return either(list...)
}

// cgroups compares the number of the cgroup, which a row of a full socket tells.
func (c *compiler) cgroups(groups []filter.Cgroup) bounds {
	if len(groups) > maxAlternatives {
		return undecided
	}
	var list []bounds
	for _, g := range groups {
		if g.ID == 0 {
			return undecided // its path is compared
		}
		list = append(list, c.newer(cgroupTest(g.ID)))
	}
	return either(list...)
}
