package top

import (
	"fmt"
	"strconv"
	"strings"

	"sockeye/render"
	"sockeye/sock"
	"sockeye/sock/change"
	"sockeye/sock/escape"
)

// The looks of lines, where colour is allowed (ECMA-48 section 8.3.117). They are
// those of the terminal itself, so that they can be read on a light one too, and never
// the only mark of anything.
const (
	bold    = "\x1b[1m"
	dim     = "\x1b[2m"
	inverse = "\x1b[7m"
	red     = "\x1b[31m"
	green   = "\x1b[32m"
	yellow  = "\x1b[33m"
	ending  = "\x1b[0m"
)

// screen is what is to be seen: a line for each of the terminal's, and where the
// cursor stands; x is negative if nowhere.
type screen struct {
	lines []string
	x, y  int
}

// parts are how many lines each part of the screen has, from top to bottom.
type parts struct{ header, filter, mistake, heading, list, details, owner, foot int }

// parts shares the lines out. What matters least is left out first, the list never.
func (m *model) parts() parts {
	p := parts{header: 1, filter: 1, heading: 1, owner: 1, foot: 1}
	if m.prompt != nil && m.prompt.wrong != nil {
		p.mistake = 2
	}
	if m.question != nil {
		p.foot = len(m.question.lines) + 1
	}
	if m.details {
		p.details = max(3, m.height*2/5)
	}
	rest := func() int {
		return m.height - p.header - p.filter - p.mistake - p.heading - p.details - p.owner - p.foot
	}
	for _, part := range []*int{&p.owner, &p.details, &p.header, &p.heading, &p.filter, &p.mistake} {
		if rest() < min(3, m.height) && !(part == &p.filter && m.prompt != nil) {
			*part = 0
		}
	}
	p.list = max(1, rest())
	return p
}

func (m *model) listHeight() int   { return m.parts().list }
func (m *model) detailHeight() int { return m.parts().details }

// view draws the screen.
func (m *model) view() screen {
	s := screen{x: -1}
	if m.helping && m.question == nil {
		s.lines = m.helpView()
	} else {
		m.draw(&s)
	}
	s.lines = s.lines[:min(len(s.lines), max(m.height, 1))]
	for i, line := range s.lines {
		s.lines[i] = m.clip(line)
	}
	return s
}

// draw draws the list with what stands around it.
func (m *model) draw(s *screen) {
	p := m.parts()
	rows := m.body(p.list) // which decides about the columns
	if p.header > 0 {
		s.lines = append(s.lines, m.headerLine())
	}
	if p.filter > 0 {
		s.lines = append(s.lines, m.filterLine(s))
	}
	if p.mistake > 0 {
		s.lines = append(s.lines, m.mistakeLines()...)
	}
	if p.heading > 0 {
		s.lines = append(s.lines, m.heading())
	}
	s.lines = append(s.lines, rows...)
	if p.details > 0 {
		s.lines = append(s.lines, m.detailView(p.details)...)
	}
	if p.owner > 0 {
		s.lines = append(s.lines, m.ownerLine())
	}
	s.lines = append(s.lines, m.foot(s)...)
}

// clip cuts a line at the edge of the screen.
func (m *model) clip(line string) string {
	out, _ := render.Clip(nil, []byte(line), 0, m.width)
	return string(out)
}

// look puts a look around a text, if colour is allowed.
func (m *model) look(sgr, text string) string {
	if !m.Shape.Color || text == "" {
		return text
	}
	return sgr + strings.ReplaceAll(text, ending, ending+sgr) + ending
}

// between fills the space between what stands on the left and on the right of a line.
// The left is cut if there is no room for both.
func (m *model) between(left, right string) string {
	room := m.width - render.Cells(right)
	if right == "" || room < 10 {
		return left
	}
	out, used := render.Clip(nil, []byte(left), 0, room-2)
	return string(out) + strings.Repeat(" ", room-used) + right
}

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

// gutter is the room for the cursor and the marks in front of a row.
const gutter = 3

var signs = [...]string{change.Same: " ", change.Opened: "+", change.Changed: "~", change.Closed: "-", change.Left: " "}

