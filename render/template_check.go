package render

import (
	"bytes"
	"fmt"
	"strings"
	"text/template/parse"

	"sockeye/internal/suggest"
	"sockeye/sock/snapshot"
)

// scope is what the dot or a variable of a template stands for. The zero scope
// is not known, and anything may be asked of it.
type scope struct {
	known   bool
	root    bool // a socket
	list    bool
	members []snapshot.Member
}

func rootScope() scope { return scope{known: true, root: true, members: snapshot.Members()} }

// walker goes through a parsed template, so that a member that does not exist is
// an error before the first socket, and only members that are used are looked up.
type walker struct {
	text  string
	vars  map[string]scope
	used  snapshot.Fields
	whole bool // a socket is used as a whole, as in {{json .}}
}

func (w *walker) list(l *parse.ListNode, dot scope) error {
	if l == nil {
		return nil
	}
	for _, n := range l.Nodes {
		if err := w.node(n, dot); err != nil {
			return err
		}
	}
	return nil
}

func (w *walker) node(n parse.Node, dot scope) error {
	switch n := n.(type) {
	case *parse.TextNode:
		n.Text = bytes.ReplaceAll(bytes.ReplaceAll(n.Text, []byte(`\t`), []byte("\t")), []byte(`\n`), []byte("\n"))
	case *parse.ActionNode:
		_, err := w.pipe(n.Pipe, dot)
		return err
	case *parse.IfNode:
		return w.branch(&n.BranchNode, dot, func(scope) scope { return dot })
	case *parse.WithNode:
		return w.branch(&n.BranchNode, dot, func(s scope) scope { return s })
	case *parse.RangeNode:
		return w.branch(&n.BranchNode, dot, element)
	case *parse.TemplateNode:
		_, err := w.pipe(n.Pipe, dot)
		return err
	}
	return nil
}

// element is what the items of a list are.
func element(s scope) scope {
	if !s.list {
		return scope{}
	}
	s.list = false
	return s
}

// branch walks if, with and range. inner tells the dot in the body from what
// the pipe gives.
func (w *walker) branch(b *parse.BranchNode, dot scope, inner func(scope) scope) error {
	s, err := w.pipe(b.Pipe, dot)
	if err != nil {
		return err
	}
	if b.Pipe != nil && b.NodeType == parse.NodeRange {
		for i, v := range b.Pipe.Decl {
			w.vars[v.Ident[0]] = scope{}
			if i == len(b.Pipe.Decl)-1 {
				w.vars[v.Ident[0]] = element(s)
			}
		}
	}
	if err := w.list(b.List, inner(s)); err != nil {
		return err
	}
	return w.list(b.ElseList, dot)
}

// pipe walks a pipeline and returns what it gives, if that can be told.
func (w *walker) pipe(p *parse.PipeNode, dot scope) (scope, error) {
	if p == nil {
		return scope{}, nil
	}
	var given scope
	for _, c := range p.Cmds {
		for _, arg := range c.Args {
			s, err := w.value(arg, dot)
			if err != nil {
				return scope{}, err
			}
			given = scope{}
			if len(p.Cmds) == 1 && len(c.Args) == 1 {
				given = s
			}
		}
	}
	for _, v := range p.Decl {
		w.vars[v.Ident[0]] = given
	}
	return given, nil
}

// value walks an operand or a function and returns what it stands for.
func (w *walker) value(n parse.Node, dot scope) (scope, error) {
	switch n := n.(type) {
	case *parse.DotNode:
		w.whole = w.whole || dot.root
		return dot, nil
	case *parse.FieldNode:
		return w.fields(dot, n.Ident, n)
	case *parse.VariableNode:
		s := w.vars[n.Ident[0]]
		if len(n.Ident) == 1 {
			w.whole = w.whole || s.root
			return s, nil
		}
		return w.fields(s, n.Ident[1:], n)
	case *parse.ChainNode:
		s, err := w.value(n.Node, dot)
		if err != nil {
			return scope{}, err
		}
		return w.fields(s, n.Field, n)
	case *parse.PipeNode:
		return w.pipe(n, dot)
	}
	return scope{}, nil
}

// fields follows names such as .netns.inode from what s stands for.
func (w *walker) fields(s scope, names []string, n parse.Node) (scope, error) {
	for _, name := range names {
		if !s.known {
			return scope{}, nil
		}
		if s.list {
			return scope{}, w.fault(n, "the member .%s is of a list: use range", name)
		}
		i := indexOf(s.members, name)
		if i < 0 {
			return scope{}, w.fault(n, "unknown member %q%s", name, suggest.Hint(name, namesOf(s.members)))
		}
		m := &s.members[i]
		if s.root {
			w.used |= 1 << i
		}
		s = scope{known: true, list: m.Kind == snapshot.Array, members: m.Parts}
	}
	return s, nil
}

func indexOf(members []snapshot.Member, name string) int {
	for i := range members {
		if members[i].Name == name {
			return i
		}
	}
	return -1
}

func namesOf(members []snapshot.Member) []string {
	names := make([]string, len(members))
	for i := range members {
		names[i] = members[i].Name
	}
	return names
}

// fault is an error with the place in the template, as text/template gives it:
// line and column, from 1.
func (w *walker) fault(n parse.Node, format string, args ...any) error {
	before := w.text[:min(int(n.Position()), len(w.text))]
	line := 1 + strings.Count(before, "\n")
	column := len(before) - strings.LastIndexByte(before, '\n')
	return fmt.Errorf("line %d:%d: "+format, append([]any{line, column}, args...)...)
}
