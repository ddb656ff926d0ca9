package top

import (
	"strings"

	"sockeye/render"
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
type parts struct{ header, trouble, filter, mistake, heading, list, brief, details, owner, foot int }

// parts shares the lines out. What matters least is left out first, the list never.
func (m *model) parts() parts {
	p := parts{header: 1, filter: 1, heading: 1, owner: 1, foot: 1}
	if m.prompt != nil && m.prompt.wrong != nil {
		p.mistake = 2
	}
	if m.question != nil {
		p.foot = len(m.question.lines) + 1
	}
	if l := m.troubled(); l != nil && len(l.found) > 0 {
		p.trouble = 1
	}
	if m.details {
		p.details = max(3, m.height*2/5)
	}
	if m.pass != nil && m.pass.briefLine() != "" {
		p.brief = 1
	}
	rest := func() int {
		return m.height - p.header - p.trouble - p.filter - p.mistake - p.heading - p.brief - p.details - p.owner - p.foot
	}
	for _, part := range []*int{&p.owner, &p.trouble, &p.details, &p.brief, &p.header, &p.heading, &p.filter, &p.mistake} {
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
	if p.trouble > 0 {
		s.lines = append(s.lines, m.troubleLine())
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
	if p.brief > 0 {
		s.lines = append(s.lines, " "+m.look(yellow, m.pass.briefLine()))
	}
	if p.details > 0 {
		s.lines = append(s.lines, m.detailView(p.details)...)
	}
	if p.owner > 0 {
		s.lines = append(s.lines, m.ownerLine())
	}
	s.lines = append(s.lines, m.foot(s)...)
}

// clip cuts a line at the edge of the screen.
func (m *model) clip(line string) string { return cut(line, 0, m.width) }

// cut returns the cells of a line from one on, as many as there is room for. The last of
// them says if more follow: a part of a number is another number.
func cut(line string, from, room int) string {
	if room < 1 {
		return ""
	}
	more := render.Cells(line)-from > room
	if more {
		room--
	}
	out, _ := render.Clip(nil, []byte(line), from, room)
	if more {
		out = append(out, "…"...)
	}
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
	left = cut(left, 0, room-2)
	return left + strings.Repeat(" ", room-render.Cells(left)) + right
}

// beside returns the first of the texts that leaves room for the whole left of a line, or
// the last of them.
func (m *model) beside(left string, rights ...string) string {
	for _, right := range rights {
		if render.Cells(left)+2+render.Cells(right) <= m.width {
			return right
		}
	}
	return rights[len(rights)-1]
}
