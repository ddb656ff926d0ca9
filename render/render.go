package render

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"

	"sockeye/sock"
	"sockeye/sock/snapshot"
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

// New returns the renderer that the options describe. An error is one of the
// options, such as a template that does not parse.
func New(w io.Writer, o Options) (Renderer, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	out := &output{w: bufio.NewWriterSize(w, 64<<10)}
	t := texts{services: o.Services}
	if o.Group != nil {
		return newGrouper(out, &o, &t), nil
	}
	r, err := newWriter(out, &o, &t)
	if err != nil {
		return nil, err
	}
	if o.Resolve && (o.Format == Table || o.Format == CSV || o.Format == TSV) {
		t.names = newNames(&o)
		r = &resolving{next: r, names: t.names}
	}
	if o.Limit > 0 {
		r = &limiter{next: r, left: o.Limit}
	}
	if o.Sort != nil {
		r = &sorter{next: r, keys: o.Sort, limit: o.Limit}
	}
	return r, nil
}

// newWriter returns the renderer of the format alone.
func newWriter(out *output, o *Options, t *texts) (Renderer, error) {
	switch o.Format {
	case Table:
		return newTable(out, o, t), nil
	case JSON:
		return &document{output: out, fields: o.fields(), host: o.Host, at: o.GeneratedAt}, nil
	case NDJSON:
		return &lines{output: out, fields: o.fields()}, nil
	case CSV, TSV:
		return newDelimited(out, o, t), nil
	case Template:
		return newTemplate(out, o)
	case PIDs:
		return &pids{output: out, seen: make(map[int]struct{})}, nil
	case Count:
		return &counter{output: out}, nil
	case Quiet:
		return quiet{}, nil
	}
	return nil, fmt.Errorf("unknown format %d", o.Format)
}

// check refuses options that do not go together.
func (o *Options) check() error {
	if o.Group == nil {
		return nil
	}
	if o.Format == Template || o.Format == PIDs {
		return fmt.Errorf("groups cannot be written as %s", o.Format)
	}
	for _, k := range o.Sort {
		if !inGroup(o.Group, k.Column) {
			return fmt.Errorf("cannot sort groups by %s, which they are not grouped by", k.Column.Name)
		}
	}
	return nil
}

// Needs returns what to ask of a source so that the output can say all that the
// options ask for.
func Needs(o Options) sock.Field {
	var want sock.Field
	for _, k := range o.Sort {
		want |= k.Column.Needs
	}
	if o.Group != nil {
		for _, c := range o.Group {
			want |= c.Needs
		}
		return want
	}
	switch o.Format {
	case Table:
		want |= o.asked()
		fallthrough
	case CSV, TSV:
		for _, c := range o.columns() {
			want |= c.Needs
		}
	case JSON, NDJSON:
		want |= o.fields().Wants()
	case Template:
		want |= templateNeeds(o.Template, o.asked())
	case PIDs:
		want |= sock.FieldOwners
	}
	return want
}

// fields returns the members of JSON that the options ask for.
func (o *Options) fields() snapshot.Fields {
	if o.Columns == nil {
		return snapshot.Default(o.asked())
	}
	var names []string
	for _, c := range o.Columns {
		names = append(names, c.Members...)
	}
	fields, unknown := snapshot.Of(names...)
	if unknown != "" {
		panic("render: a column stands for a member that does not exist: " + unknown)
	}
	return fields
}

// defaultTable are the columns of a table of which nobody chose the columns.
var defaultTable = []string{"protocol", "state", "recv_queue", "send_queue", "local", "remote", "pid", "process"}

// columns returns the columns of a table, of CSV or of TSV.
func (o *Options) columns() []*Column {
	if o.Columns != nil {
		return o.Columns
	}
	var cols []*Column
	add := func(name string) { cols = append(cols, columnsByName()[fold(name)]) }
	if o.Format != Table {
		for _, m := range snapshot.Members() {
			flat := m.Kind != snapshot.Array && m.Kind != snapshot.Object
			if m.Needs&o.asked() != 0 || flat && !m.Optional {
				add(m.Name)
			}
		}
		return cols
	}
	for _, name := range defaultTable {
		if o.Queues || !strings.HasSuffix(name, "_queue") {
			add(name)
		}
	}
	if o.Extended {
		add("user")
		add("inode")
		add("cookie")
	}
	if o.asked().Has(sock.FieldTimer) {
		add("timer")
	}
	return cols
}

// output is the buffered writer that renderers share.
type output struct {
	w   *bufio.Writer
	buf []byte // for one row; reused
}

// Flush writes out what is in the buffer.
func (o *output) Flush() error { return o.w.Flush() }