// body draws the list.
func (m *model) body(height int) []string {
	lines := make([]string, 0, height)
	end := min(m.top+height, m.lines())
	if m.groups != nil {
		for line := m.top; line < end; line++ {
			lines = append(lines, m.line(line == m.cursor, change.Same, m.groupLine(m.groups[line])))
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
	m.grid.Fit(max(1, m.width-gutter), sockets)
	m.widest = gutter + m.grid.Width()
	all := make([][]byte, len(sockets))
	for i, s := range sockets {
		all[i] = m.grid.AppendRow(nil, s)
		m.widest = max(m.widest, gutter+render.Cells(string(all[i])))
	}
	m.left = max(0, min(m.left, m.widest-m.width))
	var cut []byte
	for i, text := range all {
		cut, _ = render.Clip(cut[:0], text, m.left, m.width-gutter)
		lines = append(lines, m.line(from+i == m.cursor, m.rowAt(from+i).mark, string(cut)))
	}
	return lines
}

// line puts the cursor and the mark in front of a row.
func (m *model) line(chosen bool, mark change.Kind, text string) string {
	sign := signs[mark]
	switch mark {
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
	text, _ := render.Clip(nil, m.grid.AppendHeader(nil), m.left, m.width-gutter)
	return "   " + string(text)
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
	cut, used := render.Clip(nil, []byte(name), 0, room)
	text := string(cut) + strings.Repeat(" ", room-used)
	for _, n := range numbers {
		text += fmt.Sprintf(" %8s", n)
	}
	return text
}

// detailView shows the details below a line that parts them from the list.
func (m *model) detailView(height int) []string {
	all := m.detailLines()
	shown := all[min(m.detailTop, len(all)):]
	title := " details "
	if m.detailTop > 0 || len(shown) > height-1 {
		title += "(J, K scroll) "
	}
	lines := []string{m.look(dim, "─"+title+strings.Repeat("─", max(0, m.width-1-render.Cells(title))))}
	lines = append(lines, shown[:min(len(shown), height-1)]...)
	for len(lines) < height {
		lines = append(lines, "")
	}
	return lines
}

// ownerLine says who holds what is chosen, and how fast it was lately.
func (m *model) ownerLine() string {
	r := m.current()
	if r == nil {
		return ""
	}
	var x record
	s := x.of(r)
	left := " " + ownerText(s)
	if s.Knows(sock.FieldUser) && s.User != "" {
		left += "  " + escape.Text(s.User)
	}
	t := m.trails[r.key]
	if t == nil {
		return left
	}
	room := max(5, min(remembered, (m.width-render.Cells(left)-40)/2))
	last := len(t.in) - 1
	right := fmt.Sprintf("in %s %s/s  out %s %s/s ", spark(t.in, room), rateText(t.in[last], true), spark(t.out, room), rateText(t.out[last], true))
	return m.between(left, right)
}

// sparks are the heights of a spark line.
var sparks = []rune("▁▂▃▄▅▆▇█")

// spark draws the last numbers of a list as heights, the highest of them as the full one.
func spark(list []uint64, room int) string {
	list = list[max(0, len(list)-room):]
	most := uint64(1)
	for _, v := range list {
		most = max(most, v)
	}
	text := make([]rune, len(list))
	for i, v := range list {
		text[i] = sparks[int(float64(v)/float64(most)*float64(len(sparks)-1)+0.5)]
	}
	return string(text)
}

// foot shows a question, a prompt, a note or the keys.
func (m *model) foot(s *screen) []string {
	switch {
	case m.question != nil:
		var lines []string
		for _, line := range m.question.lines {
			lines = append(lines, " "+m.look(bold, line))
		}
		text := " "
		for _, a := range m.question.answers {
			text += m.look(bold, a.key) + " " + a.text + "  "
		}
		return append(lines, text+m.look(dim, "any other key: no"))
	case m.prompt != nil && m.prompt.label == exportLabel:
		return []string{m.promptLine(s)}
	case m.note != "":
		return []string{" " + m.look(yellow, m.note)}
	}
	return []string{m.keysLine()}
}

// keysLine shows the most important keys, as many as there is room for.
func (m *model) keysLine() string {
	line, used := "", 0
	var last string // quit is always there
	for _, s := range sections() {
		for _, b := range s.keys {
			if b.short == "" || b.offered != nil && !b.offered(m) {
				continue
			}
			if b.keys[0] == "q" {
				last = b.short
				continue
			}
			if used+2+len(b.short)+len("  q quit") > m.width {
				continue
			}
			key, text, _ := strings.Cut(b.short, " ")
			line += " " + m.look(bold, key) + " " + text + " "
			used += 2 + len(b.short)
		}
	}
	key, text, _ := strings.Cut(last, " ")
	return line + " " + m.look(bold, key) + " " + text
}
