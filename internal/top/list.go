package top

import (
	"fmt"
	"strings"

	"sockeye/render"
	"sockeye/sock"
	"sockeye/sock/change"
)

// gutter is the room for the cursor and the marks in front of a row.
const gutter = 3

var signs = [...]string{change.Same: " ", change.Opened: "+", change.Changed: "~", change.Closed: "-", change.Left: " "}

// body draws the list.
func (m *model) body(height int) []string {
	lines := make([]string, 0, height)
	end := min(m.top+height, m.lines())
	if m.groups != nil {
		for line := m.top; line < end; line++ {
			lines = append(lines, m.line(line == m.cursor, &row{}, m.groupLine(m.groups[line])))
		}
	} else {
		lines = m.rowLines(lines, m.top, end)
	}
	if len(lines) == 0 {
		switch {
		case m.pass == nil:
			lines = append(lines, " listing ...")
		case !m.Filter.Empty() || m.inside != nil:
			lines = append(lines, " nothing matches")
		default:
			lines = append(lines, " there are no sockets")
		}
	}
	for len(lines) < height {
		lines = append(lines, "")
	}
	return lines
}

// rowLines draws the rows between two lines, and none beside these.
func (m *model) rowLines(lines []string, from, to int) []string {
	if n := max(0, to-from); len(m.records) < n {
		m.records = make([]record, n)
	}
	var sockets []*sock.Socket
	for line := from; line < to; line++ {
		sockets = append(sockets, m.records[line-from].of(m.rowAt(line)))
	}
	m.grid.Keep(m.sortedBy())
	m.grid.Fit(max(1, m.width-gutter), sockets)
	m.widest = gutter + m.grid.Width()
	all := make([][]byte, len(sockets))
	for i, s := range sockets {
		all[i] = m.grid.AppendRow(nil, s)
		m.widest = max(m.widest, gutter+render.Cells(string(all[i])))
	}
	m.left = max(0, min(m.left, m.widest-m.width))
	for i, text := range all {
		lines = append(lines, m.line(from+i == m.cursor, m.rowAt(from+i), cut(string(text), m.left, m.width-gutter)))
	}
	return lines
}

// sortedBy is the column of the order that somebody chose; nil if nobody did.
func (m *model) sortedBy() *render.Column {
	if !m.ordered || len(m.sort) == 0 {
		return nil
	}
	return m.sort[0].Column
}

// line puts the cursor and the mark in front of a row.
func (m *model) line(chosen bool, r *row, text string) string {
	sign := r.sign()
	switch r.mark {
	case change.Opened:
		sign = m.look(green, sign)
	case change.Changed:
		sign = m.look(yellow, sign)
	case change.Closed:
		sign, text = m.look(dim, sign), m.look(dim, text)
	}
	if !chosen {
		return " " + sign + " " + text
	}
	text = ">" + sign + " " + text
	if m.Shape.Color {
		text += strings.Repeat(" ", max(0, m.width-render.Cells(text)))
	}
	return m.look(inverse, text)
}

// heading shows what the columns are.
func (m *model) heading() string {
	if m.groups != nil {
		return "   " + m.look(bold, m.groupRow(strings.ToUpper(m.groupText()), "SOCKETS", "OPENED", "CLOSED", "IN/s", "OUT/s"))
	}
	return "   " + cut(string(m.grid.AppendHeader(nil)), m.left, m.width-gutter)
}

// groupLine is a group with its totals.
func (m *model) groupLine(g *group) string {
	return m.groupRow(g.text, grouped(g.sockets), grouped(g.opened), grouped(g.closed), rateText(g.in, g.rated), rateText(g.out, g.rated))
}

// groupRow lays a row of groups out: the name takes the room that the numbers leave.
func (m *model) groupRow(name string, numbers ...string) string {
	const least = 12
	room := m.width - gutter - 9*len(numbers)
	for room < least && len(numbers) > 1 {
		numbers = numbers[:len(numbers)-1]
		room += 9
	}
	room = max(least, min(room, 60))
	text := cut(name, 0, room)
	text += strings.Repeat(" ", room-render.Cells(text))
	for _, n := range numbers {
		text += fmt.Sprintf(" %8s", n)
	}
	return text
}
