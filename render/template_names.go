package render

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strings"
	"text/template/parse"

	"sockeye/internal/suggest"
	"sockeye/sock/snapshot"
)

// memberNames goes through a parsed template, so that a mistyped member is an
// error before the first socket, and only members that are named are looked up.
type memberNames struct {
	text  string
	used  snapshot.Fields
	whole bool // something is used as a whole, as in {{json .}}
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
			err = m.check(n.Pipe, n.List, n.ElseList)
		case *parse.RangeNode:
			err = m.check(n.Pipe, n.List, n.ElseList)
		case *parse.PipeNode:
			if n != nil {
				for _, c := range n.Cmds {
					err = cmp.Or(err, m.check(c.Args...))
				}
			}
		case *parse.DotNode:
			m.whole = true
		case *parse.FieldNode:
			err = m.names(n, n.Ident)
		case *parse.VariableNode:
			m.whole = m.whole || len(n.Ident) == 1 && n.Ident[0] == "$"
			err = m.names(n, n.Ident[1:])
		case *parse.ChainNode:
			err = cmp.Or(m.check(n.Node), m.names(n, n.Field))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// names checks names such as .netns.inode. The first may be that of any member:
// what the dot stands for is known only when the template runs.
func (m *memberNames) names(n parse.Node, names []string) error {
	known := everyMember
	for i, name := range names {
		at := indexOf(known, name)
		if at < 0 {
			near := suggest.Hint(name, namesOf(known))
			if i == 0 {
				near = cmp.Or(suggest.Hint(name, snapshot.Names()), near)
			}
			return m.fault(n, "unknown member %q%s", name, near)
		}
		if root := indexOf(snapshot.Members(), name); i == 0 && root >= 0 {
			m.used |= 1 << root
		}
		if known[at].Kind == snapshot.Array && i < len(names)-1 {
			return m.fault(n, "the member .%s is of a list: use range", names[i+1])
		}
		known = known[at].Parts
	}
	return nil
}

// everyMember holds the members of a socket and of the objects in it.
var everyMember = func() []snapshot.Member {
	list := slices.Clone(snapshot.Members())
	for _, m := range snapshot.Members() {
		list = append(list, m.Parts...)
	}
	return list
}()

func indexOf(members []snapshot.Member, name string) int {
	return slices.IndexFunc(members, func(m snapshot.Member) bool { return m.Name == name })
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
func (m *memberNames) fault(n parse.Node, format string, args ...any) error {
	before := m.text[:min(int(n.Position()), len(m.text))]
	line := 1 + strings.Count(before, "\n")
	column := len(before) - strings.LastIndexByte(before, '\n')
	return fmt.Errorf(templatePlace+"%d:%d: "+format, append([]any{line, column}, args...)...)
}
