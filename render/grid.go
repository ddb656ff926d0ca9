package render

import (
	"bytes"
	"slices"
	"sync"

	"github.com/rivo/uniseg"

	"sockeye/sock"
	"sockeye/sock/fact"
)

// Grid lays out the rows of a table that a screen shows some of at a time. Columns
// grow with the rows that were shown, and do not shrink until Reset: what is read
// stays where it is.
type Grid struct {
	table   *table
	columns []*Column      // all of them, and where they stand if a row fits
	narrow  []*Column      // the same, where they stand if it does not
	seen    map[string]int // the widths of what was shown, whether there is room for it or not
}

// NewGrid returns the grid of a layout, which is one of a [Table].
func NewGrid(l *Layout) *Grid {
	t := newTable(&output{}, l, l.view())
	t.scroll = true
	return &Grid{table: t, columns: l.columns, narrow: l.columns, seen: map[string]int{}}
}

// Reset forgets how wide rows were.
func (g *Grid) Reset() { clear(g.seen) }

// front is the place of a kept column where a row does not fit: behind PROTO and STATE.
const front = 2

// Keep makes sure that a column is seen, which the layout may not have. It is not left
// out, and where a row is wider than the screen it stands in front of the addresses. Nil
// keeps none.
func (g *Grid) Keep(c *Column) {
	if g.table.kept == c {
		return
	}
	own := g.table.o.columns
	g.table.kept, g.columns, g.narrow = c, own, own
	if c == nil || c.Composite() && indexOf(own, c) < 0 {
		return
	}
	at := indexOf(own, c)
	if at < 0 {
		at = len(own)
		g.columns = append(slices.Clone(own), c)
	}
	if g.narrow = g.columns; at > front {
		g.narrow = slices.Insert(slices.Delete(slices.Clone(g.columns), at, at+1), front, g.columns[at])
	}
}

// Fit makes room for rows in so many cells: columns are left out and names
// shortened as on any terminal.
func (g *Grid) Fit(cells int, rows []*sock.Socket) {
	t := g.table
	t.o.Width = cells
	g.arrange(g.columns)
	t.widen(rows)
	for i, c := range t.cols {
		g.seen[c.Name] = t.widths[i]
	}
	if t.fitTo(cells); t.wraps {
		g.arrange(g.narrow)
		t.fitTo(cells)
	}
}

// arrange puts columns in an order, as wide as what was shown of them.
func (g *Grid) arrange(columns []*Column) {
	t := g.table
	t.cols, t.widths = columns, t.widths[:0]
	for _, c := range columns {
		t.widths = append(t.widths, g.seen[c.Name])
	}
}

// AppendHeader appends the headings. AppendRow appends a row; both come behind Fit.
func (g *Grid) AppendHeader(dst []byte) []byte { return g.append(dst, g.table.appendHeader) }

// AppendRow appends the cells of a socket.
func (g *Grid) AppendRow(dst []byte, s *sock.Socket) []byte {
	return g.append(dst, func(dst []byte) []byte { return g.table.appendCells(dst, s, false) })
}

// append lets a line begin at the first cell, whatever stands before it in dst.
func (g *Grid) append(dst []byte, line func([]byte) []byte) []byte {
	g.table.buf = line(g.table.buf[:0])
	return append(dst, g.table.buf...)
}

// Width is how many cells a row takes: more than there are if not even its most
// important columns fit, but for a longer name at its end.
func (g *Grid) Width() int {
	f := fitting{widths: g.table.widths, shown: g.table.shown}
	return f.total(g.table.widths)
}

// ColumnAt returns the column whose heading, or the gap behind it, is at a cell; nil
// if there is none.
func (g *Grid) ColumnAt(cell int) *Column {
	for i, c := range g.table.cols {
		if !g.table.shown[i] {
			continue
		}
		if cell -= g.table.widths[i] + len(gap); cell < 0 || i == g.table.last {
			return columnOf(fact.Lookup(c.Name))
		}
	}
	return nil
}

// rateColumns are what a view of many passes shows beside the usual columns. The
// heading says that they are rates, the cells need not.
var rateColumns = sync.OnceValue(func() []*Column {
	rate := func(name, header string) *Column {
		f := *fact.Lookup(name)
		f.Header = header
		return &Column{Fact: &f, right: true, shape: shape{rank: 2, least: 6},
			cell: func(dst []byte, s *sock.Socket) []byte {
				return bytes.TrimSuffix(f.AppendShown(&fact.View{}, dst, s), []byte("/s"))
			}}
	}
	rtt := *column("tcp_info.rtt_us")
	named := *rtt.Fact
	named.Header = "RTT"
	rtt.Fact, rtt.shape = &named, shape{rank: 4, least: 6}
	return []*Column{rate("recv_rate", "IN/s"), rate("send_rate", "OUT/s"), &rtt}
})

// Clip appends the cells of a line from one on, at most so many, and returns how many
// these are. Colour takes no room, and stays what it is.
func Clip(dst, line []byte, from, cells int) ([]byte, int) {
	at, used := 0, 0
	for rest, state := line, -1; len(rest) > 0; {
		if end := sgrLength(rest); end > 0 {
			dst = append(dst, rest[:end]...)
			rest, state = rest[end:], -1
			continue
		}
		var cluster []byte
		var w int
		cluster, rest, w, state = uniseg.FirstGraphemeCluster(rest, state)
		if at >= from && used+w <= cells {
			dst = append(dst, cluster...)
			used += w
		} else if at >= from {
			cells = used // what does not fit ends the line
		}
		at += w
	}
	return dst, used
}

// Cells returns how many cells of a terminal a text takes, colour aside.
func Cells(text string) int {
	_, column := measure([]byte(text), maxInt)
	return column
}
