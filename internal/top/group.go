package top

import (
	"bytes"
	"cmp"
	"hash/maphash"
	"slices"

	"sockeye/render"
	"sockeye/sock"
	"sockeye/sock/change"
	"sockeye/sock/fact"
)

// group is the rows that have the same values, counted.
type group struct {
	key    uint64
	values string // of the columns, with a NUL behind each
	text   string // for people
	by     []*render.Column

	sockets, opened, closed int
	in, out                 uint64
	rated                   bool
}

// grouping returns the columns that rows are grouped by; nil: none are.
func (m *model) grouping() []*render.Column {
	if m.group < 0 || m.group >= len(m.Groups) {
		return nil
	}
	return m.Groups[m.group]
}

// nextGroup groups by the next thing that there is, and by nothing after the last.
func (m *model) nextGroup() []effect {
	before := m.asked()
	m.group++
	if m.group >= len(m.Groups) {
		m.group = -1
	}
	m.inside, m.chosen, m.cursor, m.top = nil, 0, 0, 0
	m.arrange()
	return append(m.relistFor(before), m.readDetail()...)
}

// valuesOf appends what tells the groups apart.
func valuesOf(dst []byte, by []*render.Column, s *sock.Socket) []byte {
	for _, c := range by {
		dst = append(c.AppendValue(&fact.View{}, dst, s), 0) // no value holds a NUL
	}
	return dst
}

// holds reports whether a socket belongs to the group.
func (g *group) holds(m *model, s *sock.Socket) bool {
	var room [128]byte
	return string(valuesOf(room[:0], g.by, s)) == g.values
}

// gather makes the groups of the rows, the largest first.
func (m *model) gather() {
	by := m.grouping()
	if m.groups = nil; by == nil || m.inside != nil {
		return
	}
	all := map[string]*group{}
	m.groups = []*group{}
	var values []byte
	for _, rank := range m.ranks {
		r := &m.pass.rows[rank.place]
		s := m.scratch[0].of(r)
		values = valuesOf(values[:0], by, s)
		g := all[string(values)]
		if g == nil {
			g = &group{key: maphash.Bytes(seed, values) | 1, values: string(values), text: groupText(by, s), by: by}
			all[g.values] = g
			m.groups = append(m.groups, g)
		}
		g.add(r)
	}
	slices.SortFunc(m.groups, func(a, b *group) int {
		return cmp.Or(cmp.Compare(b.sockets, a.sockets), cmp.Compare(b.closed, a.closed), cmp.Compare(a.values, b.values))
	})
}

func (g *group) add(r *row) {
	switch r.mark {
	case change.Closed:
		if g.closed++; r.brief {
			g.opened++
		}
		return
	case change.Opened:
		g.opened++
	}
	g.sockets++
	if r.known&sock.FieldRates != 0 {
		g.rated = true
		g.in += r.rates.Receive
		g.out += r.rates.Send
	}
}

// groupText is what people call a group.
func groupText(by []*render.Column, s *sock.Socket) string {
	var text []byte
	for i, c := range by {
		if i > 0 {
			text = append(text, "  "...)
		}
		start := len(text)
		if text = c.AppendShown(&fact.View{}, text, s); len(text) == start {
			text = append(text, '-')
		}
	}
	return string(text)
}

// enter shows the rows of the chosen group.
func (m *model) enter() {
	if m.cursor >= len(m.groups) {
		return
	}
	m.inside = m.groups[m.cursor]
	m.chosen, m.cursor, m.top = 0, 0, 0
	m.arrange()
}

// leave shows the groups again, with the one that was left chosen.
func (m *model) leave() {
	m.chosen, m.inside = m.inside.key, nil
	m.arrange()
}

// rateText is a rate as people read it.
func rateText(v uint64, known bool) string {
	if !known {
		return "-"
	}
	s := sock.Socket{Known: sock.FieldRates, Rates: sock.Rates{Known: sock.RateReceive, Receive: v}}
	return string(bytes.TrimSuffix(fact.Lookup("recv_rate").AppendShown(&fact.View{}, nil, &s), []byte("/s")))
}
