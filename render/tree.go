package render

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"sockeye/sock"
	"sockeye/sock/escape"
	"sockeye/sock/fact"
)

// tree writes what sockets belong to: the container or unit, then the processes in it,
// each with its sockets. They are all kept, since what belongs together does not come
// together.
type tree struct {
	*table
	branches []*branch
	places   bool // a container or unit is known of one socket at least
}

// branch is a socket below what it belongs to.
type branch struct {
	socket  *sock.Socket
	rank    int    // containers first, then units, then neither
	place   string // the line above the processes
	holder  string // the line above the sockets
	holders string // all of them, whatever the line says
	name    string // of the first process; empty if there is none
	pid     int
}

// lead is how far what belongs to something stands in below it.
const lead = "  "

func newTree(out *output, l *Layout, v *fact.View) *tree { return &tree{table: newTable(out, l, v)} }

// Socket keeps a socket.
func (t *tree) Socket(s *sock.Socket) error {
	b := &branch{socket: t.o.keep(s)}
	b.rank, b.place = placeOf(s)
	b.hold(s)
	t.places = t.places || b.rank < placeless
	t.branches = append(t.branches, b)
	return nil
}

// Flush does nothing: what belongs together is known at the end only.
func (t *tree) Flush() error { return nil }

// The ranks of places.
const (
	inContainer = iota
	inUnit
	placeless
)

// placeOf returns the line of the container or unit that a socket belongs to.
func placeOf(s *sock.Socket) (rank int, text string) {
	switch {
	case s.Knows(sock.FieldPlace) && s.Container != nil:
		words := []string{"container " + escape.Text(s.Container.Called())}
		for _, more := range []string{s.Container.Runtime, s.Container.Image, s.Container.Pod} {
			if more != "" {
				words = append(words, escape.Text(more))
			}
		}
		return inContainer, strings.Join(words, gap)
	case s.Knows(sock.FieldPlace) && s.Unit != "":
		return inUnit, "unit " + escape.Text(s.Unit)
	}
	return placeless, "(no unit or container)"
}

// mostHolders is how many processes beside the first are told by their PID.
const mostHolders = 8

// hold says which processes hold a socket, or why none is known.
func (b *branch) hold(s *sock.Socket) {
	if !s.Knows(sock.FieldOwners) || len(s.Owners) == 0 || s.Owners[0].Process == nil {
		b.holder = cmp.Or(fact.ReasonText(s), "(owner not searched)")
		b.holders = b.holder
		return
	}
	first, others := s.Owners[0].Process, []string(nil)
	for p := range s.PIDs {
		if p != nil && p.PID != first.PID {
			others = append(others, strconv.Itoa(p.PID))
		}
	}
	b.name, b.pid = first.Name, first.PID
	b.holder = escape.Text(cmp.Or(first.Name, "?")) + "[" + strconv.Itoa(first.PID) + "]"
	b.holders = b.holder + strings.Join(others, ",")
	if n := min(len(others), mostHolders); n > 0 {
		b.holder += " and " + strings.Join(others[:n], ", ")
	}
	if more := len(others) - mostHolders; more > 0 {
		b.holder += fmt.Sprintf(" and %d more", more)
	}
	if first.Known&sock.FieldProcessUser != 0 && first.User != "" {
		b.holder += gap + escape.Text(first.User)
	}
}

// Close writes the tree. What the sort keys put first stands first below its process.
func (t *tree) Close(sock.Snapshot) error {
	slices.SortStableFunc(t.branches, func(a, b *branch) int {
		return cmp.Or(cmp.Compare(a.rank, b.rank), cmp.Compare(a.place, b.place),
			-cmp.Compare(min(a.pid, 1), min(b.pid, 1)), // what nobody holds is last
			cmp.Compare(a.name, b.name), cmp.Compare(a.pid, b.pid), cmp.Compare(a.holders, b.holders))
	})
	t.lead = lead
	if t.places {
		t.lead += lead
	}
	inner := *t.o
	if inner.Width > 0 {
		inner.Width = max(1, inner.Width-len(t.lead))
	}
	width := t.o.Width
	t.o = &inner
	for _, b := range t.branches {
		t.block = append(t.block, b.socket)
	}
	t.fixed = true
	t.measure()
	if err := t.writeHeader(); err != nil {
		return err
	}
	var above branch
	for i, b := range t.branches {
		if t.places && (i == 0 || b.place != above.place) {
			if err := t.heading("", b.place, width, bold); err != nil {
				return err
			}
			above.holders = ""
		}
		if b.holders != above.holders {
			if err := t.heading(t.lead[len(lead):], b.holder, width, plain); err != nil {
				return err
			}
		}
		if err := t.writeRow(b.socket); err != nil {
			return err
		}
		above = *b
	}
	return t.output.Flush()
}

// heading writes the line above what belongs to something, cut to fit a terminal.
func (t *tree) heading(indent, text string, limit int, look style) error {
	line := []byte(text)
	if limit > 0 && !t.o.Wide {
		line = cutTo(line, max(leastName, limit-len(indent)))
	}
	t.buf = append(t.buf[:0], indent...)
	if look != plain && t.o.Color {
		t.buf = append(append(append(t.buf, sgr[look]...), line...), sgrEnd...)
	} else {
		t.buf = append(t.buf, line...)
	}
	return t.write(t.buf)
}
