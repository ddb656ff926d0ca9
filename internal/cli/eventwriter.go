package cli

import (
	"io"
	"time"

	"sockeye/render"
	"sockeye/sock"
)

// eventWriter writes what happens to sockets in one of the formats.
type eventWriter interface {
	tell(*sock.Socket) error
	// Flush writes out what is in the buffer.
	Flush() error
	// end writes what follows the last one.
	end(at time.Time, lost uint64) error
}

// newEventWriter returns the writer of a layout for what a source tells; of says what
// happened to a socket.
func newEventWriter(w io.Writer, layout *render.Layout, source sock.EventSource, of func(*sock.Socket) render.Event) eventWriter {
	if layout.Format == render.NDJSON {
		return eventLines{render.NewEvents(w, layout, source.String()), of}
	}
	return eventRows{render.New(w, layout)}
}

// eventOf is what happened to a socket that knows it.
func eventOf(s *sock.Socket) render.Event {
	return render.Event{Kind: s.Event.Kind.String(), Source: s.Event.Source.String(), Time: s.Event.Time, Socket: s}
}

// closedEvent is the end of a socket.
func closedEvent(s *sock.Socket) render.Event {
	return render.Event{Kind: sock.EventClosed.String(), Time: s.ClosedAt, Socket: s}
}

// eventLines writes objects.
type eventLines struct {
	*render.Events
	of func(*sock.Socket) render.Event
}

func (e eventLines) tell(s *sock.Socket) error { return e.Event(e.of(s)) }

func (e eventLines) end(at time.Time, lost uint64) error {
	return e.End(at, render.Total{Name: "lost", Number: lost})
}

// eventRows writes rows as a listing does.
type eventRows struct{ render.Renderer }

func (e eventRows) tell(s *sock.Socket) error { return e.Socket(s) }

func (e eventRows) end(time.Time, uint64) error { return e.Close(sock.Snapshot{Complete: true}) }
