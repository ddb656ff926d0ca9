package filter

import (
	"errors"
	"fmt"
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"

	"sockeye/sock/fact"
)

// comparison reads the operands of an operator and makes the condition. word is
// the field as it stands in the text.
func (p *parser) comparison(f *fact.Fact, word string, op operator) (Expr, error) {
	if err := p.checkOperator(f, word, op); err != nil {
		return nil, err
	}
	var e Expr
	var err error
	if op.kind == opMatch || op.kind == opNoMatch {
		e, err = p.regexpCond(f, word, op)
	} else {
		var operands []token
		operands, err = p.operands(f, word, op)
		if err == nil {
			e, err = p.build(f, op, operands)
		}
	}
	if err != nil {
		return nil, err
	}
	if op.negative() {
		e = negation(e)
	}
	return e, nil
}

func (p *parser) checkOperator(f *fact.Fact, word string, op operator) error {
	if op.ordering() && !f.Kind.Ordered() ||
		(op.kind == opMatch || op.kind == opNoMatch) && named(f) == nil {
		return p.fail(op.start, op.end, fmt.Sprintf("%s cannot be compared with %s, it takes %s",
			word, p.text[op.start:op.end], strings.Join(operatorsOf(f), " ")))
	}
	return nil
}

// operands reads one operand, or the list of `in`, in parentheses or not.
func (p *parser) operands(f *fact.Fact, word string, op operator) ([]token, error) {
	if !op.list() {
		t, err := p.operand(f, word, op)
		if err != nil {
			return nil, err
		}
		return []token{t}, nil
	}
	open := -1
	if p.skip() && p.text[p.pos] == '(' {
		open = p.pos
		p.pos++
	}
	var list []token
	for {
		t, err := p.operand(f, word, op)
		if err != nil {
			return nil, err
		}
		list = append(list, t)
		more := p.skip()
		if more && p.text[p.pos] == ',' {
			p.pos++
			continue
		}
		if open < 0 {
			return list, nil
		}
		if !more {
			return nil, p.fail(open, open+1, "the parenthesis is not closed")
		}
		if _, ok := p.take(")"); !ok {
			return nil, p.fail(p.pos, p.pos+1, "a comma or a closing parenthesis is expected here")
		}
		return list, nil
	}
}

// operand reads one operand.
func (p *parser) operand(f *fact.Fact, word string, op operator) (token, error) {
	missing := func(end int) (token, error) {
		kind := f.Kind.String()
		if f.Kind == fact.Bytes {
			kind = "number of bytes"
		}
		return token{}, p.fail(p.pos, end, fmt.Sprintf("%s needs a %s to be compared with", word, kind))
	}
	if !p.skip() {
		return missing(p.pos)
	}
	start := p.pos
	if f.Kind == fact.Text || f.Kind == fact.Path || f.Kind == fact.Process || f.Kind == fact.Host && strings.HasPrefix(p.text[p.pos:], "unix:") {
		if t, ok := p.wholeWord(); ok {
			return t, nil
		}
	}
	switch c := p.text[p.pos]; {
	case c == '"' || c == '\'':
		t, ok := p.quoted()
		if !ok {
			return token{}, p.fail(start, start+1, "the quote is not closed")
		}
		if p.pos < len(p.text) && !endsOperand(p.text[p.pos]) {
			return token{}, p.fail(p.pos, p.pos+1, "a blank is missing behind the quote")
		}
		return t, nil
	case endsOperand(c) || strings.IndexByte("=<>!~", c) >= 0:
		return missing(start + 1)
	}
	t := p.bare()
	if !t.quoted && len(t.text) <= len("and") {
		switch strings.ToLower(t.text) {
		case "and", "or", "not":
			p.pos = start
			return missing(t.end)
		}
	}
	return t, nil
}

// build makes the condition of a field.
func (p *parser) build(f *fact.Fact, op operator, operands []token) (Expr, error) {
	switch f.Kind {
	case fact.Host:
		return p.hostCond(f, operands)
	case fact.Port:
		return p.portCond(f, op, operands)
	case fact.State, fact.Protocol, fact.Family:
		return p.setCond(f, operands)
	case fact.Text, fact.Path, fact.Process:
		values := make([]string, len(operands))
		for i, t := range operands {
			values[i] = t.text
		}
		slices.Sort(values)
		return &TextCond{f, slices.Compact(values)}, nil
	case fact.Interface:
		return p.deviceCond(operands)
	case fact.Mark:
		return p.markCond(operands)
	case fact.Cgroup:
		return p.cgroupCond(operands)
	case fact.Netns:
		return p.netnsCond(f, operands)
	case fact.Container:
		return p.containerCond(f, operands)
	}
	return p.numberCond(f, op, operands)
}

// Regular expressions are bounded, because some are much larger compiled than
// written: the longest, and what all of one filter may cost in instructions and
// ranges of characters.
const (
	longestRegexp = 4096
	mostRegexp    = 200_000
)

func (p *parser) regexpCond(f *fact.Fact, word string, op operator) (Expr, error) {
	if !p.skip() {
		return nil, p.fail(p.pos, p.pos, word+" needs a regular expression to be matched with")
	}
	var t token
	var fold bool
	if p.text[p.pos] == '/' {
		var ok bool
		if t, fold, ok = p.slashed(); !ok {
			return nil, p.fail(t.start, t.start+1, "the regular expression has no slash at its end")
		}
	} else {
		var err error
		if t, err = p.operand(f, word, op); err != nil {
			return nil, err
		}
	}
	source := unescapeSlashes(t.text)
	if fold {
		source = "(?i)" + source
	}
	re, err := p.compile(source)
	if err != nil {
		return nil, p.failAt(t, "the regular expression is wrong: "+err.Error())
	}
	return &RegexpCond{named(f), re}, nil
}

// unescapeSlashes writes / for \/, which only slashes around it make necessary.
func unescapeSlashes(s string) string {
	if !strings.Contains(s, `\/`) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+1 < len(s) {
			i++
			if s[i] != '/' {
				b.WriteByte('\\')
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

func (p *parser) compile(source string) (*regexp.Regexp, error) {
	if len(source) > longestRegexp {
		return nil, errors.New("it is too long")
	}
	tree, err := syntax.Parse(source, syntax.Perl)
	if err != nil {
		var wrong *syntax.Error
		if errors.As(err, &wrong) {
			return nil, fmt.Errorf("%s: %s", wrong.Code, short(wrong.Expr))
		}
		return nil, err
	}
	p.regexpCost += regexpCost(tree)
	if p.regexpCost > mostRegexp {
		return nil, errors.New("it is too large")
	}
	return regexp.Compile(source)
}

// regexpCost counts what a tree becomes when its repetitions are written out.
func regexpCost(tree *syntax.Regexp) int {
	cost := 1 + len(tree.Rune)
	for _, sub := range tree.Sub {
		cost += regexpCost(sub)
	}
	if tree.Op == syntax.OpRepeat {
		cost *= max(tree.Min, tree.Max, 1)
	}
	return min(cost, mostRegexp+1)
}
