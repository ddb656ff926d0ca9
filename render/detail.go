package render

import (
	"sockeye/sock"
	"sockeye/sock/snapshot"
)

// indent is what the lines under a row begin with.
const indent = "    "

// detailFacts are the facts that stand under the row of a socket, because they
// were asked for and have no column.
func detailFacts(o *Options) sock.Field {
	facts := o.asked()
	for _, c := range o.columns() {
		if c.member != nil {
			facts &^= c.Needs
		}
	}
	return facts
}

// detail writes facts as words of the form name=value.
type detail struct {
	dst    []byte
	limit  int // cells of a line; 0 for no limit
	indent string
	column int
}

// appendDetail appends the facts of a socket that were asked for and are known.
func (t *table) appendDetail(dst []byte, s *sock.Socket) []byte {
	if t.asked&s.Known == 0 {
		return dst
	}
	d := detail{dst: dst}
	if !t.o.Oneline {
		d.indent = indent
		if !t.o.Wide {
			d.limit = t.o.Width
		}
	}
	members := snapshot.Members()
	for i := range members {
		m := &members[i]
		switch {
		case m.Needs == 0 || m.Needs&t.asked == 0 || !m.Known(s):
		case m.Kind == snapshot.Object:
			d.parts(m, s)
		default:
			d.word(m, s)
		}
	}
	return d.dst
}

// parts writes the parts of an object, of which the names of JSON say enough.
// Most counters of a connection are 0: the table leaves those out, JSON does not.
func (d *detail) parts(m *snapshot.Member, s *sock.Socket) {
	if !m.Known(s) {
		return
	}
	for i := range m.Parts {
		// The state of tcp_info is the kernel's number of the one in the row.
		if p := &m.Parts[i]; p.Known(s) && p.Name != "state" && !p.Zero(s) {
			d.word(p, s)
		}
	}
}

func (d *detail) word(m *snapshot.Member, s *sock.Socket) {
	start := len(d.dst)
	d.dst = append(d.dst, ' ')
	d.dst = append(d.dst, m.Name...)
	d.dst = append(d.dst, '=')
	d.dst = m.AppendText(d.dst, s, AppendText)
	w := width(d.dst[start:])
	switch {
	case d.column == 0 && d.indent == "":
		d.dst = append(d.dst[:start], d.dst[start+1:]...)
		d.column = w - 1
	case d.column == 0:
		d.insert(start, d.indent)
		d.column = len(d.indent) + w - 1
	case d.limit > 0 && d.column+w > d.limit:
		d.insert(start, "\n"+d.indent)
		d.column = len(d.indent) + w - 1
	default:
		d.column += w
	}
}

// insert puts text in place of the blank at the start of a word.
func (d *detail) insert(start int, text string) {
	d.dst = append(d.dst, text[1:]...)
	copy(d.dst[start+len(text):], d.dst[start+1:len(d.dst)-len(text)+1])
	copy(d.dst[start:], text)
}
