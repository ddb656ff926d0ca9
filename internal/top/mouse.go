package top

import "sockeye/render"

// mouse scrolls, chooses a line, or sorts by the heading that was clicked.
func (m *model) mouse(msg mouseMessage) []effect {
	if m.helping {
		if msg.wheel != 0 {
			m.helpTop += msg.wheel
			m.helpView() // which keeps it in bounds
		}
		return nil
	}
	if m.question != nil || m.pass == nil {
		return nil
	}
	p := m.parts()
	heading := p.header + p.trouble + p.filter + p.mistake
	first := heading + p.heading
	switch line := m.top + msg.y - first; {
	case msg.wheel == 0 && p.trouble > 0 && msg.y == p.header:
		return m.turn(troublePane)
	case msg.wheel != 0 && p.details > 0 && msg.y >= first+p.list:
		m.scrollDetail(msg.wheel)
	case msg.wheel != 0:
		return m.move(m.cursor + msg.wheel)
	case p.heading > 0 && msg.y == heading && m.groups == nil:
		return m.sortBy(m.grid.ColumnAt(msg.x - gutter + m.left))
	case msg.y >= first && msg.y < first+p.list && line < m.lines():
		return m.move(line)
	}
	return nil
}

// sortBy sorts by a column, and the other way round if that is the order already.
// Numbers begin with the largest.
func (m *model) sortBy(c *render.Column) []effect {
	if c == nil {
		return nil
	}
	if len(m.sort) > 0 && m.sort[0].Column.Name == c.Name {
		m.reverse()
		return nil
	}
	return m.orderBy([]render.SortKey{{Column: c, Desc: c.Kind.Ordered() && c.Name != "pid"}})
}
