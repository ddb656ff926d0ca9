package render

import (
	"slices"

	"sockeye/sock"
	"sockeye/sock/fact"
)

// indent is what the lines under a row begin with.
const indent = "    "

// detail writes labelled facts, two blanks apart, on lines of their own.
type detail struct {
	dst    []byte
	limit  int    // cells of a line; 0 for no limit
	indent string // of a line; empty if all stand on one
	column int    // 0 before the first
	named  bool   // the parts of a small object stand behind its name
	text   []byte // of one fact; its memory is kept
}

// appendDetail appends what was asked for of a socket and has no column that
// fits, but for what the table may lose, as far as it is known and not what holds
// for most sockets: JSON has all. Each of memory and TCP's inner facts begins a
// line.
func (t *table) appendDetail(dst []byte, s *sock.Socket) []byte {
	d := detail{dst: dst, text: t.word}
	if !t.o.Oneline {
		d.indent = t.lead + indent
		if !t.o.Wide && t.o.Width > 0 {
			d.limit = len(t.lead) + t.o.Width
		}
	}
	for i, c := range t.cols {
		if t.shown[i] || slices.Contains(defaultTable, c.Name) || indexOf(t.o.Spare, c) >= 0 || !c.Known(s) {
			continue
		}
		d.add(c.Fact, t.view, s)
	}
	if t.o.Exposed && t.o.Columns == nil && t.o.Group == nil && t.asked&sock.FieldPlace == 0 && s.Knows(sock.FieldPlace) && s.Behind.Known() {
		d.leads(s.Behind)
	}
	if t.asked&s.Known != 0 {
		for _, option := range detailGroups {
			d.group(t, option, s)
		}
	}
	t.word = d.text
	return d.dst
}

// group adds the facts that an option shows, or those of all other options.
func (d *detail) group(t *table, option string, s *sock.Socket) {
	begun := d.column > 0
	for _, f := range fact.Members() {
		other := f.Option != "memory" && f.Option != "info"
		if f.Needs&t.asked == 0 || f.Always || f.Option != option && !(option == "" && other) {
			continue
		}
		parts := f.Parts()
		if parts == nil || f.Kind == fact.List || d.named && other {
			parts = []*fact.Fact{f}
		}
		for _, p := range parts {
			if !p.Tells(s) || slices.Contains(t.parts, p) {
				continue
			}
			if begun && option != "" && d.indent != "" {
				d.line()
			}
			if d.named && len(p.AppendShown(t.view, nil, s)) == 0 {
				continue // an object of which nothing is worth telling
			}
			begun = false
			d.add(p, t.view, s)
		}
	}
}

func (d *detail) add(f *fact.Fact, v *fact.View, s *sock.Socket) {
	d.text = f.AppendLabelled(v, d.text[:0], s)
	d.place()
}

// leads adds where the connections of a listener go, or packets without one.
func (d *detail) leads(b *sock.Behind) {
	word := "leads to "
	switch {
	case b.By != "" && b.Partly:
		word = "forwarded in part to "
	case b.By != "":
		word = "forwarded to "
	}
	d.text = fact.AppendBehind(append(d.text[:0], word...), b)
	d.place()
}

// place adds the text of a fact.
func (d *detail) place() {
	w := width(d.text)
	switch {
	case d.column == 0:
		d.dst = append(d.dst, d.indent...)
		d.column = len(d.indent)
	case d.column == len(d.indent): // of a new line
	case d.limit > 0 && d.column+len(gap)+w > d.limit:
		d.line()
	default:
		d.dst = append(d.dst, gap...)
		d.column += len(gap)
	}
	d.dst = append(d.dst, d.text...)
	d.column += w
}

// line begins another line.
func (d *detail) line() {
	d.dst = append(append(d.dst, '\n'), d.indent...)
	d.column = len(d.indent)
}

// AppendAll appends everything that is known of a socket, in lines of so many cells:
// who holds it, a line each, then what details show, whatever was asked for.
func (l *Layout) AppendAll(dst []byte, s *sock.Socket, cells int) []byte {
	v := l.view()
	for i := range s.Owners {
		one := *s
		one.Owners = s.Owners[i : i+1]
		d := detail{dst: dst, indent: " ", limit: cells}
		for _, p := range fact.Lookup("owners").Parts() {
			if p.Known(&one) {
				d.add(p, v, &one)
			}
		}
		dst = append(d.dst, '\n')
	}
	rest := *s
	rest.Owners, rest.Known = nil, rest.Known&^sock.OwnerFields
	t := &table{view: v, asked: sock.AllFields}
	d := detail{dst: dst, indent: " ", limit: cells, named: true}
	for _, option := range detailGroups {
		d.group(t, option, &rest)
	}
	if d.column > 0 {
		d.dst = append(d.dst, '\n')
	}
	return d.dst
}

// detailGroups are the options whose facts begin a line; empty is all others.
var detailGroups = [...]string{"", "memory", "info"}
