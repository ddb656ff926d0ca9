package render

import (
	"bytes"

	"sockeye/sock"
	"sockeye/sock/fact"
)

// delimited writes CSV or TSV: RFC 4180, with a tab for the comma in TSV, but lines
// end in \n as everywhere on Unix. The header has the names of JSON. A cell without
// a known value is empty; an object is JSON. No cell holds a line break or a tab,
// since names are escaped, so that a line is a socket.
type delimited struct {
	*output
	cols   []*Column
	view   *fact.View
	comma  byte
	safe   bool // see Options.Safe
	header bool // is still to be written
}

func newDelimited(out *output, l *Layout, v *fact.View) *delimited {
	d := &delimited{output: out, cols: l.columns, view: v, comma: ',', safe: l.Safe, header: l.Header}
	if l.Format == TSV {
		d.comma = '\t'
	}
	return d
}

func (d *delimited) writeHeader() error {
	if !d.header {
		return nil
	}
	d.header = false
	d.buf = d.buf[:0]
	for i, c := range d.cols {
		if i > 0 {
			d.buf = append(d.buf, d.comma)
		}
		d.buf = append(d.buf, c.Name...)
	}
	d.buf = append(d.buf, '\n')
	_, err := d.w.Write(d.buf)
	return err
}

func (d *delimited) Socket(s *sock.Socket) error {
	if err := d.writeHeader(); err != nil {
		return err
	}
	d.buf = d.buf[:0]
	for i, c := range d.cols {
		if i > 0 {
			d.buf = append(d.buf, d.comma)
		}
		start := len(d.buf)
		if d.safe {
			d.buf = append(d.buf, '\'')
		}
		d.buf = c.appendValue(d.view, d.buf, s)
		if d.safe && !isFormula(d.buf[start+1:]) {
			d.buf = append(d.buf[:start], d.buf[start+1:]...)
		}
		d.buf = d.quote(start)
	}
	d.buf = append(d.buf, '\n')
	_, err := d.w.Write(d.buf)
	return err
}

func (d *delimited) Close(sock.Snapshot) error {
	if err := d.writeHeader(); err != nil {
		return err
	}
	return d.Flush()
}

// isFormula reports whether a spreadsheet would run the cell.
func isFormula(cell []byte) bool {
	cell = bytes.TrimLeft(cell, " ")
	return len(cell) > 0 && bytes.IndexByte([]byte("=+-@"), cell[0]) >= 0
}

// quote puts the cell that begins at start in quotes if RFC 4180 section 2 asks for
// them. Blanks at its ends are quoted too, since some readers drop them, and so is
// nothing if it is all of the line, since many readers skip an empty one.
func (d *delimited) quote(start int) []byte {
	buf, cell := d.buf, d.buf[start:]
	if len(cell) == 0 && len(d.cols) > 1 || len(cell) > 0 && bytes.IndexByte(cell, d.comma) < 0 &&
		bytes.IndexByte(cell, '"') < 0 && cell[0] != ' ' && cell[len(cell)-1] != ' ' {
		return buf
	}
	size, quotes := len(cell), bytes.Count(cell, []byte{'"'})
	for range quotes + 2 {
		buf = append(buf, '"')
	}
	// From the end, so that nothing is overwritten before it is moved. The last
	// byte is the closing quote already.
	to := len(buf) - 2
	for from := start + size - 1; from >= start; from-- {
		buf[to] = buf[from]
		to--
		if buf[from] == '"' {
			buf[to] = '"'
			to--
		}
	}
	buf[start] = '"'
	return buf
}
