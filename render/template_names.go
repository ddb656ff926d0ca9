package render

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strings"
	"sync"
	"text/template/parse"

	"sockeye/internal/suggest"
	"sockeye/sock/fact"
)

// namedFact is a fact and the name that a template has for it.
type namedFact struct {
	name string
	*fact.Fact
}

// memberNames goes through a parsed template, so that a mistyped member is an
// error before the first socket, and only facts that are named are looked up.
type memberNames struct {
	text  string
	used  []namedFact
	whole bool // something is used as a whole, as in {{json .}}
	inner bool // in with or range: the dot is no socket
}

// check looks at the names below the nodes. In text outside of actions it writes
// a tab for \t and a line break for \n, since a shell makes it hard to type them.
func (m *memberNames) check(nodes ...parse.Node) (err error) {
	for _, n := range nodes {
		switch n := n.(type) {
		case *parse.ListNode:
			if n != nil {
				err = m.check(n.Nodes...)
			}
		case *parse.TextNode:
			n.Text = bytes.ReplaceAll(bytes.ReplaceAll(n.Text, []byte(`\t`), []byte("\t")), []byte(`\n`), []byte("\n"))
		case *parse.ActionNode:
			err = m.check(n.Pipe)
		case *parse.TemplateNode:
			err = m.check(n.Pipe)
		case *parse.IfNode:
			err = m.check(n.Pipe, n.List, n.ElseList)
		case *parse.WithNode:
			err = cmp.Or(m.check(n.Pipe), m.checkInner(n.List), m.check(n.ElseList))
		case *parse.RangeNode:
			err = cmp.Or(m.check(n.Pipe), m.checkInner(n.List), m.check(n.ElseList))
		case *parse.PipeNode:
			if n != nil {
				for _, c := range n.Cmds {
					err = cmp.Or(err, m.check(c.Args...))
				}
			}
		case *parse.DotNode:
			m.whole = true
		case *parse.FieldNode:
			err = m.names(n, n.Ident, m.inner)
		case *parse.VariableNode:
			m.whole = m.whole || len(n.Ident) == 1 && n.Ident[0] == "$"
			err = m.names(n, n.Ident[1:], m.inner && n.Ident[0] != "$")
		case *parse.ChainNode:
			err = cmp.Or(m.check(n.Node), m.names(n, n.Field, true))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (m *memberNames) checkInner(list *parse.ListNode) error {
	outer := m.inner
	defer func() { m.inner = outer }()
	m.inner = true
	return m.check(list)
}

// use notes that the template has a name for a fact.
func (m *memberNames) use(name string, f *fact.Fact) {
	if named := (namedFact{name, f}); !slices.Contains(m.used, named) {
		m.used = append(m.used, named)
	}
}

// names checks names such as .netns.inode. The first may be that of any fact, but
// where the dot is no socket only that of a member or of a part of one: what the
// dot stands for is known only when the template runs.
func (m *memberNames) names(n parse.Node, names []string, inner bool) error {
	known := everyPart()
	for i, name := range names {
		at := slices.IndexFunc(known, func(f *fact.Fact) bool { return f.Member() == name })
		var f *fact.Fact
		if at >= 0 {
			f = known[at]
		}
		if named := lookup(name, inner); i == 0 && named != nil {
			f = named
			m.use(name, f)
		}
		if f == nil {
			near := suggest.Hint(name, memberNamesOf(known))
			if i == 0 && !inner {
				near = cmp.Or(fact.Hint(name), near)
			}
			return m.fault(n, "unknown member %q%s", name, near)
		}
		if f.Kind == fact.List && i < len(names)-1 {
			return m.fault(n, "the member .%s is of a list: use range", names[i+1])
		}
		known = f.Parts()
	}
	return nil
}

func lookup(name string, inner bool) *fact.Fact {
	if inner {
		return fact.LookupMember(name)
	}
	return fact.Lookup(name)
}

// everyPart returns the parts of all objects and lists, which are made when one is
// asked for.
var everyPart = sync.OnceValue(func() []*fact.Fact {
	var parts []*fact.Fact
	for _, f := range fact.Members() {
		parts = append(parts, f.Parts()...)
	}
	return parts
})

func memberNamesOf(facts []*fact.Fact) []string {
	names := make([]string, len(facts))
	for i, f := range facts {
		names[i] = f.Member()
	}
	return names
}

// fault is an error with the place in the template, as text/template gives it:
// line and column, from 1.
func (m *memberNames) fault(n parse.Node, format string, args ...any) error {
	before := m.text[:min(int(n.Position()), len(m.text))]
	line := 1 + strings.Count(before, "\n")
	column := len(before) - strings.LastIndexByte(before, '\n')
	return fmt.Errorf(templatePlace+"%d:%d: "+format, append([]any{line, column}, args...)...)
}
