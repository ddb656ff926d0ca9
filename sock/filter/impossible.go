package filter

import (
	"fmt"
	"strings"

	"sockeye/sock"
)

// Impossible reports whether the filter can match no socket at all, and why, in
// a line without a capital: a port over 65535, two states that contradict each
// other. Not every such filter is found.
func (f *Filter) Impossible() (reason string, ok bool) {
	if f.Empty() || !f.yes.empty() {
		return "", false
	}
	return whyNever(f.expr), true
}

// whyNever explains an expression that is never true.
func whyNever(e Expr) string {
	switch e := e.(type) {
	case *AndExpr:
		return whyNeverAll(e)
	case *OrExpr:
		return whyNever(e.Exprs[0])
	case *NotExpr:
		return string(e.Expr.text(nil)) + " is true of every socket"
	case *PortCond:
		if e.Over != 0 {
			return fmt.Sprintf("port %d is over 65535", e.Over)
		}
	case *StateCond:
		return "no state is left"
	case *HostCond:
		return whyNoHost(e)
	case *MarkCond:
		return fmt.Sprintf("mark 0x%x has bits that the mask 0x%x takes away", e.Marks[0].Value, e.Marks[0].Mask)
	}
	return "nothing can be " + string(e.text(nil))
}

func whyNoHost(c *HostCond) string {
	for i := range c.Hosts {
		h := &c.Hosts[i]
		if h.Over != 0 {
			return fmt.Sprintf("port %d is over 65535", h.Over)
		}
		if h.Number >= 0 || h.PortID >= 0 {
			return fmt.Sprintf("the numbers of %s sockets are not known", strings.TrimSuffix(h.prefix(), ":"))
		}
	}
	return "nothing can be " + string(c.text(nil))
}

// whyNeverAll explains expressions that are not true together.
func whyNeverAll(e *AndExpr) string {
	sum := everywhere
	for i, x := range e.Exprs {
		yes, _ := x.reach()
		if yes.empty() {
			return whyNever(x)
		}
		before := sum
		if sum = sum.meet(yes); !sum.empty() {
			continue
		}
		if before.states&yes.states == 0 {
			return "no socket is both " + stateList(before.states) + " and " + stateList(yes.states)
		}
		for _, other := range e.Exprs[:i] {
			if theirs, _ := other.reach(); theirs.meet(yes).empty() {
				return "no socket is both " + string(other.text(nil)) + " and " + string(x.text(nil))
			}
		}
		break
	}
	if pair := disjoint(e.Exprs); pair != nil {
		return "no socket has both " + string(pair[0].text(nil)) + " and " + string(pair[1].text(nil))
	}
	return "its conditions contradict each other"
}

// stateList names states, or says what is left out if that is shorter.
func stateList(set sock.StateSet) string {
	word := ""
	if set.Len() > sock.AllStates.Len()/2 {
		word, set = "not ", sock.AllStates&^set
	}
	var names []string
	for st := sock.StateUnknown; st <= sock.Unconnected; st++ {
		if set.Has(st) {
			names = append(names, st.String())
		}
	}
	return word + strings.Join(names, " or ")
}

// scalar is a number of which a socket has one: a port of one side, or a field
// that is not about owners.
type scalar struct {
	field *Field
	side  Side
}

// mostRanges bounds the ranges that are compared for that, which may be as many
// as the square of what stands in a text.
const mostRanges = 1 << 16

// disjoint returns two of the conditions that compare the same number with
// ranges that have nothing in common, or nil.
func disjoint(exprs []Expr) []Expr {
	type seen struct {
		ranges []Range
		by     Expr
	}
	var first map[scalar]seen
	work := 0
	for _, x := range exprs {
		var key scalar
		var ranges []Range
		switch c := x.(type) {
		case *PortCond:
			if c.Side == Either {
				continue
			}
			key, ranges = scalar{side: c.Side}, numberRanges(c.Ranges)
		case *NumberCond:
			if c.Field.PerOwner {
				continue
			}
			key, ranges = scalar{field: c.Field}, c.Ranges
		default:
			continue
		}
		if first == nil {
			first = make(map[scalar]seen)
		}
		old, ok := first[key]
		if !ok {
			first[key] = seen{ranges, x}
			continue
		}
		if work += len(old.ranges) + len(ranges); work > mostRanges {
			return nil
		}
		common := intersect(old.ranges, ranges)
		if len(common) == 0 {
			return []Expr{old.by, x}
		}
		first[key] = seen{common, x}
	}
	return nil
}
