package top

import (
	"context"
	"errors"
	"slices"
	"strings"

	"sockeye/render"
	"sockeye/sock"
	"sockeye/sock/filter"
)

// ErrUnresolved is the error of a filter whose names of hosts have to be looked up.
var ErrUnresolved = errors.New("names of hosts are looked up with Enter")

// filterMessage is a filter whose names were looked up.
type filterMessage struct {
	text   string
	filter *filter.Filter
	err    error
}

// askFilter begins to type a filter.
func (m *model) askFilter() {
	text, before := m.filterText, m.Filter
	p := newPrompt("filter", text)
	p.earlier = m.history
	p.changed = func(m *model) []effect { return m.tryFilter(p) }
	p.cancel = func(m *model) {
		m.filterText = text
		m.apply(before)
	}
	p.done = func(m *model) ([]effect, bool) { return m.finishFilter(p) }
	m.prompt = p
}

// tryFilter applies what is typed if it is a filter; else the one before stays.
func (m *model) tryFilter(p *prompt) []effect {
	text := string(p.text)
	f, err := m.machine.Parse(text, false)
	if p.wrong = mistakeOf(text, err); err != nil {
		m.reveal()
		return nil
	}
	m.filterText = text
	return m.apply(f)
}

// finishFilter ends typing; not if there is a mistake.
func (m *model) finishFilter(p *prompt) ([]effect, bool) {
	text := string(p.text)
	f, err := m.machine.Parse(text, false)
	if errors.Is(err, ErrUnresolved) {
		p.wrong = &mistake{message: "the names are looked up", offset: len(text)}
		parse := m.machine.Parse
		return []effect{func(context.Context) message {
			f, err := parse(text, true)
			return filterMessage{text, f, err}
		}}, false
	}
	if p.wrong = mistakeOf(text, err); err != nil {
		return nil, false
	}
	m.keepText(text)
	return m.apply(f), true
}

// lookedUp takes a filter whose names were looked up, unless another was typed since.
func (m *model) lookedUp(msg filterMessage) []effect {
	if m.prompt == nil || m.prompt.label != "filter" || string(m.prompt.text) != msg.text {
		return nil
	}
	if m.prompt.wrong = mistakeOf(msg.text, msg.err); msg.err != nil {
		return nil
	}
	m.prompt = nil
	m.keepText(msg.text)
	return m.apply(msg.filter)
}

// keepText makes a text the one of the filter and remembers it.
func (m *model) keepText(text string) {
	m.filterText = text
	if text = strings.TrimSpace(text); text == "" {
		return
	}
	m.history = append(slices.DeleteFunc(slices.Clone(m.history), func(s string) bool { return s == text }), text)
	if len(m.history) > mostHistory {
		m.history = m.history[1:]
	}
}

// mostHistory is how many filters are remembered.
const mostHistory = 100

// apply filters by f. What it looks at and is not held is listed at once.
func (m *model) apply(f *filter.Filter) []effect {
	before := m.asked()
	if f.NamesTables() || m.Filter.NamesTables() || f.Protocols() != m.Filter.Protocols() {
		before = wish{} // these may be others
	}
	m.Filter = f
	m.grid.Reset()
	m.arrange()
	return append(m.relistFor(before), m.readDetail()...)
}

// asked is what passes hold.
func (m *model) asked() wish { return m.asks().wish }

// relistFor lists at once if more is asked for than before.
func (m *model) relistFor(before wish) []effect {
	if now := m.asked(); now.facts&^before.facts != 0 || now.info && !before.info {
		return m.relist()
	}
	return nil
}

// mistakeOf is where a filter is wrong; nil if it is not.
func mistakeOf(text string, err error) *mistake {
	var syntax *filter.SyntaxError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &syntax):
		return &mistake{syntax.Error(), syntax.Offset, syntax.Length}
	}
	return &mistake{message: err.Error(), offset: len(text)}
}

// askOrder begins to type an order.
func (m *model) askOrder() {
	before, ordered := m.sort, m.ordered
	p := newPrompt("order", orderText(m.sort))
	p.changed = func(m *model) []effect {
		keys, err := parseOrder(string(p.text), m.Facts)
		if p.wrong = m.mistakeOfOrder(string(p.text), err); err != nil {
			return nil
		}
		return m.orderBy(keys)
	}
	p.cancel = func(m *model) {
		m.orderBy(before)
		m.ordered = ordered
	}
	p.done = func(*model) ([]effect, bool) { return nil, p.wrong == nil }
	m.prompt = p
}

// parseOrder reads keys of sorting; no text is no order.
func parseOrder(text string, facts sock.Field) ([]render.SortKey, error) {
	if text = strings.TrimSpace(text); text == "" || text == "none" {
		return nil, nil
	}
	keys, err := render.ParseSort(text)
	if err != nil {
		return nil, err
	}
	for _, k := range keys {
		if k.Column.Needs&^facts != 0 && !k.Column.Joined() {
			return nil, errors.New(k.Column.Name + " is not known here")
		}
	}
	return keys, nil
}

// mistakeOfOrder is the first key of an order that is wrong; nil if there is none.
func (m *model) mistakeOfOrder(text string, err error) *mistake {
	at := 0
	for item := range strings.SplitSeq(text, ",") {
		key := strings.TrimSpace(item)
		if _, err := parseOrder(key, m.Facts); err != nil {
			return &mistake{err.Error(), at + strings.Index(item, key), len(key)}
		}
		at += len(item) + len(",")
	}
	return mistakeOf(text, err)
}

// orderBy sorts by keys.
func (m *model) orderBy(keys []render.SortKey) []effect {
	before := m.asked()
	m.sort, m.ordered = keys, true
	m.arrange()
	return m.relistFor(before)
}

// reverse turns the order round.
func (m *model) reverse() {
	if len(m.sort) == 0 {
		m.note = "there is no order: o chooses one"
		return
	}
	keys := slices.Clone(m.sort)
	for i := range keys {
		keys[i].Desc = !keys[i].Desc
	}
	m.sort, m.ordered = keys, true
	m.arrange()
}

// orderText is an order as it is typed.
func orderText(keys []render.SortKey) string {
	var words []string
	for _, k := range keys {
		name := k.Column.Name
		if k.Desc {
			name = "-" + name
		}
		words = append(words, name)
	}
	return strings.Join(words, ",")
}
