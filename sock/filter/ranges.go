package filter

import (
	"cmp"
	"math"
	"slices"
)

// Range is a range of numbers, both ends in it.
type Range struct{ Lo, Hi uint64 }

// PortRange is a range of ports, both ends in it, in host byte order.
type PortRange struct{ Lo, Hi uint16 }

// maxNumber is the end of a range that has none.
const maxNumber = math.MaxUint64

// interval is what an operand means on a scale of whole numbers: hi == lo for a
// number, hi > lo for a period such as a day, and hi == lo-1 for a quantity
// between two whole numbers, such as 1.5 µs in microseconds. All comparisons
// come out right from the two.
type interval struct{ lo, hi uint64 }

// compare returns the numbers that stand in the relation op to the operand. It
// reports false if there are none.
func (v interval) compare(op operator) (Range, bool) {
	r := Range{v.lo, v.hi}
	switch op.kind {
	case opGreater:
		if v.hi == maxNumber {
			return Range{}, false
		}
		r = Range{v.hi + 1, maxNumber}
	case opGreaterEqual:
		r = Range{v.lo, maxNumber}
	case opLess:
		if v.lo == 0 {
			return Range{}, false
		}
		r = Range{0, v.lo - 1}
	case opLessEqual:
		// 0 < operand < 1: nothing but 0 is below it, and hi is 0.
		r = Range{0, v.hi}
	}
	return r, r.Lo <= r.Hi
}

// mergeRanges sorts the ranges and joins those that touch. It works in place.
func mergeRanges(rs []Range) []Range {
	slices.SortFunc(rs, func(a, b Range) int { return cmp.Or(cmp.Compare(a.Lo, b.Lo), cmp.Compare(a.Hi, b.Hi)) })
	out := rs[:0]
	for _, r := range rs {
		if n := len(out); n > 0 && (out[n-1].Hi == maxNumber || r.Lo <= out[n-1].Hi+1) {
			out[n-1].Hi = max(out[n-1].Hi, r.Hi)
			continue
		}
		out = append(out, r)
	}
	return out
}

// contains reports whether one of the sorted ranges holds v.
func contains(rs []Range, v uint64) bool {
	if len(rs) == 1 {
		return rs[0].Lo <= v && v <= rs[0].Hi
	}
	i, found := slices.BinarySearchFunc(rs, v, func(r Range, v uint64) int { return cmp.Compare(r.Lo, v) })
	return found || i > 0 && v <= rs[i-1].Hi
}

// containsPort reports whether one of the sorted ranges holds p.
func containsPort(rs []PortRange, p uint16) bool {
	if len(rs) == 1 {
		return rs[0].Lo <= p && p <= rs[0].Hi
	}
	i, found := slices.BinarySearchFunc(rs, p, func(r PortRange, p uint16) int { return cmp.Compare(r.Lo, p) })
	return found || i > 0 && p <= rs[i-1].Hi
}

// portRanges cuts sorted ranges of numbers to ranges of ports.
func portRanges(rs []Range) []PortRange {
	var out []PortRange
	for _, r := range rs {
		if r.Lo <= math.MaxUint16 {
			out = append(out, PortRange{uint16(r.Lo), uint16(min(r.Hi, math.MaxUint16))})
		}
	}
	return out
}
