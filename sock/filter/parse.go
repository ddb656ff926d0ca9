package filter

import (
	"strings"

	"sockeye/sock"
	"sockeye/sock/fact"
)

// maxDepth is how deep parentheses may be nested.
const maxDepth = 200

// Parse reads a filter given as the words of a command line. A word may hold
// blanks: several words of the language, or one operand from which a shell has
// taken the quotes. No words are a filter that matches everything. The error is
// a [*SyntaxError].
func Parse(words []string, env Env) (*Filter, error) {
	text := strings.Join(words, " ")
	p := &parser{scanner: scanner{text: text}, env: newResolver(env)}
	if len(words) > 1 {
		at := 0
		for _, w := range words {
			p.words = append(p.words, bounds{at, at + len(w)})
			at += len(w) + 1
		}
	}
	return p.filter()
}

// ParseText reads a filter from a text of any number of lines. A # at the start
// of a line or after a blank starts a comment. The error is a [*SyntaxError].
func ParseText(text string, env Env) (*Filter, error) {
	p := &parser{scanner: scanner{text: text, comments: true}, env: newResolver(env)}
	return p.filter()
}

// parser reads by recursive descent, one method for each rule of the grammar in
// docs/filter.md.
type parser struct {
	scanner
	env   *resolver
	depth int
	// namesStates and namesTables: the text has words for them.
	namesStates, namesTables bool
	regexpCost               int
}

func (p *parser) filter() (*Filter, error) {
	if !p.skip() {
		return &Filter{}, nil
	}
	e, err := p.or()
	if err != nil {
		return nil, err
	}
	if p.skip() {
		if p.text[p.pos] == ')' {
			return nil, p.fail(p.pos, p.pos+1, "a parenthesis is closed that was not opened")
		}
		return nil, p.unexpected()
	}
	return newFilter(e, p.namesStates, p.namesTables), nil
}

// or = and { ("or" | "|" | "||") and }
func (p *parser) or() (Expr, error) {
	var arms []Expr
	for {
		e, err := p.and()
		if err != nil {
			return nil, err
		}
		arms = append(arms, e)
		if !p.connective("or", "||", "|") {
			return disjunction(arms), nil
		}
	}
}

// and = run { ("and" | "&" | "&&") run }
func (p *parser) and() (Expr, error) {
	var parts []Expr
	for {
		run, err := p.run()
		if err != nil {
			return nil, err
		}
		parts = append(parts, run...)
		if !p.connective("and", "&&", "&") {
			return conjunction(parts), nil
		}
	}
}

func (p *parser) connective(word string, signs ...string) bool {
	if !p.skip() {
		return false
	}
	if _, ok := p.take(signs...); ok {
		return true
	}
	return p.takeWord(word)
}

// run = term { term }: terms that stand side by side. The state words among
// them are one condition, as in ss: the first `state` starts from no state and
// the first `exclude` from all, the others add and take away.
func (p *parser) run() ([]Expr, error) {
	var terms []Expr
	var states *StateCond
	for {
		e, word, err := p.term()
		if err != nil {
			return nil, err
		}
		switch {
		case word == nil:
			terms = append(terms, e)
		case states == nil:
			states = word.condition()
			terms = append(terms, states)
		case word.exclude:
			states.Set &^= word.set
		default:
			states.Set |= word.set
		}
		if !p.atTerm() {
			return terms, nil
		}
	}
}

// atTerm reports whether another term follows.
func (p *parser) atTerm() bool {
	if !p.skip() || strings.IndexByte("),&|", p.text[p.pos]) >= 0 {
		return false
	}
	w := p.peekShort()
	return !strings.EqualFold(w, "and") && !strings.EqualFold(w, "or")
}

// peekShort is peek for the connectives; it does not walk along a long word.
func (p *parser) peekShort() string {
	sub := scanner{text: p.text[:min(len(p.text), p.pos+len("and")+1)], pos: p.pos}
	return sub.peek()
}

// stateWord is `state X` or `exclude X`.
type stateWord struct {
	set     sock.StateSet
	exclude bool
}

func (w *stateWord) condition() *StateCond {
	if w.exclude {
		return &StateCond{sock.AllStates &^ w.set}
	}
	return &StateCond{w.set}
}

