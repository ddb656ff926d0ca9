package top

import (
	"strings"

	"sockeye/internal/explain"
	"sockeye/sock"
)

// pane is what stands below the list when the details are open.
type pane uint8

const (
	factsPane   pane = iota // all that is known of the socket
	meaningPane             // what its state means, and why it has no owner
	troublePane             // what doctor found
)

// turn opens the pane with something, or closes it if that is what stands there.
func (m *model) turn(to pane) []effect {
	m.details = !m.details || m.pane != to
	m.pane, m.detailTop = to, 0
	if m.details && m.chosen == 0 {
		m.chosen = m.keyAt(m.cursor)
	}
	m.reveal()
	return m.readDetail()
}

// paneTitle says what stands in the pane.
func (m *model) paneTitle() string {
	return [...]string{factsPane: "details", meaningPane: "what it means", troublePane: "what is wrong"}[m.pane]
}

// explain shows what the state of the line means, and the reason for a missing owner.
func (m *model) explain() []effect {
	if m.details && m.pane == meaningPane {
		return m.turn(meaningPane) // which closes it, whatever is chosen
	}
	if m.meanings() == nil {
		m.note = "there is nothing to explain: Enter opens a group"
		return nil
	}
	return m.turn(meaningPane)
}

// meanings are what there is to say of the chosen line: of its state, and of the reason
// for a missing owner; of a group of one state, of that.
func (m *model) meanings() (all [][]*explain.Entry) {
	add := func(kind explain.Kind, word string) {
		if entries := explain.LookupKind(kind, word); len(entries) > 0 {
			all = append(all, entries)
		}
	}
	if m.groups != nil {
		if by := m.grouping(); m.cursor < len(m.groups) && len(by) == 1 && by[0].Name == "state" {
			add(explain.State, m.groups[m.cursor].text)
		}
		return all
	}
	r := m.current()
	if r == nil {
		return nil
	}
	add(explain.State, r.state.String())
	if r.known&sock.FieldOwners != 0 && r.status != sock.OwnerKnown {
		add(explain.OwnerStatus, r.status.String())
	}
	return all
}

// meaningLines are the lines of what the chosen line means.
func (m *model) meaningLines() []string {
	var lines []string
	for i, entries := range m.meanings() {
		if i > 0 {
			lines = append(lines, "")
		}
		for line := range strings.Lines(explain.Text(entries, max(20, m.width-2))) {
			lines = append(lines, " "+strings.TrimSuffix(line, "\n"))
		}
	}
	return lines
}
