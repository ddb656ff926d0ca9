package render

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"unicode"

	"sockeye/internal/suggest"
	"sockeye/sock"
	"sockeye/sock/snapshot"
)

// Column is a column of a table, and what sorting and grouping go by.
type Column struct {
	// Name is the member's name in JSON, with a dot before the part of an
	// object ("timer.name"), or the column's own: local, remote, owner ...
	Name   string
	Header string
	// Needs is what to ask of a source for the column.
	Needs sock.Field
	// Members are the members of JSON that the column stands for.
	Members []string

	right bool // numbers
	cut   bool // a name, which may be shortened to fit a terminal
	least int  // cells that it has in any case, so that short listings line up
	rank  int  // the higher, the sooner it is dropped to fit; 0 never

	member *snapshot.Member // nil for a column of its own
	// cell appends what a table shows; nothing if it is not known. For a column
	// with a member, nil stands for the member's text.
	cell func(t *texts, dst []byte, s *sock.Socket) []byte
	// known and order are of a column without a member. So is text, if the
	// column is a name alone: that name, as it is.
	known func(*sock.Socket) bool
	text  func(*sock.Socket) string
	order func(a, b *sock.Socket) int
	style func(*sock.Socket) style
}

// Columns returns every column, in the order of the documentation. The slice is
// shared and must not be changed.
func Columns() []*Column { return columns }

var columns = append(append(memberColumns(), joinedColumns...), partColumns()...)

// columnsByName is made when a name is first looked up.
var columnsByName = sync.OnceValue(func() map[string]*Column {
	byName := make(map[string]*Column)
	for _, c := range columns {
		byName[fold(c.Name)] = c
	}
	for _, c := range columns {
		if _, taken := byName[fold(c.Header)]; !taken {
			byName[fold(c.Header)] = c
		}
	}
	for alias, name := range columnAliases {
		byName[alias] = byName[fold(name)]
	}
	return byName
})

// columnAliases are what other tools call a column, folded.
var columnAliases = map[string]string{
	"recvq": "recv_queue", "sendq": "send_queue", "laddr": "local_address", "lport": "local_port",
	"raddr": "remote_address", "rport": "remote_port", "peer": "remote", "cmd": "cmdline",
	"program": "process", "dev": "interface", "fwmark": "mark",
}

func fold(name string) string {
	return strings.Map(func(r rune) rune {
		if r == '-' || r == '_' {
			return -1
		}
		return unicode.ToLower(r)
	}, name)
}

// ColumnNames returns the names of the columns, in order.
func ColumnNames() []string {
	names := make([]string, len(columns))
	for i, c := range columns {
		names[i] = c.Name
	}
	return names
}

// LookupColumn returns the column of a name. Case, `-` and `_` make no
// difference; the header of the column and a few names of other tools are taken
// too. The error of an unknown name names the near ones.
func LookupColumn(name string) (*Column, error) {
	name = strings.TrimSpace(name)
	if c := columnsByName()[fold(name)]; c != nil {
		return c, nil
	}
	return nil, fmt.Errorf("unknown column %q%s", name, suggest.Hint(name, ColumnNames()))
}

// ParseColumns reads a list such as "pid,process,local".
func ParseColumns(list string) ([]*Column, error) {
	var cols []*Column
	for name := range strings.SplitSeq(list, ",") {
		c, err := LookupColumn(name)
		if err != nil {
			return nil, err
		}
		if !slices.Contains(cols, c) {
			cols = append(cols, c)
		}
	}
	return cols, nil
}

// ParseGroup reads a list of columns to group by, such as "process,state".
func ParseGroup(list string) ([]*Column, error) { return ParseColumns(list) }

// Known reports whether a socket has something to show in the column.
func (c *Column) Known(s *sock.Socket) bool {
	if c.member != nil {
		return c.member.Known(s)
	}
	return c.known(s)
}

// Compare orders two sockets by the column. A socket that has nothing to show
// comes after those that have.
func (c *Column) Compare(a, b *sock.Socket) int {
	knownA, knownB := c.Known(a), c.Known(b)
	switch {
	case !knownA && !knownB:
		return 0
	case !knownA:
		return 1
	case !knownB:
		return -1
	case c.member != nil:
		return c.member.Compare(a, b)
	}
	return c.order(a, b)
}

// appendCell appends what a table shows, nothing if it is not known.
func (c *Column) appendCell(t *texts, dst []byte, s *sock.Socket) []byte {
	if c.cell != nil {
		return c.cell(t, dst, s)
	}
	return c.appendValue(t, dst, s)
}

// appendValue appends what CSV shows: the value alone, nothing if it is not
// known.
func (c *Column) appendValue(t *texts, dst []byte, s *sock.Socket) []byte {
	if c.member == nil {
		return c.cell(t, dst, s)
	}
	if !c.member.Known(s) {
		return dst
	}
	return c.member.AppendText(dst, s, AppendText)
}

// memberColumns makes a column of every member of JSON.
func memberColumns() []*Column {
	var cols []*Column
	members := snapshot.Members()
	for i := range members {
		cols = append(cols, memberColumn(&members[i], members[i].Name, members[i].Name))
	}
	return cols
}

// partColumns makes a column of every part of a member that is an object.
func partColumns() []*Column {
	var cols []*Column
	members := snapshot.Members()
	for i := range members {
		m := &members[i]
		if m.Kind != snapshot.Object {
			continue
		}
		for j := range m.Parts {
			cols = append(cols, memberColumn(&m.Parts[j], m.Name+"."+m.Parts[j].Name, m.Name))
		}
	}
	return cols
}

func memberColumn(m *snapshot.Member, name, jsonName string) *Column {
	c := &Column{
		Name:    name,
		Header:  strings.ToUpper(strings.ReplaceAll(m.Name, "_", "-")),
		Needs:   m.Needs,
		Members: []string{jsonName},
		right:   m.Kind == snapshot.Integer,
		member:  m,
	}
	if shape := tableShapes[name]; shape != nil {
		shape(c)
	}
	return c
}
