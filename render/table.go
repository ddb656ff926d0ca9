package render

import (
	"slices"

	"sockeye/sock"
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
	o        *Options
	texts    *texts
	cols     []*Column
	shown    []bool // which columns fit
	dropped  bool   // one does not
	widths   []int
	asked    sock.Field // facts for the detail of a row
	streams  bool       // the widths are fixed
	arena    []byte     // the text of the cells
	cells    []cell     // len(cols)+1 for each row: the last is its detail
	headless bool
}

// cell is a text in the arena.
type cell struct {
	start, end, width int
	style             style
}

func newTable(out *output, o *Options, t *texts) *table {
	return &table{
		output: out, o: o, texts: t, cols: o.columns(), asked: detailFacts(o),
		widths: make([]int, len(o.columns())), headless: !o.Header,
	}
}

// Socket takes a row.
func (t *table) Socket(s *sock.Socket) error {
	for _, c := range t.cols {
		start := len(t.arena)
		t.arena = c.appendCell(t.texts, t.arena, s)
		look := plain
		if c.style != nil {
			look = c.style(s)
		}
		if len(t.arena) == start {
			t.arena = append(t.arena, '-')
		}
		t.cells = append(t.cells, cell{start, len(t.arena), width(t.arena[start:]), look})
	}
	start := len(t.arena)
	t.arena = t.appendDetail(t.arena, s)
	t.cells = append(t.cells, cell{start: start, end: len(t.arena)})
	if !t.streams && len(t.cells) < blockRows*(len(t.cols)+1) {
		return nil
	}
	return t.emit()
}

// Flush fixes the widths and writes the rows so far.
func (t *table) Flush() error {
	if err := t.emit(); err != nil {
		return err
	}
	return t.output.Flush()
}

// Close writes what is left, and the header of an empty table too.
func (t *table) Close(sock.Snapshot) error { return t.Flush() }

// emit writes the rows at hand, after the header if they are the first.
func (t *table) emit() error {
	row := len(t.cols) + 1
	if !t.streams {
		t.streams = true
		t.measure()
		if err := t.writeHeader(); err != nil {
			return err
		}
	}
	for i := 0; i+row <= len(t.cells); i += row {
		if err := t.writeRow(t.arena, t.cells[i:i+row]); err != nil {
			return err
		}
	}
	t.arena, t.cells = t.arena[:0], t.cells[:0]
	return nil
}

// measure finds the widths of the columns and which of them fit.
func (t *table) measure() {
	for i, c := range t.cols {
		if t.o.Header {
			t.widths[i] = len(c.Header)
		}
		for j := i; j < len(t.cells); j += len(t.cols) + 1 {
			t.widths[i] = max(t.widths[i], t.cells[j].width)
		}
	}
	f := fitting{cols: t.cols, widths: t.widths, fixed: t.o.Columns != nil}
	limit := t.o.Width
	if t.o.Wide {
		limit = 0
	}
	t.shown = f.fit(limit)
	t.dropped = slices.Contains(t.shown, false)
}

func (t *table) writeHeader() error {
	if t.headless {
		return nil
	}
	var arena []byte
	cells := make([]cell, 0, len(t.cols)+1)
	for _, c := range t.cols {
		start := len(arena)
		arena = append(arena, c.Header...)
		cells = append(cells, cell{start, len(arena), len(c.Header), bold})
	}
	return t.writeRow(arena, append(cells, cell{start: len(arena), end: len(arena)}))
}

// writeRow writes one line, and the detail of the row on the same or the next.
func (t *table) writeRow(arena []byte, cells []cell) error {
	line := t.buf[:0]
	last := lastShown(t.shown)
	detail := arena[cells[len(t.cols)].start:cells[len(t.cols)].end]
	column := 0 // where the line stands
	for i, c := range t.cols {
		if !t.shown[i] {
			continue
		}
		if column > 0 {
			line = append(line, gap...)
			column += len(gap)
		}
		text, w := arena[cells[i].start:cells[i].end], cells[i].width
		if room := t.room(i, i == last, column); c.cut && w > room {
			text, w = shorten(text, room)
		}
		pad := max(0, t.widths[i]-w)
		if c.right {
			line = appendBlanks(line, pad)
		}
		line = t.appendStyled(line, text, cells[i].style)
		if !c.right && (i != last || t.o.Oneline && len(detail) > 0) {
			line = appendBlanks(line, pad)
		}
		column += pad + w
	}
	line = t.appendDropped(line, arena, cells)
	if len(detail) > 0 {
		if t.o.Oneline {
			line = append(append(line, gap...), detail...)
		} else {
			line = append(append(line, '\n'), detail...)
		}
	}
	t.buf = append(line, '\n')
	_, err := t.w.Write(t.buf)
	return err
}

// appendDropped puts the facts that were asked for by name, but whose column did
// not fit, on a line under the row.
func (t *table) appendDropped(line, arena []byte, cells []cell) []byte {
	if !t.dropped {
		return line
	}
	begun := false
	for i, c := range t.cols {
		text := arena[cells[i].start:cells[i].end]
		if t.shown[i] || slices.Contains(defaultTable, c.Name) || string(text) == "-" || cells[i].style == bold {
			continue
		}
		if begun {
			line = append(line, ' ')
		} else {
			line = append(append(line, '\n'), indent...)
		}
		begun = true
		line = append(append(append(line, c.Name...), '='), text...)
	}
	return line
}

// room is how wide a name may be: as wide as its column, or to the end of the
// terminal for the last.
func (t *table) room(i int, last bool, column int) int {
	switch {
	case t.o.Width == 0 || t.o.Wide:
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
