package filter

type opKind uint8

const (
	opEqual opKind = iota
	opNotEqual
	opLess
	opLessEqual
	opGreater
	opGreaterEqual
	opIn
	opNotIn
	opMatch
	opNoMatch
)

// operator is one as it stands in the text.
type operator struct {
	kind       opKind
	start, end int
	// implicit: there is none, which means equality.
	implicit bool
}

// negative reports whether the operator is the negation of another.
func (o operator) negative() bool {
	return o.kind == opNotEqual || o.kind == opNotIn || o.kind == opNoMatch
}

func (o operator) ordering() bool { return o.kind >= opLess && o.kind <= opGreaterEqual }

func (o operator) list() bool { return o.kind == opIn || o.kind == opNotIn }

// operatorSigns: a sign that is the start of another comes after it.
var operatorSigns = []string{"==", "=~", "=", "!=", "!~", "<=", "<", ">=", ">", "~"}

var signKinds = map[string]opKind{
	"==": opEqual, "=": opEqual, "!=": opNotEqual, "<=": opLessEqual, "<": opLess,
	">=": opGreaterEqual, ">": opGreater, "~": opMatch, "=~": opMatch, "!~": opNoMatch,
}

// operatorWords are ss's, and those that a shell leaves alone.
var operatorWords = []struct {
	word string
	kind opKind
}{
	{"eq", opEqual}, {"ne", opNotEqual}, {"neq", opNotEqual},
	{"gt", opGreater}, {"ge", opGreaterEqual}, {"geq", opGreaterEqual},
	{"lt", opLess}, {"le", opLessEqual}, {"leq", opLessEqual},
	{"in", opIn}, {"matches", opMatch}, {"match", opMatch}, {"nomatch", opNoMatch},
}

// operator moves over the operator that stands here. Without one it stays and
// returns the implicit equality.
func (s *scanner) operator() operator {
	before := s.pos
	none := operator{kind: opEqual, start: before, end: before, implicit: true}
	if !s.skip() {
		return none
	}
	start := s.pos
	if sign, ok := s.take(operatorSigns...); ok {
		return operator{kind: signKinds[sign], start: start, end: s.pos}
	}
	for _, w := range operatorWords {
		if s.takeWord(w.word) {
			return operator{kind: w.kind, start: start, end: s.pos}
		}
	}
	if s.takeWord("not") && s.skip() {
		switch {
		case s.takeWord("in"):
			return operator{kind: opNotIn, start: start, end: s.pos}
		case s.takeWord("matches"), s.takeWord("match"):
			return operator{kind: opNoMatch, start: start, end: s.pos}
		}
	}
	s.pos = before
	return none
}
