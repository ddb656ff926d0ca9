package cli

import (
	"bytes"
	"fmt"
	"io"
	"time"

	"sockeye/render"
	"sockeye/sock"
	"sockeye/sock/change"
)

// newView returns what shows the passes: an event a change, a table in place on a
// terminal that can do that, else one text a pass.
func (w *watch) newView(m *marks) view {
	l := w.layout
	switch {
	case l.Format == render.Quiet:
		return noView{}
	case l.Format == render.NDJSON:
		return &eventView{render.NewEvents(w.Out, l, "poll")}
	case l.Format == render.Table && w.Terminal && !w.Plain && w.Getenv("TERM") != "dumb":
		return &screenView{layout: l, marks: m, size: w.Size, out: w.Out, screen: render.NewScreen(w.Out), every: w.o.watch}
	}
	return &blockView{layout: l, marks: m, out: w.Out}
}

// noView shows nothing.
type noView struct{}

func (noView) pass(*pass) error              { return nil }
func (noView) makeWay()                      {}
func (noView) end(time.Time, int, int) error { return nil }

// eventView writes an event a change. The sockets of the first pass are events too,
// so that a reader knows what there is.
type eventView struct{ *render.Events }

func (v *eventView) pass(p *pass) error {
	for _, row := range p.rows {
		if row.Kind == change.Same {
			continue
		}
		e := render.Event{Kind: row.Kind.String(), Time: p.at, Initial: p.number == 1, Socket: row.Socket}
		if err := v.Event(e); err != nil {
			return err
		}
	}
	return v.Flush()
}

func (v *eventView) makeWay() {}

func (v *eventView) end(at time.Time, passes, skipped int) error {
	return v.End(at, render.Total{Name: "passes", Number: uint64(passes)}, render.Total{Name: "skipped", Number: uint64(skipped)})
}

// marks are what stands in front of the rows of a pass.
type marks struct{ changed map[*sock.Socket]byte }

func (m *marks) of(s *sock.Socket) byte {
	if mark, ok := m.changed[s]; ok {
		return mark
	}
	return ' '
}

var markOf = map[change.Kind]byte{change.Opened: '+', change.Changed: '~', change.Closed: '-'}

// set takes the marks of a pass. In the first nothing is new.
func (m *marks) set(p *pass) {
	m.changed = map[*sock.Socket]byte{}
	if p.number == 1 {
		return
	}
	for _, row := range p.rows {
		if mark := markOf[row.Kind]; mark != 0 {
			m.changed[row.Socket] = mark
		}
	}
}

// blockView writes the whole answer of each pass; a table has its time above it, and
// shows what is closed too.
type blockView struct {
	layout *render.Layout
	marks  *marks
	out    io.Writer
}

func (v *blockView) pass(p *pass) error {
	l := *v.layout
	var text bytes.Buffer
	if l.Format == render.Table {
		if p.number > 1 {
			text.WriteByte('\n')
		}
		fmt.Fprintf(&text, "%s  %s", p.at.Format("2006-01-02T15:04:05.000Z07:00"), p.numbers())
		if p.number > 1 && l.Group == nil {
			fmt.Fprintf(&text, ", %d opened, %d changed, %d closed", p.opened, p.changed, p.closed)
		}
		text.WriteByte('\n')
	}
	if err := p.render(&text, &l, v.marks); err != nil {
		return err
	}
	_, err := v.out.Write(text.Bytes())
	return err
}

func (v *blockView) makeWay() {}

func (v *blockView) end(time.Time, int, int) error { return nil }

// numbers says how much is listed.
func (p *pass) numbers() string {
	text := counted(p.listed, "socket")
	if p.forwarded > 0 {
		text += fmt.Sprintf(", %d forwarded", p.forwarded)
	}
	return text
}

// render writes the rows of a pass.
func (p *pass) render(w io.Writer, l *render.Layout, m *marks) error {
	m.set(p)
	l.Host, l.GeneratedAt = p.snap.Host, p.at
	rows := p.rows
	if tellsForwards(l) {
		rows = rows[:len(rows)-p.forwards]
	}
	all := make([]*sock.Socket, 0, len(rows))
	for _, row := range rows {
		if row.Kind != change.Closed || l.Mark != nil {
			all = append(all, row.Socket)
		}
	}
	return writeSockets(w, all, p.snap, l)
}

// screenView draws each pass in place of the one before.
type screenView struct {
	layout *render.Layout
	marks  *marks
	size   func() (width, height int)
	out    io.Writer
	screen *render.Screen
	every  time.Duration
}

func (v *screenView) pass(p *pass) error {
	l := *v.layout
	width, height := v.size()
	l.Width = width
	total := len(p.rows)
	if l.Limit > 0 {
		total = min(total, l.Limit)
	}
	if l.Limit == 0 || l.Limit > height {
		l.Limit = height // more have no room
	}
	var rows []int // the lines of each
	l.Row = func(lines int) { rows = append(rows, lines) }
	var text bytes.Buffer
	fmt.Fprintf(&text, "%s  every %v  %s", p.at.Format(time.TimeOnly), v.every, p.numbers())
	if p.number > 1 && l.Group == nil {
		fmt.Fprintf(&text, "  +%d ~%d -%d", p.opened, p.changed, p.closed)
	}
	text.WriteByte('\n')
	if err := p.render(&text, &l, v.marks); err != nil {
		return err
	}
	above := 1 // the lines above the rows
	if l.Header {
		above = 2
	}
	return v.screen.Draw(text.Bytes(), width, height, func(shown int) string {
		left := total - rowsWithin(rows, shown-above)
		if left == 0 || l.Group != nil {
			return ""
		}
		return fmt.Sprintf("%d more", left)
	})
}

// rowsWithin returns how many rows begin in so many lines, by the lines of each.
func rowsWithin(rows []int, lines int) (n int) {
	for n < len(rows) && lines > 0 {
		lines -= rows[n]
		n++
	}
	return n
}

// makeWay leaves what was drawn above the message, and the next pass below it.
func (v *screenView) makeWay() { v.screen.Leave() }

// end leaves the last pass on the terminal, without the ^C that it shows of its own.
func (v *screenView) end(time.Time, int, int) error {
	_, err := io.WriteString(v.out, "\r\x1b[K")
	return err
}
