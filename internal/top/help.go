package top

import (
	"strings"

	"sockeye/render"
)

// helpLines are the lines of the help.
func (m *model) helpLines() []string {
	const column = 20
	var lines []string
	for _, s := range sections() {
		lines = append(lines, m.look(bold, " "+s.title))
		for _, b := range s.keys {
			if b.offered != nil && !b.offered(m) {
				continue
			}
			text := "   " + b.shown + strings.Repeat(" ", max(1, column-3-len(b.shown))) + b.text
			lines = append(lines, strings.Split(render.Wrap(text, m.width-1, strings.Repeat(" ", column)), "\n")...)
		}
		lines = append(lines, "")
	}
	for _, text := range []string{
		"The mouse chooses a line, sorts by a heading and, with its wheel, scrolls.",
		"In front of a row + is new, ~ changed and - closed; > is the line that is chosen, which stays the same socket wherever it goes.",
		m.briefHelp() + ".",
		"A filter is that of the command line: state established and dst 10.0.0.0/8",
	} {
		lines = append(lines, strings.Split(render.Wrap(" "+text, m.width-1, " "), "\n")...)
	}
	return lines
}

// helpView shows as much of the help as there is room for.
func (m *model) helpView() []string {
	all := m.helpLines()
	height := max(1, m.height-1)
	m.helpTop = max(0, min(m.helpTop, len(all)-height))
	shown := all[m.helpTop:min(m.helpTop+height, len(all))]
	lines := append(make([]string, 0, m.height), shown...)
	for len(lines) < height {
		lines = append(lines, "")
	}
	last := " q, Esc: back"
	if len(all) > height {
		last += "   j, k, Space, b: scroll"
	}
	return append(lines, m.look(dim, last))
}

// helpKey scrolls the help or leaves it.
func (m *model) helpKey(key string) {
	screen := max(1, m.height-2)
	switch key {
	case "j", "down":
		m.helpTop++
	case "k", "up":
		m.helpTop--
	case "space", "f", "pgdown":
		m.helpTop += screen
	case "b", "pgup":
		m.helpTop -= screen
	case "g", "home":
		m.helpTop = 0
	case "G", "end":
		m.helpTop = len(m.helpLines())
	case "q", "esc", "?", "enter":
		m.helping = false
	}
	m.helpTop = max(0, min(m.helpTop, len(m.helpLines())-max(1, m.height-1)))
}