// term = { "not" | "!" } ( "(" or ")" | state words | condition )
//
// It returns an expression or, if it is not negated, state words.
func (p *parser) term() (Expr, *stateWord, error) {
	negated, any := false, false
	for p.skip() {
		if _, ok := p.take("!"); !ok && !p.takeWord("not") {
			break
		}
		negated, any = !negated, true
	}
	e, word, err := p.primary()
	if err != nil {
		return nil, nil, err
	}
	if word != nil {
		if !any {
			return nil, word, nil
		}
		e = word.condition()
	}
	if negated {
		e = negation(e)
	}
	return e, nil, nil
}

func (p *parser) primary() (Expr, *stateWord, error) {
	if !p.skip() {
		return nil, nil, p.fail(p.pos, p.pos, "the filter ends where a condition is expected")
	}
	start := p.pos
	if _, ok := p.take("("); ok {
		e, err := p.parenthesis(start)
		return e, nil, err
	}
	word := p.peek()
	if word == "" {
		return nil, nil, p.unexpected()
	}
	p.pos += len(word)
	return p.word(word, start)
}

func (p *parser) parenthesis(start int) (Expr, error) {
	if p.depth == maxDepth {
		return nil, p.fail(start, start+1, "parentheses are nested too deep")
	}
	p.depth++
	if p.skip() && p.text[p.pos] == ')' {
		return nil, p.fail(start, p.pos+1, "the parentheses are empty")
	}
	e, err := p.or()
	if err != nil {
		return nil, err
	}
	if !p.skip() {
		return nil, p.fail(start, start+1, "the parenthesis is not closed")
	}
	if _, ok := p.take(")"); !ok {
		return nil, p.unexpected()
	}
	p.depth--
	return e, nil
}

// word reads what a word starts; the position is behind it.
func (p *parser) word(word string, start int) (Expr, *stateWord, error) {
	switch strings.ToLower(word[:min(len(word), longestName)]) {
	case "exclude", "excl":
		w, err := p.stateOperand(word, start)
		if w != nil {
			w.exclude = true
		}
		return nil, w, err
	case "state":
		op := p.operator()
		if op.implicit {
			w, err := p.stateOperand(word, start)
			return nil, w, err
		}
		p.namesStates = true
		e, err := p.comparison(mustField("state"), word, op)
		return e, nil, err
	case "autobound":
		ports := p.env.autoPorts()
		return &AutoboundCond{PortRange{ports[0], ports[1]}}, nil, nil
	}
	if set, ok := stateGroup(word); ok {
		p.namesStates = true
		return nil, &stateWord{set: set}, nil
	}
	f := fieldNamed(word)
	if f == nil && len(word) > 1 && word[0] == ':' && word[1] != ':' { // a port, as other tools write it
		p.pos = start
		e, err := p.comparison(mustField("port"), "port", operator{implicit: true, start: start, end: start})
		return e, nil, err
	}
	if f == nil {
		return nil, nil, p.unknownWord(word, start)
	}
	if f.Kind == fact.Object || f.Kind == fact.List {
		return nil, nil, p.fail(start, p.pos, word+" is made of parts that can be compared: "+partNames(f))
	}
	op := p.operator()
	if f.Kind == fact.Protocol || f.Kind == fact.Family {
		p.namesTables = true
	}
	if f.Kind == fact.Bool && op.implicit {
		return p.flag(f), nil, nil
	}
	e, err := p.comparison(f, word, op)
	return e, nil, err
}

// stateOperand reads the state behind `state` or `exclude`.
func (p *parser) stateOperand(word string, start int) (*stateWord, error) {
	p.namesStates = true
	t, err := p.operand(mustField("state"), word, operator{implicit: true, start: start, end: start + len(word)})
	if err != nil {
		return nil, err
	}
	set, err := p.stateNamed(t)
	if err != nil {
		return nil, err
	}
	return &stateWord{set: set}, nil
}

// flag reads a boolean field without an operator, with its value or without.
func (p *parser) flag(f *fact.Fact) Expr {
	v := uint64(1)
	before := p.pos
	if !p.skip() {
		return &NumberCond{Field: f, Ranges: []Range{{v, v}}}
	}
	word := p.peek()
	if b, ok := boolNamed(word); ok {
		v = boolean(b)
		p.pos += len(word)
	} else {
		p.pos = before
	}
	return &NumberCond{Field: f, Ranges: []Range{{v, v}}}
}
