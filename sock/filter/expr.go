package filter

import "sockeye/sock"

// Expr is a node of an expression: [AndExpr], [OrExpr], [NotExpr], or a condition (the
// types whose names end in Cond). They are pointers, and must not be changed.
type Expr interface {
	match(s *sock.Socket) bool
	// needs returns the facts that the node looks at.
	needs() sock.Field
}

// AndExpr is true if all of its expressions are. It has at least two.
type AndExpr struct{ Exprs []Expr }

// OrExpr is true if one of its expressions is. It has at least two.
type OrExpr struct{ Exprs []Expr }

// NotExpr is true if its expression is not, also where that is because a fact is
// not known.
type NotExpr struct{ Expr Expr }

func (e *AndExpr) match(s *sock.Socket) bool {
	for _, x := range e.Exprs {
		if !x.match(s) {
			return false
		}
	}
	return true
}

func (e *OrExpr) match(s *sock.Socket) bool {
	for _, x := range e.Exprs {
		if x.match(s) {
			return true
		}
	}
	return false
}

func (e *NotExpr) match(s *sock.Socket) bool { return !e.Expr.match(s) }

func (e *AndExpr) needs() sock.Field { return needsOf(e.Exprs) }
func (e *OrExpr) needs() sock.Field  { return needsOf(e.Exprs) }
func (e *NotExpr) needs() sock.Field { return e.Expr.needs() }

func needsOf(exprs []Expr) sock.Field {
	var f sock.Field
	for _, x := range exprs {
		f |= x.needs()
	}
	return f
}

// conjunction makes the and of the expressions; an and among them is opened,
// so that one expression has one tree.
func conjunction(exprs []Expr) Expr {
	flat := make([]Expr, 0, len(exprs))
	for _, x := range exprs {
		if a, ok := x.(*AndExpr); ok {
			flat = append(flat, a.Exprs...)
			continue
		}
		flat = append(flat, x)
	}
	if len(flat) == 1 {
		return flat[0]
	}
	return &AndExpr{flat}
}

// disjunction makes the or of the expressions.
func disjunction(exprs []Expr) Expr {
	flat := make([]Expr, 0, len(exprs))
	for _, x := range exprs {
		if o, ok := x.(*OrExpr); ok {
			flat = append(flat, o.Exprs...)
			continue
		}
		flat = append(flat, x)
	}
	if len(flat) == 1 {
		return flat[0]
	}
	return &OrExpr{flat}
}

// negation makes the not of an expression. Two of them are none.
func negation(x Expr) Expr {
	if n, ok := x.(*NotExpr); ok {
		return n.Expr
	}
	return &NotExpr{x}
}

// truths are the truth values that an expression can have: one bit for each.
type truths uint8

const (
	canBeTrue truths = 1 << iota
	canBeFalse
)

// truthsOf decides about a socket some of whose facts are missing.
func truthsOf(e Expr, s *sock.Socket, missing sock.Field) truths {
	switch e := e.(type) {
	case *AndExpr:
		v := canBeTrue
		for _, x := range e.Exprs {
			w := truthsOf(x, s, missing)
			if w&canBeTrue == 0 {
				return canBeFalse
			}
			v |= w & canBeFalse
		}
		return v
	case *OrExpr:
		v := canBeFalse
		for _, x := range e.Exprs {
			w := truthsOf(x, s, missing)
			if w&canBeFalse == 0 {
				return canBeTrue
			}
			v |= w & canBeTrue
		}
		return v
	case *NotExpr:
		v := truthsOf(e.Expr, s, missing)
		return v&canBeTrue<<1 | v&canBeFalse>>1
	}
	if e.needs()&missing != 0 {
		return canBeTrue | canBeFalse
	}
	if e.match(s) {
		return canBeTrue
	}
	return canBeFalse
}
