package top

import (
	"fmt"
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
	right := fmt.Sprintf("every %v ", m.Interval)
	switch {
	case m.pass == nil && !m.frozen:
		return m.between(left, right)
	case m.frozen:
		right = m.look(yellow, "paused") + " "
	}
	t := &m.pass.totals
	if t.rated {
		right = "in " + rateText(t.in, true) + "/s  out " + rateText(t.out, true) + "/s   " + right
	}
	add := func(text string) { // if there is room for it
		if render.Cells(left)+render.Cells(text)+render.Cells(right)+4 <= m.width {
			left += "  " + text
		}
	}
	add(socketsText(t.sockets))
	for state, n := range t.states {
		if n > 0 {
			add(grouped(n) + " " + sock.State(state).String())
		}
	}
	if m.pass.number > 1 {
		add(fmt.Sprintf("+%d ~%d -%d", t.opened, t.changed, t.closed))
	}
	return m.between(left, right)
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
	right := "order " + order + "  group " + m.groupText() + " "
	filter := escape.Text(m.filterText)
	if filter == "" {
		filter = m.look(dim, "none")
	}
	left := " filter " + filter
	if m.groups == nil && m.pass != nil {
		left += "  " + m.look(dim, "("+grouped(len(m.order))+")")
	}
	return m.between(left, right)
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
