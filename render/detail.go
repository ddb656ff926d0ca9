package render

import (
	"sockeye/sock"
	"sockeye/sock/fact"
)

// indent is what the lines under a row begin with.
const indent = "    "

// detailFacts are the facts that stand under the row of a socket, because they
// were asked for and have no column.
func detailFacts(o *Options) sock.Field {
	facts := o.asked()
	for _, c := range o.columns() {
		if !c.Joined() {
			facts &^= c.Asks()
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
	for _, f := range fact.Members() {
		switch {
		case f.Needs&t.asked == 0 || f.Always || !f.Known(s):
		case f.Parts == nil || f.Kind == fact.List:
			d.word(f, s)
		default:
			// The names of its parts say enough. Most counters of a connection
			// are 0: the table leaves those out, JSON does not.
			for _, p := range f.Parts {
				if p.Tells(s) {
					d.word(p, s)
				}
			}
		}
	}
	return d.dst
}

func (d *detail) word(f *fact.Fact, s *sock.Socket) {
	start := len(d.dst)
	d.dst = append(d.dst, ' ')
	d.dst = append(d.dst, f.Member()...)
	d.dst = append(d.dst, '=')
	d.dst = f.AppendValue(nil, d.dst, s)
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
