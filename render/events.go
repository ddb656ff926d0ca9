package render

import (
	"bufio"
	"cmp"
	"io"
	"slices"
	"strconv"
	"time"

	"sockeye/sock"
	"sockeye/sock/escape"
	"sockeye/sock/fact"
)

// Event is what happened to a socket.
type Event struct {
	// Kind is the word of it in JSON, such as opened. Source is what told it; empty: what
	// told the one before.
	Kind, Source string
	Time         time.Time
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
	members := slices.DeleteFunc(slices.Clone(l.members), func(f *fact.Fact) bool { return slices.Contains(headMembers, f.Name) })
	return &Events{output: &output{w: bufio.NewWriterSize(w, 64<<10)}, source: source, members: members}
}

// headMembers are those that each event begins with.
var headMembers = []string{"event", "time", "event_source"}

// Event writes an event, of which it keeps nothing. It stays in a buffer until
// Flush, which a view calls when nothing more is at hand.
func (e *Events) Event(ev Event) error {
	e.source = cmp.Or(ev.Source, e.source)
	buf := e.head(ev.Kind, e.source, ev.Time)
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
	buf := e.head("end", e.source, at)
	for _, t := range totals {
		buf = strconv.AppendUint(append(append(append(buf, `,"`...), t.Name...), `":`...), t.Number, 10)
	}
	if err := e.write(append(buf, '}')); err != nil {
		return err
	}
	return e.Flush()
}

// head begins an object.
func (e *Events) head(kind, source string, at time.Time) []byte {
	buf := escape.AppendJSON(append(e.buf[:0], `{"event":`...), kind)
	buf = at.UTC().AppendFormat(append(buf, `,"time":"`...), fact.Microseconds)
	if buf = append(buf, '"'); source == "" { // of what was recorded, when nothing was
		return buf
	}
	return escape.AppendJSON(append(buf, `,"event_source":`...), source)
}

func (e *Events) write(line []byte) error {
	e.buf = append(line, '\n')
	_, err := e.w.Write(e.buf)
	return err
}
