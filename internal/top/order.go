package top

import (
	"cmp"
	"slices"
	"strings"

	"sockeye/render"
	"sockeye/sock"
	"sockeye/sock/change"
	"sockeye/sock/fact"
)

// digits makes messages alike that differ in their numbers.
var digits = strings.NewReplacer("0", "", "1", "", "2", "", "3", "", "4", "", "5", "", "6", "", "7", "", "8", "", "9", "")

// rank is a row with what it is sorted by first, so that a sort need not look at the
// row for that.
type rank struct {
	number uint64
	text   string
	known  bool
	place  int32
}

// arrange works out which rows are shown in which order, after a pass, another filter,
// order or group. What is chosen stays chosen, at the same height.
func (m *model) arrange() {
	if m.pass == nil {
		return
	}
	above := m.cursor - m.top
	m.ranks = m.ranks[:0]
	first := m.firstKey()
	for i := range m.pass.rows {
		s := m.scratch[0].of(&m.pass.rows[i])
		if m.Filter.Match(s) && (m.inside == nil || m.inside.holds(m, s)) {
			m.ranks = append(m.ranks, rankOf(int32(i), s, first))
		}
	}
	m.gather()
	if m.grouping() == nil || m.inside != nil {
		m.groups = nil
		m.sortRows(first)
	}
	m.order = m.order[:0]
	for _, r := range m.ranks {
		m.order = append(m.order, r.place)
	}
	m.find()
	m.top = m.cursor - above
	m.reveal()
}

// firstKey returns the first key of the order if rows can be ranked by it.
func (m *model) firstKey() *fact.Fact {
	if len(m.sort) == 0 || m.sort[0].Column.Joined() || m.sort[0].Column.Composite() {
		return nil
	}
	f := m.sort[0].Column.Fact
	if f.Textual() && f.Kind == fact.List {
		return nil
	}
	return f
}

func rankOf(place int32, s *sock.Socket, f *fact.Fact) rank {
	r := rank{place: place}
	switch {
	case f == nil:
	case f.Textual():
		r.text, r.known = f.Text(s)
	default:
		r.number, r.known = f.Number(s)
	}
	return r
}

// sortRows puts the rows in order; those that are alike stand as they were first seen,
// and without an order what listens comes first.
func (m *model) sortRows(first *fact.Fact) {
	rows := m.pass.rows
	keys := m.sort
	if first != nil {
		keys = keys[1:]
	}
	slices.SortFunc(m.ranks, func(a, b rank) int {
		if first != nil {
			if n := a.compare(b, m.sort[0].Desc); n != 0 {
				return n
			}
		}
		x, y := &rows[a.place], &rows[b.place]
		if len(keys) > 0 {
			if n := render.CompareBy(keys, m.scratch[0].of(x), m.scratch[1].of(y)); n != 0 {
				return n
			}
		}
		return cmp.Or(cmp.Compare(x.protocol, y.protocol), listensFirst(x, y), cmp.Compare(x.born, y.born))
	})
}

// compare compares by the first key; what has no value comes last in either direction.
func (a rank) compare(b rank, descends bool) int {
	switch {
	case a.known != b.known && a.known:
		return -1
	case a.known != b.known:
		return 1
	case descends:
		a, b = b, a
	}
	return cmp.Or(cmp.Compare(a.number, b.number), strings.Compare(a.text, b.text))
}

func listensFirst(x, y *row) int {
	a, b := sock.ListeningStates.Has(x.state), sock.ListeningStates.Has(y.state)
	switch {
	case a == b:
		return 0
	case a:
		return -1
	}
	return 1
}

// lines is the number of lines of the list.
func (m *model) lines() int {
	if m.groups != nil {
		return len(m.groups)
	}
	return len(m.order)
}

// keyAt returns what stands on a line; 0 if nothing does.
func (m *model) keyAt(line int) uint64 {
	switch {
	case line < 0 || line >= m.lines():
		return 0
	case m.groups != nil:
		return m.groups[line].key
	}
	return m.rowAt(line).key
}

func (m *model) rowAt(line int) *row { return &m.pass.rows[m.order[line]] }

// current returns the chosen row; nil if there is none.
func (m *model) current() *row {
	if m.groups != nil || m.cursor >= len(m.order) {
		return nil
	}
	return m.rowAt(m.cursor)
}

// find moves the cursor to what is chosen. If that is gone, what stands in its place
// now is chosen. As long as nobody has chosen, the first line is it.
func (m *model) find() {
	if m.chosen == 0 {
		m.cursor = 0
		return
	}
	for line := range m.lines() {
		if m.keyAt(line) == m.chosen {
			m.cursor = line
			return
		}
	}
	m.cursor = max(0, min(m.cursor, m.lines()-1))
	m.chosen = m.keyAt(m.cursor)
}

// move moves the cursor to a line, and chooses it.
func (m *model) move(line int) []effect {
	m.cursor = max(0, min(line, m.lines()-1))
	m.chosen = m.keyAt(m.cursor)
	if m.pane == meaningPane {
		m.detailTop = 0
	}
	m.reveal()
	return m.readDetail()
}

// reveal scrolls so that the cursor is on the screen, and as little as possible is
// empty.
func (m *model) reveal() {
	height := m.listHeight()
	m.top = min(m.top, m.lines()-height, m.cursor)
	m.top = max(m.top, m.cursor-height+1, 0)
}

// trail is how fast a connection was in the last passes.
type trail struct{ in, out []uint64 }

// remembered is how many passes a trail goes back.
const remembered = 60

// remember notes the rates of what is on the screen, so that what is chosen there has
// a past; of the rest nothing is kept.
func (m *model) remember() {
	seen := map[uint64]*trail{}
	note := func(r *row) {
		if r.mark == change.Closed || r.known&sock.FieldRates == 0 {
			return
		}
		t := m.trails[r.key]
		if t == nil {
			t = &trail{}
		}
		t.in, t.out = shifted(t.in, r.rates.Receive), shifted(t.out, r.rates.Send)
		seen[r.key] = t
	}
	if m.groups == nil {
		for line := m.top; line < min(m.top+m.listHeight(), m.lines()); line++ {
			note(m.rowAt(line))
		}
	}
	m.trails = seen
}

// shifted appends a number and forgets the oldest.
func shifted(list []uint64, v uint64) []uint64 {
	if len(list) == remembered {
		copy(list, list[1:])
		list = list[:remembered-1]
	}
	return append(list, v)
}
