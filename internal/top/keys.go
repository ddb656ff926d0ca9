package top

import (
	"context"
	"slices"
)

// binding is what keys do.
type binding struct {
	keys  []string // as bubbletea calls them
	shown string   // as people do
	text  string
	short string // in the last line of the screen; empty: it has no room there
	do    func(*model) []effect
	// offered reports whether it is possible here; nil: everywhere.
	offered func(*model) bool
}

// section is a part of the help.
type section struct {
	title string
	keys  []binding
}

// plain is what a key does that needs nothing of the machine.
func plain(do func(*model)) func(*model) []effect {
	return func(m *model) []effect {
		do(m)
		return nil
	}
}

// by moves the cursor.
func by(lines func(*model) int) func(*model) []effect {
	return func(m *model) []effect { return m.move(m.cursor + lines(m)) }
}

func fixed(n int) func(*model) int { return func(*model) int { return n } }

// sections are all keys, as the help shows them. Movement is as in less; no action has
// a letter that moves.
func sections() []section {
	return []section{
		{"Movement", []binding{
			{keys: []string{"j", "down", "ctrl+n"}, shown: "j, Down", text: "next line", do: by(fixed(1))},
			{keys: []string{"k", "up", "ctrl+p"}, shown: "k, Up", text: "line before", do: by(fixed(-1))},
			{keys: []string{"space", "f", "pgdown", "ctrl+f"}, shown: "Space, f, PgDn", text: "next screen", do: by(func(m *model) int { return m.listHeight() })},
			{keys: []string{"b", "pgup", "ctrl+b"}, shown: "b, PgUp", text: "screen before", do: by(func(m *model) int { return -m.listHeight() })},
			{keys: []string{"d", "ctrl+d"}, shown: "d", text: "half a screen down", do: by(func(m *model) int { return max(1, m.listHeight()/2) })},
			{keys: []string{"u", "ctrl+u"}, shown: "u", text: "half a screen up", do: by(func(m *model) int { return -max(1, m.listHeight()/2) })},
			{keys: []string{"g", "home"}, shown: "g, Home", text: "first line", do: func(m *model) []effect { return m.move(0) }},
			{keys: []string{"G", "end"}, shown: "G, End", text: "last line", do: func(m *model) []effect { return m.move(m.lines() - 1) }},
			{keys: []string{"h", "left"}, shown: "h, Left", text: "scroll to the left", do: plain(func(m *model) { m.scroll(-sideways) })},
			{keys: []string{"l", "right"}, shown: "l, Right", text: "scroll to the right, where the columns have no room", do: plain(func(m *model) { m.scroll(sideways) })},
		}},
		{"What is shown", []binding{
			{keys: []string{"/"}, shown: "/", short: "/ filter", text: "filter, applied while it is typed; Up and Down bring earlier ones, Esc takes it back", do: plain((*model).askFilter)},
			{keys: []string{"o"}, shown: "o", short: "o order", text: "order, as of --sort: -send_rate,pid", do: plain((*model).askOrder)},
			{keys: []string{"O"}, shown: "O", text: "the order the other way round", do: plain((*model).reverse)},
			{keys: []string{"B"}, shown: "B", short: "B group", text: "group by the next: process, container, namespace, remote address, state, nothing", do: (*model).nextGroup},
			{keys: []string{"enter"}, shown: "Enter", short: "Enter details", text: "details of the line; of a group its sockets", do: (*model).open},
			{keys: []string{"w"}, shown: "w", text: "what the state of the line means, and why it has no owner", do: (*model).explain},
			{keys: []string{"!"}, shown: "!", text: "what doctor finds: the evidence, what it means, what to try", do: func(m *model) []effect { return m.turn(troublePane) },
				offered: func(m *model) bool { return m.machine.Doctor != nil }},
			{keys: []string{"J"}, shown: "J", text: "scroll the details down", do: plain(func(m *model) { m.scrollDetail(1) })},
			{keys: []string{"K"}, shown: "K", text: "scroll the details up", do: plain(func(m *model) { m.scrollDetail(-1) })},
			{keys: []string{"p"}, shown: "p", short: "p pause", text: "freeze the screen, and go on", do: (*model).freeze},
			{keys: []string{"r"}, shown: "r", text: "list at once", do: (*model).relist},
			{keys: []string{"esc"}, shown: "Esc", text: "back: out of the details, out of a group", do: plain((*model).back)},
		}},
		{"Actions", []binding{
			{keys: []string{"c"}, shown: "c", short: "c close", text: "close the connection; its peer gets a reset. Asks first", do: (*model).askClose,
				offered: func(m *model) bool { return m.machine.Close != nil }},
			{keys: []string{"x"}, shown: "x", short: "x signal", text: "send a signal to the owner. Asks first, and says what else it holds", do: (*model).askSignal,
				offered: func(m *model) bool { return m.machine.Process != nil }},
			{keys: []string{"y"}, shown: "y", text: "copy the line, to the clipboard of the terminal (OSC 52)", do: (*model).copyLine},
			{keys: []string{"e"}, shown: "e", short: "e export", text: "write what the filter matches to a file, for --from, diff and jq", do: plain((*model).askExport),
				offered: func(m *model) bool { return m.machine.Export != nil }},
		}},
		{"The rest", []binding{
			{keys: []string{"?", "f1"}, shown: "?", short: "? help", text: "this help; it scrolls", do: plain(func(m *model) { m.helping, m.helpTop = true, 0 })},
			{keys: []string{"ctrl+z"}, shown: "Ctrl-Z", text: "suspend; fg brings it back", do: func(*model) []effect { return []effect{tell(suspendMessage{})} }},
			{keys: []string{"ctrl+l"}, shown: "Ctrl-L", text: "draw the screen anew", do: func(*model) []effect { return []effect{tell(redrawMessage{})} }},
			{keys: []string{"q", "ctrl+c"}, shown: "q, Ctrl-C", short: "q quit", text: "quit", do: func(*model) []effect { return []effect{tell(quitMessage{})} }},
		}},
	}
}

