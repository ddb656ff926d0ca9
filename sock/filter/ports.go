package filter

import (
	"math"
	"strings"

	"sockeye/sock"
	"sockeye/sock/fact"
)

// portCond makes a condition on a port.
func (p *parser) portCond(f *fact.Fact, op operator, operands []token) (Expr, error) {
	var ports []interval
	for _, t := range operands {
		list, any, err := p.ports(t, strings.TrimPrefix(strings.TrimPrefix(t.text, "*"), ":"))
		if err != nil {
			return nil, err
		}
		if any && op.ordering() || op.ordering() && (len(list) > 1 || list[0].lo != list[0].hi) {
			return nil, p.failAt(t, short(t.text)+" is more than one port, and has no order")
		}
		if any {
			return newHostCond(f.Side, []Host{{}}), nil
		}
		ports = append(ports, list...)
	}
	return newPortCond(f.Side, op, ports), nil
}

// newPortCond compares a port with operands, some of which may be over 65535:
// no port is equal to them.
func newPortCond(side fact.Side, op operator, ports []interval) *PortCond {
	var ranges []Range
	for _, v := range ports {
		if r, ok := v.compare(op); ok {
			ranges = append(ranges, r)
		}
	}
	wide := mergeRanges(ranges)
	return &PortCond{Side: side, Ranges: portRanges(wide), wide: wide}
}

// ports reads a port, a range of ports, the name of a service, which may have
// several, or nothing or *, which is any.
func (p *parser) ports(t token, text string) (list []interval, any bool, err error) {
	if text == "" || text == "*" {
		return nil, true, nil
	}
	if lo, hi, ok := strings.Cut(text, "-"); ok && allDigits(lo) && allDigits(hi) {
		first, err1 := parsePort(lo)
		last, err2 := parsePort(hi)
		switch {
		case err1 != nil || err2 != nil:
			return nil, false, p.failAt(t, short(text)+" is out of range")
		case first > last:
			return nil, false, p.failAt(t, "the range "+short(text)+" ends before it starts")
		}
		return []interval{{first, last}}, false, nil
	}
	if allDigits(text) || len(text) > 2 && text[:2] == "0x" {
		n, err := parsePort(text)
		if err != nil {
			return nil, false, p.failAt(t, short(text)+" "+err.Error())
		}
		return []interval{{n, n}}, false, nil
	}
	if !serviceName(text) {
		return nil, false, p.failAt(t, short(text)+" is not a port")
	}
	found, err := p.env.port(text)
	if err != nil {
		return nil, false, p.failAt(t, err.Error())
	}
	for _, n := range found {
		list = append(list, interval{uint64(n), uint64(n)})
	}
	return list, false, nil
}

// parsePort reads a number that may be too large for a port, which is no mistake
// of syntax, but fits 32 bits.
func parsePort(s string) (uint64, error) {
	n, err := parseNumber(s)
	if err == nil && n > math.MaxUint32 {
		err = errRange
	}
	return n, err
}

func allDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

// serviceName reports whether s may be the name of a service: RFC 6335 section
// 5.1, and the characters that services files have besides.
func serviceName(s string) bool {
	letter := false
	for i := range len(s) {
		c := s[i] | 0x20
		switch {
		case c >= 'a' && c <= 'z':
			letter = true
		case s[i] >= '0' && s[i] <= '9' || strings.IndexByte("-_.+*/", s[i]) >= 0:
		default:
			return false
		}
	}
	return letter && len(s) <= longestName
}

// hostCond makes a condition on an end. If only ports are given it is one on
// ports.
func (p *parser) hostCond(f *fact.Fact, operands []token) (Expr, error) {
	var all []Host
	for _, t := range operands {
		hosts, err := p.hosts(t)
		if err != nil {
			return nil, err
		}
		all = append(all, hosts...)
	}
	var ports []interval
	for i := range all {
		h := &all[i]
		if h.Family != sock.FamilyUnknown || h.Prefix.IsValid() || h.HasScope || !h.HasPort {
			return newHostCond(f.Side, all), nil
		}
		if h.Ports.Lo <= h.Ports.Hi {
			ports = append(ports, interval{uint64(h.Ports.Lo), uint64(h.Ports.Hi)})
		}
	}
	return newPortCond(f.Side, operator{kind: opEqual}, ports), nil
}
