package render

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"text/template"

	"sockeye/sock"
	"sockeye/sock/fact"
)

// Layout is what options come to: which facts are written and where. It is worked
// out once; what is asked of a source follows from it ([Layout.Needs]), and
// everything that is written ([New]).
type Layout struct {
	Options
	columns  []*Column    // of a table, of CSV and of TSV
	sums     []*Column    // of groups
	members  []*fact.Fact // of JSON
	detail   sock.Field   // facts that stand under the row of a table
	template *template.Template
	uses     []namedFact // the facts that the template names
	names    *names      // of addresses, with Resolve: each is asked for once
	needs    sock.Field
}

// Layout works the options out. An error is one of the options, such as a template
// that does not parse.
func (o Options) Layout() (*Layout, error) {
	l := &Layout{Options: o, needs: o.Facts & (sock.FieldContext | sock.FieldOrigin)} // which is told among the owners
	if err := l.check(); err != nil {
		return nil, err
	}
	if o.Resolve {
		l.names = newNames(&o)
	}
	for _, k := range o.Sort {
		l.needs |= k.Column.Asks()
	}
	if o.Group != nil {
		l.needs |= asksOf(o.Group)
		for _, c := range l.sums {
			l.needs |= c.Needs
		}
		return l, nil
	}
	switch o.Format {
	case Table:
		l.columns = append(o.markColumn(), o.tableColumns()...)
		l.detail = o.Facts
		for _, c := range l.columns {
			if !c.Joined() && c.Parent() == nil { // a part does not stand for the others
				l.detail &^= c.Asks()
			}
		}
		l.needs |= o.Facts | asksOf(l.columns)
		if o.Tree {
			l.needs |= sock.FieldOwners | sock.FieldProcessUser | sock.FieldPlace
		}
	case CSV, TSV:
		l.columns = o.delimitedColumns()
		l.needs |= asksOf(l.columns)
	case JSON, NDJSON:
		l.members = o.jsonMembers()
		for _, f := range l.members {
			l.needs |= f.Asks()
		}
	case Template:
		var err error
		if l.template, l.uses, err = parseTemplate(o.Template, o.Facts); err != nil {
			return nil, err
		}
		for _, f := range l.uses {
			l.needs |= f.Asks()
		}
	case PIDs:
		l.needs |= sock.FieldOwners
	}
	return l, nil
}

// Asked returns the facts that were asked for: by an option that shows them, or by
// name.
func (l *Layout) Asked() sock.Field {
	asked := l.Facts | asksOf(l.Columns) | asksOf(l.Group)
	for _, k := range l.Sort {
		asked |= k.Column.Asks()
	}
	for _, f := range l.uses {
		asked |= f.Asks()
	}
	return asked
}

// keep returns a socket that may be kept.
func (o *Options) keep(s *sock.Socket) *sock.Socket {
	if o.Stay {
		return s
	}
	return s.Clone()
}

// Compared returns the members of JSON that the sockets are written with: a
// difference in one of them is one that can be seen.
func (l *Layout) Compared() []*fact.Fact {
	if l.members != nil {
		return l.members
	}
	var facts []*fact.Fact
	add := func(all []*fact.Fact) {
		for _, f := range all {
			if !slices.Contains(facts, f) {
				facts = append(facts, f)
			}
		}
	}
	for _, c := range l.columns {
		switch {
		case c.cell != nil: // no fact
		case c.Parent() != nil:
			add([]*fact.Fact{c.Fact})
		default:
			add(c.Members())
			add(besides(c.Asks()))
		}
	}
	for _, f := range l.uses {
		add(f.Members())
	}
	for _, f := range fact.Members() {
		if f.Needs&l.detail != 0 && !f.Always {
			add([]*fact.Fact{f})
		}
	}
	return facts
}

// besides are the members that a column shows beside its own: the limit of a queue,
// the reason why there is no owner.
func besides(asks sock.Field) []*fact.Fact {
	var facts []*fact.Fact
	for _, f := range fact.Members() {
		if f.Needs != 0 && !f.Optional && f.Kind != fact.Object && asks.Has(f.Needs) {
			facts = append(facts, f)
		}
	}
	return facts
}

// Needs returns what to ask of a source so that all of it can be said.
func (l *Layout) Needs() sock.Field { return l.needs }

func asksOf(columns []*Column) sock.Field {
	var asks sock.Field
	for _, c := range columns {
		asks |= c.Asks()
	}
	return asks
}

// check refuses options that do not go together, and finds what is summed of groups.
func (l *Layout) check() (err error) {
	if int(l.Format) >= len(formatNames) {
		return fmt.Errorf("unknown format %d", l.Format)
	}
	if l.Tree && (l.Format != Table || l.Group != nil) {
		return errors.New("a tree is a table of sockets, and nothing else")
	}
	if l.Group == nil {
		return nil
	}
	if l.Format == Template || l.Format == PIDs {
		return fmt.Errorf("groups cannot be written as %s", l.Format)
	}
	if l.sums, err = l.sumsOf(); err != nil {
		return err
	}
	for _, k := range l.Sort {
		if k.Column != countColumn && !slices.Contains(l.Group, k.Column) && !slices.Contains(l.sums, k.Column) {
			return fmt.Errorf("cannot sort groups by %s, which they are not grouped by", k.Column.Name)
		}
	}
	return nil
}

// defaultTable are the columns of a table of which nobody chose the columns.
var defaultTable = []string{"protocol", "state", "recv_queue", "send_queue", "local", "remote", "pid", "process"}

// exposedTable are those of a table of what others reach.
var exposedTable = []string{"exposure", "protocol", "local", "pid", "process", "exposed_on"}

func (o *Options) tableColumns() []*Column {
	if o.Columns != nil {
		return o.Columns
	}
	var cols []*Column
	names := defaultTable
	if o.Exposed {
		names = exposedTable
	}
	for _, name := range names {
		if name == "pid" && o.Rates {
			cols = append(cols, rateColumns()...)
		}
		if name == "pid" && o.Netns {
			cols = append(cols, column("netns"))
		}
		if o.Tree && (name == "pid" || name == "process") {
			continue // which stands above
		}
		if o.Queues || !strings.HasSuffix(name, "_queue") {
			cols = append(cols, column(name))
		}
	}
	for _, name := range [...]string{"user", "process_context", "socket_context", "inode", "cookie", "timer", "result"} {
		if c := column(name); c.Needs&o.Facts != 0 {
			cols = append(cols, c)
		}
	}
	return cols
}

// delimitedColumns are the columns of CSV and TSV: the members of JSON that are no
// objects, and those that are asked for.
func (o *Options) delimitedColumns() []*Column {
	if o.Columns != nil {
		return o.Columns
	}
	var cols []*Column
	for _, f := range fact.Members() {
		if f.Needs&o.Facts != 0 || !f.Composite() && !f.Optional {
			cols = append(cols, columnOf(f))
		}
	}
	return cols
}

// jsonMembers are the members of JSON, in its order.
func (o *Options) jsonMembers() []*fact.Fact {
	if o.Columns == nil {
		return fact.Default(o.Facts)
	}
	var asked, members []*fact.Fact
	for _, c := range o.Columns {
		asked = append(asked, c.Members()...)
	}
	for _, f := range fact.Members() {
		if slices.Contains(asked, f) {
			members = append(members, f)
		}
	}
	return members
}
