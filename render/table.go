package render

import (
	"bytes"
	"slices"

	"sockeye/sock"
	"sockeye/sock/fact"
)

// blockRows is how many sockets are looked at before the widths are fixed.
const blockRows = 1000

// gap separates two columns.
const gap = "  "

// table writes aligned columns. The first block of rows is kept to find the
// widths; the rows after it stream, and one that is wider pushes its own line
// only. So memory stays bounded, and output begins early.
type table struct {
	*output
	o       *Layout
	view    *fact.View
	cols    []*Column
	shown   []bool // which columns fit
	wraps   bool   // they do not, whatever is left out
	scroll  bool   // what does not fit is scrolled to: see [Grid]
	kept    *Column
	last    int // of those
	widths  []int
	asked   sock.Field     // facts for the detail of a row
	parts   []*fact.Fact   // of those, what has a column already
	fixed   bool           // the widths are
	block   []*sock.Socket // rows that wait for them
	scratch []byte
	word    []byte // of a detail
	lead    string // in front of each line
}

func newTable(out *output, l *Layout, v *fact.View) *table {
	t := &table{output: out, o: l, view: v, cols: l.columns, asked: l.detail, widths: make([]int, len(l.columns))}
	for _, c := range l.columns {
		if c.Parent() != nil {
			t.parts = append(t.parts, c.Fact)
		}
	}
	return t
}

// Socket takes a row.
func (t *table) Socket(s *sock.Socket) error {
	if t.fixed {
		return t.writeRow(s)
	}
	t.block = append(t.block, t.o.keep(s))
	if len(t.block) < blockRows {
		return nil
	}
	return t.fix()
}

// Flush fixes the widths and writes the rows so far.
func (t *table) Flush() error {
	if err := t.fix(); err != nil {
		return err
	}
	return t.output.Flush()
}

// Close writes what is left, and the header of an empty table too.
func (t *table) Close(sock.Snapshot) error { return t.Flush() }

// fix fixes the widths and writes the header and the rows that waited.
func (t *table) fix() error {
	if t.fixed {
		return nil
	}
	t.fixed = true
	t.measure()
	if err := t.writeHeader(); err != nil {
		return err
	}
	for _, s := range t.block {
		if err := t.writeRow(s); err != nil {
			return err
		}
	}
	t.block = nil
	return nil
}

// measure finds the widths of the columns and which of them fit.
func (t *table) measure() {
	if t.o.Live {
		t.block = append(t.block, usual)
		defer func() { t.block = t.block[:len(t.block)-1] }()
	}
	t.widen(t.block)
	limit := t.o.Width
	if t.o.Wide {
		limit = 0
	}
	t.fitTo(limit)
}

// widen makes the columns as wide as their headings and rows.
func (t *table) widen(rows []*sock.Socket) {
	for i, c := range t.cols {
		if t.o.Header {
			t.widths[i] = max(t.widths[i], len(c.Header))
		}
		for _, s := range rows {
			t.scratch = t.appendCell(t.scratch[:0], c, s)
			t.widths[i] = max(t.widths[i], width(t.scratch))
		}
	}
}

// fitTo decides which columns are shown in so many cells, and how wide.
func (t *table) fitTo(limit int) {
	f := fitting{cols: t.cols, widths: t.widths, fixed: t.o.Columns != nil, spare: t.o.Spare, scroll: t.scroll, kept: t.kept}
	t.shown = f.fit(limit)
	t.wraps = f.wraps
	t.last = lastShown(t.shown)
}

// appendCell appends what stands in a cell.
func (t *table) appendCell(dst []byte, c *Column, s *sock.Socket) []byte {
	start := len(dst)
	if dst = c.appendCell(t.view, dst, s); len(dst) == start {
		dst = append(dst, '-')
	}
	return dst
}

func (t *table) writeHeader() error {
	if !t.o.Header {
		return nil
	}
	return t.write(t.appendHeader(append(t.buf[:0], t.lead...)))
}

