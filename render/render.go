package render

import (
	"bufio"
	"errors"
	"io"
	"time"

	"sockeye/sock"
	"sockeye/sock/fact"
)

// Renderer writes sockets out. An error of the writer comes back as it is, from
// whichever call meets it.
type Renderer interface {
	// Socket takes the next socket, of which it keeps nothing: the caller may
	// reuse the record. The error is ErrLimit if no more are wanted.
	Socket(*sock.Socket) error
	// Flush writes out what was taken so far. A listing that streams without
	// an end calls it when nothing more is at hand. Sorted or grouped output
	// stays back until Close.
	Flush() error
	// Close ends the output. The snapshot's host and time are not used: see
	// [Options].
	Close(sock.Snapshot) error
}

// ErrLimit says that as many sockets were written as were asked for. It is not
// a failure: the caller stops listing and closes the renderer.
var ErrLimit = errors.New("the limit of the listing is reached")

// New returns the renderer of a layout.
func New(w io.Writer, l *Layout) Renderer {
	out := &output{w: bufio.NewWriterSize(w, 64<<10)}
	v := l.view()
	if l.Group != nil {
		return newGrouper(out, l, v)
	}
	r := newWriter(out, l, v)
	if l.Resolve && (l.Format == Table || l.Format == CSV || l.Format == TSV) {
		v.Address = l.names.of
		r = &resolving{next: r, names: l.names, keep: l.keep}
	}
	if l.Limit > 0 {
		r = &limiter{next: r, left: l.Limit}
	}
	if l.Sort != nil {
		r = &sorter{next: r, keys: l.Sort, limit: l.Limit, keep: l.keep}
	}
	return r
}

// newWriter returns the renderer of the format alone.
func newWriter(out *output, l *Layout, v *fact.View) Renderer {
	switch l.Format {
	case JSON:
		return &document{output: out, fields: l.members, host: l.Host, at: l.GeneratedAt}
	case NDJSON:
		return &lines{output: out, fields: l.members}
	case CSV, TSV:
		return newDelimited(out, l, v)
	case Template:
		return &templated{output: out, template: l.template, fields: l.uses, view: v}
	case PIDs:
		return &pids{output: out, seen: make(map[int]struct{})}
	case Count:
		return &counter{output: out}
	case Quiet:
		return quiet{}
	}
	if l.Tree {
		return newTree(out, l, v)
	}
	return newTable(out, l, v)
}

// view is what turns facts into text.
func (l *Layout) view() *fact.View {
	v := &fact.View{Now: l.GeneratedAt}
	if v.Now.IsZero() {
		v.Now = time.Now()
	}
	if l.Services != nil {
		v.Port = func(port uint16, protocol string) string {
			name, _ := l.Services(port, protocol)
			return name
		}
	}
	return v
}

// output is the buffered writer that renderers share.
type output struct {
	w   *bufio.Writer
	buf []byte // for one row; reused
}

// Flush writes out what is in the buffer.
func (o *output) Flush() error { return o.w.Flush() }
