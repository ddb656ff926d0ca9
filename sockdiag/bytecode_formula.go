package sockdiag

import (
	"cmp"
	"slices"
)

// formula is a condition that the kernel can decide: instructions that test, and
// what joins them. It is simplified as it is made: always and never stand alone,
// never inside of another.
type formula struct {
	kind formulaKind
	test bcTest
	kids []*formula
}

type formulaKind uint8

const (
	formulaNever formulaKind = iota
	formulaAlways
	formulaTest
	formulaNot // of its one kid
	formulaAll // two kids or more
	formulaAny // two kids or more
)

var (
	always = &formula{kind: formulaAlways}
	never  = &formula{kind: formulaNever}
)

func tested(t bcTest) *formula { return &formula{kind: formulaTest, test: t} }

// negated returns the not of a formula.
func negated(f *formula) *formula {
	switch f.kind {
	case formulaNever:
		return always
	case formulaAlways:
		return never
	case formulaNot:
		return f.kids[0]
	}
	return &formula{kind: formulaNot, kids: []*formula{f}}
}

// all returns the and of formulas; of none it is always.
func all(fs ...*formula) *formula { return joined(formulaAll, always, never, fs) }

// some returns the or of formulas; of none it is never.
func some(fs ...*formula) *formula { return joined(formulaAny, never, always, fs) }

// joined joins formulas. neutral is what may be left out of them, absorbing what
// decides alone.
func joined(kind formulaKind, neutral, absorbing *formula, fs []*formula) *formula {
	kids := make([]*formula, 0, len(fs))
	for _, f := range fs {
		switch f.kind {
		case absorbing.kind:
			return absorbing
		case neutral.kind:
		case kind:
			kids = append(kids, f.kids...)
		default:
			kids = append(kids, f)
		}
	}
	switch len(kids) {
	case 0:
		return neutral
	case 1:
		return kids[0]
	}
	return &formula{kind: kind, kids: kids}
}

// size is the most bytes that the formula takes as a program: each test may need
// a jump behind it.
func (f *formula) size() int {
	if f.kind == formulaTest {
		return f.test.size() + bcOpLen
	}
	n := 0
	for _, kid := range f.kids {
		n += kid.size()
	}
	return n
}

// shed returns a formula that holds wherever f does and takes at most limit
// bytes: f without as many of its conjuncts, the largest first, as it needs.
func (f *formula) shed(limit int) *formula {
	if f.size() <= limit {
		return f
	}
	if f.kind != formulaAll {
		return always
	}
	type conjunct struct {
		*formula
		size int
	}
	list := make([]conjunct, len(f.kids))
	for i, kid := range f.kids {
		list[i] = conjunct{kid, kid.size()}
	}
	slices.SortStableFunc(list, func(a, b conjunct) int { return cmp.Compare(a.size, b.size) })
	var kept []*formula
	for _, c := range list {
		if limit -= c.size; limit < 0 {
			break
		}
		kept = append(kept, c.formula)
	}
	return all(kept...)
}