// appendHeader appends the line of the headings.
func (t *table) appendHeader(dst []byte) []byte {
	l := line{table: t, text: dst}
	for i, c := range t.cols {
		if t.shown[i] {
			l.gap()
			l.text = append(l.text, c.Header...)
			l.place(i, bold)
		}
	}
	return l.text
}

// writeRow writes one line, and the detail of the row on the same or the next.
func (t *table) writeRow(s *sock.Socket) error {
	t.scratch = t.appendDetail(t.scratch[:0], s)
	detail := t.scratch
	text := t.appendCells(append(t.buf[:0], t.lead...), s, t.o.Oneline && len(detail) > 0)
	if len(detail) > 0 {
		if t.o.Oneline {
			text = append(text, gap...)
		} else {
			text = append(text, '\n')
		}
		text = append(text, detail...)
	}
	if t.o.Row != nil {
		t.o.Row(1 + bytes.Count(text, []byte{'\n'}))
	}
	return t.write(text)
}

// appendCells appends the cells of a row; goesOn: something stands behind them.
func (t *table) appendCells(dst []byte, s *sock.Socket, goesOn bool) []byte {
	l := line{table: t, text: dst, goesOn: goesOn}
	for i, c := range t.cols {
		if !t.shown[i] {
			continue
		}
		l.gap()
		l.text = t.appendCell(l.text, c, s)
		look := plain
		if t.o.Color && c.style != nil {
			look = c.style(s)
		}
		l.place(i, look)
	}
	return l.text
}

// write writes a line and keeps its memory.
func (t *table) write(text []byte) error {
	t.buf = append(text, '\n')
	_, err := t.w.Write(t.buf)
	return err
}

// line is a line of the table that is being made.
type line struct {
	*table
	text   []byte
	goesOn bool // behind the last column
	start  int  // of the cell
	column int  // where the cell stands
}

// gap begins a cell.
func (l *line) gap() {
	if l.column > 0 {
		l.text = append(l.text, gap...)
		l.column += len(gap)
	}
	l.start = len(l.text)
}

// place ends a cell, whose text stands at the end of the line: it is cut, pushed
// to the side that it belongs to, and coloured.
func (l *line) place(i int, look style) {
	c, last := l.cols[i], i == l.last
	w := width(l.text[l.start:])
	if c.cut {
		if room := l.room(i, last, l.column); w > room {
			var short []byte
			short, w = shorten(l.text[l.start:], room)
			l.text = append(l.text[:l.start], short...)
		}
	}
	if look != plain && l.o.Color {
		l.text = slices.Insert(l.text, l.start, []byte(sgr[look])...)
		l.text = append(l.text, sgrEnd...)
	}
	pad := max(0, l.widths[i]-w)
	switch {
	case pad == 0:
	case c.right:
		end := len(l.text)
		l.text = appendBlanks(l.text, pad)
		copy(l.text[l.start+pad:], l.text[l.start:end])
		for j := range l.text[l.start : l.start+pad] {
			l.text[l.start+j] = ' '
		}
	case !last || l.goesOn:
		l.text = appendBlanks(l.text, pad)
	}
	l.column += pad + w
}

// room is how wide a name may be: as wide as its column, or to the end of the
// terminal for the last.
func (t *table) room(i int, last bool, column int) int {
	switch {
	case t.o.Width == 0 || t.o.Wide || t.wraps:
		return maxInt
	case last:
		return max(leastName, t.o.Width-column)
	}
	return t.widths[i]
}

const maxInt = int(^uint(0) >> 1)

func lastShown(shown []bool) int {
	for i, yes := range slices.Backward(shown) {
		if yes {
			return i
		}
	}
	return 0
}

const blanks = "                                                                "

func appendBlanks(dst []byte, n int) []byte {
	for ; n > len(blanks); n -= len(blanks) {
		dst = append(dst, blanks...)
	}
	return append(dst, blanks[:n]...)
}
