package render

import (
	"bufio"
	"io"
	"strconv"
	"time"

	"sockeye/sock"
	"sockeye/sock/escape"
	"sockeye/sock/fact"
)

// Event is what happened to a socket.
type Event struct {
	// Kind is the word of it in JSON: opened, changed or closed.
	Kind string
	Time time.Time
	// Initial: the socket was there already when the view began.
	Initial bool
	Socket  *sock.Socket
}

// Total is a number that is told when the events end, such as how many were lost.
type Total struct {
	Name   string // in JSON
	Number uint64
}

// Events writes what happens to sockets as NDJSON: an object a line, with the kind
// of the event, its time, what told it, and the members of the socket.
type Events struct {
	*output
	source  string
	members []*fact.Fact
}

// NewEvents returns the writer of the events that a source tells: "poll" compares
// listings, "destroy" is the multicast of the kernel. The layout is one of
// [NDJSON].
func NewEvents(w io.Writer, l *Layout, source string) *Events {
	return &Events{
		output: &output{w: bufio.NewWriterSize(w, 64<<10)}, source: source, members: l.members,
	}
}

// Event writes an event, of which it keeps nothing. It stays in a buffer until
// Flush, which a view calls when nothing more is at hand.
func (e *Events) Event(ev Event) error {
	buf := e.head(ev.Kind, ev.Time)
	if ev.Initial {
		buf = append(buf, `,"initial":true`...)
	}
	start := len(buf)
	buf = fact.AppendObject(buf, ev.Socket, e.members)
	if string(buf[start:]) == "{}" {
		buf = append(buf[:start], '}')
	} else {
		buf[start] = ',' // the members go on in the object of the event
	}
	return e.write(buf)
}

// End writes the last line, with what is to be said of the events as a whole.
func (e *Events) End(at time.Time, totals ...Total) error {
	buf := e.head("end", at)
	for _, t := range totals {
		buf = strconv.AppendUint(append(append(append(buf, `,"`...), t.Name...), `":`...), t.Number, 10)
	}
	if err := e.write(append(buf, '}')); err != nil {
		return err
	}
	return e.Flush()
}

// head begins an object.
func (e *Events) head(kind string, at time.Time) []byte {
	buf := escape.AppendJSON(append(e.buf[:0], `{"event":`...), kind)
	buf = at.UTC().AppendFormat(append(buf, `,"time":"`...), microseconds)
	return escape.AppendJSON(append(buf, `","event_source":`...), e.source)
}

// microseconds is RFC 3339 with the digits that the time of an event always has.
const microseconds = "2006-01-02T15:04:05.000000Z07:00"

func (e *Events) write(line []byte) error {
	e.buf = append(line, '\n')
	_, err := e.w.Write(e.buf)
	return err
}