// redrawMessage asks for a screen that is drawn anew.
type redrawMessage struct{}

// tell is an effect that is a message and nothing more.
func tell(msg message) effect { return func(context.Context) message { return msg } }

// sideways is how many cells a line is scrolled at a time.
const sideways = 8

// scroll scrolls to the side, as far as a row is wider than the screen.
func (m *model) scroll(cells int) {
	m.left = max(0, min(m.left+cells, m.widest-m.width))
}

// key takes a key: it is for what stands before the list, else for the list.
func (m *model) key(key string) []effect {
	if key == "ctrl+c" || key == "ctrl+z" || key == "ctrl+l" {
		return m.command(key)
	}
	switch {
	case m.question != nil:
		return m.answer(key)
	case m.prompt != nil:
		return m.promptKey(key)
	case m.helping:
		m.helpKey(key)
		return nil
	}
	m.note = ""
	return m.command(key)
}

// command does what a key is bound to.
func (m *model) command(key string) []effect {
	for _, s := range sections() {
		for _, b := range s.keys {
			if slices.Contains(b.keys, key) && (b.offered == nil || b.offered(m)) {
				return b.do(m)
			}
		}
	}
	return nil
}

// typed takes text that is no command, since a terminal says that it was pasted.
func (m *model) typed(text string) []effect {
	if m.prompt == nil {
		return nil
	}
	m.prompt.insert(text)
	return m.prompt.changed(m)
}

// open shows the details, or the rows of a group.
func (m *model) open() []effect {
	if m.groups != nil {
		m.enter()
		return m.readDetail()
	}
	return m.turn(factsPane)
}

// back leaves what was opened last.
func (m *model) back() {
	switch {
	case m.details:
		m.details = false
		m.reveal()
	case m.inside != nil:
		m.leave()
	}
}
