package top

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"sockeye/render"
	"sockeye/sock"
	"sockeye/sock/escape"
)

// headerLine counts what there is, whatever is shown of it.
func (m *model) headerLine() string {
	host := m.Host
	if host == "" {
		host = "this machine"
	}
	left := " " + m.look(bold, escape.Text(host))
	last := fmt.Sprintf("every %v ", m.Interval)
	if m.frozen {
		last = m.look(yellow, "paused") + " "
	}
	if m.pass == nil {
		return m.between(left, last)
	}
	t := &m.pass.totals
	left += "  " + socketsText(t.sockets)
	marks := ""
	if m.pass.number > 1 {
		marks = fmt.Sprintf("  +%d ~%d -%d", t.opened, t.changed, t.closed)
	}
	var rates string
	if t.rated {
		rates = "in " + rateText(t.in, true) + "/s  out " + rateText(t.out, true) + "/s "
	}
	rights := []string{rates + "  " + last, rates, last, ""}
	if m.frozen {
		rights = []string{rates + "  " + last, last}
	}
	right := m.beside(left+marks, rights...)
	left += t.statesText(m.width - render.Cells(left+marks+right) - 2)
	return m.between(left+marks, right)
}

// statesText counts the states, as many of them as there is room for: those that most
// sockets are in.
func (t *totals) statesText(room int) string {
	var states []int
	for state, n := range t.states {
		if n > 0 {
			states = append(states, state)
		}
	}
	slices.SortStableFunc(states, func(a, b int) int { return t.states[b] - t.states[a] })
	var texts [len(t.states)]string
	for _, state := range states {
		text := "  " + grouped(t.states[state]) + " " + sock.State(state).String()
		if room -= render.Cells(text); room < 0 {
			break
		}
		texts[state] = text
	}
	return strings.Join(texts[:], "")
}

// grouped is a number with a comma behind each thousand.
func grouped(n int) string {
	text := strconv.Itoa(n)
	for at := len(text) - 3; at > 0; at -= 3 {
		text = text[:at] + "," + text[at:]
	}
	return text
}

func socketsText(n int) string {
	if n == 1 {
		return "1 socket"
	}
	return grouped(n) + " sockets"
}

// filterLine shows the filter, the order and the groups; the one that is typed with
// the cursor.
func (m *model) filterLine(s *screen) string {
	if m.prompt != nil && m.prompt.label != exportLabel {
		return m.promptLine(s)
	}
	order := orderText(m.sort)
	if order == "" {
		order = "none"
	}
	order, group := "order "+order+" ", "group "+m.groupText()+" "
	short := order
	if m.grouping() != nil {
		short = group
	}
	filter := escape.Text(m.filterText)
	if filter == "" {
		filter = m.look(dim, "none")
	}
	left := " filter " + filter
	if m.groups == nil && m.pass != nil {
		left += "  " + m.look(dim, "("+grouped(len(m.order))+")")
	}
	return m.between(left, m.beside(left, order+" "+group, short))
}

// groupText says how rows are grouped, and in which group this is.
func (m *model) groupText() string {
	by := m.grouping()
	if by == nil {
		return "none"
	}
	var names []string
	for _, c := range by {
		names = append(names, c.Name)
	}
	text := strings.Join(names, ",")
	if m.inside != nil {
		text += " = " + m.inside.text
	}
	return text
}

// promptLine shows the line that is typed, scrolled so that the cursor is on the screen.
func (m *model) promptLine(s *screen) string {
	p := m.prompt
	from := m.promptFrom()
	s.x = render.Cells(m.promptLabel()) + render.Cells(string(p.text[from:p.at]))
	s.y = len(s.lines)
	return m.look(bold, m.promptLabel()) + string(p.text[from:])
}

func (m *model) promptLabel() string { return " " + m.prompt.label + " " }

// promptFrom returns the first character of the prompt that is shown.
func (m *model) promptFrom() int {
	p := m.prompt
	room := max(4, m.width-render.Cells(m.promptLabel())-1)
	from := p.at
	for from > 0 && render.Cells(string(p.text[from-1:p.at])) <= room {
		from--
	}
	return from
}

// mistakeLines are carets under what is wrong, and what that is.
func (m *model) mistakeLines() []string {
	p := m.prompt
	text := string(p.text)
	from := len(string(p.text[:m.promptFrom()]))
	begin := min(max(p.wrong.offset, from), len(text))
	end := min(begin+p.wrong.length, len(text))
	blank := strings.Repeat(" ", render.Cells(m.promptLabel())+render.Cells(text[from:begin]))
	carets := strings.Repeat("^", max(1, render.Cells(text[begin:end])))
	return []string{
		blank + m.look(red, carets),
		" " + m.look(red, escape.Text(p.wrong.message)),
	}
}
