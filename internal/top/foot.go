package top

import (
	"fmt"
	"strings"

	"sockeye/render"
	"sockeye/sock"
	"sockeye/sock/escape"
)

// detailView shows the pane below a line that parts them from the list.
func (m *model) detailView(height int) []string {
	all := m.detailLines()
	shown := all[min(m.detailTop, len(all)):]
	title := " " + m.paneTitle() + " "
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
	switch {
	case r.brief:
		return m.between(left, lifeText(s)+" ")
	case t == nil:
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
