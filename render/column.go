package render

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"sync"

	"sockeye/sock"
	"sockeye/sock/fact"
)

// Column is a column of a table, and what sorting and grouping go by: a fact,
// and how it stands in a table.
type Column struct {
	*fact.Fact
	shape
	right bool // numbers
	// cell is what a column shows that is no fact of one socket.
	cell func(dst []byte, s *sock.Socket) []byte
}

// shape is what is special about a column in a table. The least widths keep a
// short listing in shape from one run to the next.
type shape struct {
	cut   bool // a name, which may be shortened to fit a terminal
	least int  // cells that it has in any case, so that short listings line up
	rank  int  // the higher, the sooner it is dropped to fit; 0 never
	style func(*sock.Socket) style
}

var shapes = map[string]shape{
	"state":        {least: len("ESTABLISHED"), style: stateStyle},
	"recv_queue":   {rank: 6},
	"send_queue":   {rank: 6},
	"local":        {least: 18},
	"remote":       {least: 16},
	"pid":          {least: 5},
	"process":      {cut: true, style: processStyle},
	"owner":        {cut: true, style: processStyle},
	"user":         {cut: true, rank: 5},
	"exposed_on":   {rank: 5},
	"inode":        {rank: 3},
	"cookie":       {rank: 4},
	"timer":        {rank: 2},
	"cgroup":       {cut: true},
	"unit":         {cut: true},
	"container":    {cut: true},
	"exe":          {cut: true},
	"cmdline":      {cut: true},
	"process_user": {cut: true},
}

// columns holds the columns that were asked for, by their facts.
var columns sync.Map

// columnOf returns the column of a fact, the same one each time.
func columnOf(f *fact.Fact) *Column {
	c, made := columns.Load(f)
	if !made {
		kind := f.JSONType()
		c, _ = columns.LoadOrStore(f, &Column{Fact: f, shape: shapes[f.Name], right: kind == "integer" || kind == "number"})
	}
	return c.(*Column)
}

// column returns the column of a fact that exists.
func column(name string) *Column { return columnOf(fact.Lookup(name)) }

// LookupColumn returns the column of a fact, by any of its names. The error of an
// unknown name names the near ones, or where all are listed.
func LookupColumn(name string) (*Column, error) {
	name = strings.TrimSpace(name)
	if f := fact.Lookup(name); f != nil {
		return columnOf(f), nil
	}
	return nil, fmt.Errorf("unknown column %q%s", name, cmp.Or(fact.Hint(name), "; sockeye help fields lists all"))
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

// appendCell appends what a table shows, nothing if it is not known.
func (c *Column) appendCell(v *fact.View, dst []byte, s *sock.Socket) []byte {
	if c.cell != nil {
		return c.cell(dst, s)
	}
	return c.AppendShown(v, dst, s)
}

// appendValue appends what CSV shows: the value alone, nothing if it is not
// known.
func (c *Column) appendValue(v *fact.View, dst []byte, s *sock.Socket) []byte {
	if c.cell != nil {
		return c.cell(dst, s)
	}
	return c.AppendValue(v, dst, s)
}

// stateStyle marks what waits for others, and what may be stuck.
func stateStyle(s *sock.Socket) style {
	switch s.State {
	case sock.Listen, sock.Unconnected:
		return green
	case sock.Established:
		return plain
	case sock.CloseWait, sock.SynSent, sock.SynReceived:
		return yellow
	}
	return dim
}

func processStyle(s *sock.Socket) style {
	if !s.Knows(sock.FieldOwners) || len(s.Owners) == 0 {
		return dim
	}
	return plain
}

// style is how a cell looks where colour is allowed. Colour is never the only
// mark of anything.
type style uint8

const (
	plain style = iota
	bold
	dim
	green
	yellow
)

// sgr are the Select Graphic Rendition sequences of ECMA-48 section 8.3.117.
var sgr = [...]string{plain: "", bold: "\x1b[1m", dim: "\x1b[2m", green: "\x1b[32m", yellow: "\x1b[33m"}

const sgrEnd = "\x1b[0m"
