package platform

import (
	"net/netip"

	"sockeye/platform/tracer"
	"sockeye/sock/fact"
	"sockeye/sock/filter"
)

// rulesOf returns rules of which one matches every event that a filter can match; none
// if there are no such rules, or too many. The filter is looked at again for each
// event, so they may match more.
func rulesOf(f *filter.Filter) []tracer.Rule {
	rules, bounded := rulesOfExpr(f.Expr())
	if !bounded || len(rules) > tracer.MaxRules {
		return nil
	}
	return rules
}

// rulesOfExpr returns the rules of an expression, and whether there are any that bound
// it.
func rulesOfExpr(e filter.Expr) (rules []tracer.Rule, bounded bool) {
	switch e := e.(type) {
	case *filter.AndExpr:
		for _, x := range e.Exprs {
			also, narrows := rulesOfExpr(x)
			switch {
			case !narrows:
			case !bounded:
				rules, bounded = also, true
			case len(rules)*len(also) <= tracer.MaxRules:
				rules = both(rules, also)
			}
		}
		return rules, bounded
	case *filter.OrExpr:
		for _, x := range e.Exprs {
			also, narrows := rulesOfExpr(x)
			if !narrows || len(rules)+len(also) > tracer.MaxRules {
				return nil, false
			}
			rules = append(rules, also...)
		}
		return rules, true
	case *filter.PortCond:
		return endRules(e.Side, portEnds(e.Ranges))
	case *filter.HostCond:
		return endRules(e.Side, hostEnds(e.Hosts))
	}
	return nil, false
}

// endRules are the rules of what an end must be; nil bounds nothing.
func endRules(side fact.Side, ends []tracer.End) (rules []tracer.Rule, bounded bool) {
	for _, end := range ends {
		if side != fact.Remote {
			rules = append(rules, tracer.Rule{Local: end})
		}
		if side != fact.Local {
			rules = append(rules, tracer.Rule{Remote: end})
		}
	}
	return rules, len(rules) > 0 && len(rules) <= tracer.MaxRules
}

// portEnds are the ends with one of some ports.
func portEnds(ranges []filter.PortRange) (ends []tracer.End) {
	for _, r := range ranges {
		if r.Hi == 0 || r.Lo > r.Hi { // a rule has no word for port 0 alone, nor for none
			return nil
		}
		ends = append(ends, tracer.End{First: r.Lo, Last: r.Hi})
	}
	return ends
}

// hostEnds are the ends that are one of some hosts.
func hostEnds(hosts []filter.Host) (ends []tracer.End) {
	for i := range hosts {
		end, ok := hostEnd(&hosts[i])
		if !ok {
			return nil
		}
		ends = append(ends, end)
	}
	return ends
}

func hostEnd(h *filter.Host) (end tracer.End, ok bool) {
	if h.HasPort && h.Ports.Hi != 0 && h.Ports.Lo <= h.Ports.Hi {
		end.First, end.Last, ok = h.Ports.Lo, h.Ports.Hi, true
	}
	if !h.Prefix.IsValid() {
		return end, ok
	}
	mapped := netip.PrefixFrom(netip.AddrFrom16([16]byte{10: 0xff, 11: 0xff}), 96) // ::ffff:0:0/96
	switch a := h.Prefix.Addr(); {
	case a.Is4() || !mapped.Overlaps(h.Prefix):
		end.Prefix, ok = h.Prefix, true
	case h.Prefix.Bits() >= mapped.Bits():
		end.Prefix, ok = netip.PrefixFrom(a.Unmap(), h.Prefix.Bits()-mapped.Bits()), true
	}
	return end, ok // of a prefix with both, the rest bounds it
}

// both are the rules that match where one of each list does.
func both(a, b []tracer.Rule) (rules []tracer.Rule) {
	for _, x := range a {
		for _, y := range b {
			local, ok1 := meet(x.Local, y.Local)
			remote, ok2 := meet(x.Remote, y.Remote)
			if ok1 && ok2 {
				rules = append(rules, tracer.Rule{Local: local, Remote: remote})
			}
		}
	}
	if rules == nil {
		return a // nothing can match, which no rule says
	}
	return rules
}

// meet returns the end that both are, and whether there can be one.
func meet(a, b tracer.End) (end tracer.End, ok bool) {
	end = a
	switch {
	case !b.Prefix.IsValid():
	case !a.Prefix.IsValid() || a.Prefix.Overlaps(b.Prefix) && a.Prefix.Bits() < b.Prefix.Bits():
		end.Prefix = b.Prefix
	case !a.Prefix.Overlaps(b.Prefix):
		return end, false
	}
	switch {
	case b.Last == 0:
	case a.Last == 0:
		end.First, end.Last = b.First, b.Last
	default:
		end.First, end.Last = max(a.First, b.First), min(a.Last, b.Last)
		if end.First > end.Last {
			return end, false
		}
	}
	return end, true
}
