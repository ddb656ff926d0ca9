package top

import (
	"context"
	"strings"

	"sockeye/sock"
)

// detailMessage is all that is known of a socket.
type detailMessage struct {
	key    uint64
	socket *sock.Socket // nil: it is not there
	err    error
}

// readDetail reads the details of what is chosen, if they are shown. One reading is
// under way at a time.
func (m *model) readDetail() []effect {
	r := m.current()
	if !m.details || m.pane != factsPane || m.detailing || m.frozen || r == nil || m.machine.Detail == nil {
		return nil
	}
	if m.detail.key != r.key {
		m.detailTop = 0
	}
	if r.brief { // nothing else knows more
		m.detail = detailMessage{key: r.key, socket: m.whole(r)}
		return nil
	}
	m.detailing = true
	key, s, detail := r.key, m.whole(r), m.machine.Detail
	return []effect{func(ctx context.Context) message {
		found, err := detail(ctx, s)
		return detailMessage{key, found, err}
	}}
}

// whole returns a copy of a row's socket that may be kept.
func (m *model) whole(r *row) *sock.Socket {
	var x record
	return x.of(r).Clone()
}

// detailed takes details, and asks for those of what was chosen meanwhile.
func (m *model) detailed(msg detailMessage) []effect {
	m.detailing = false
	if msg.socket == nil && msg.err == nil && m.detail.key == msg.key {
		msg.socket = m.detail.socket // as it was read last
	}
	m.detail = msg
	if r := m.current(); r != nil && r.key != msg.key {
		return m.readDetail()
	}
	return nil
}

// detailLines are the lines of the pane.
func (m *model) detailLines() []string {
	r := m.current()
	switch {
	case m.pane == meaningPane:
		return m.meaningLines()
	case m.pane == troublePane:
		return m.troubleLines()
	case r == nil:
		return nil
	case m.detail.key != r.key:
		return []string{" ..."}
	case m.detail.err != nil:
		return []string{" the details cannot be read: " + errorText(m.detail.err)}
	case m.detail.socket == nil:
		return []string{" it is not there any more"}
	}
	text := m.layout.AppendAll(nil, m.detail.socket, m.width)
	return strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
}

// scrollDetail scrolls the details.
func (m *model) scrollDetail(lines int) {
	if !m.details {
		return
	}
	m.detailTop = max(0, min(m.detailTop+lines, len(m.detailLines())-m.detailHeight()+1))
}
