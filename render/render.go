package render

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
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

// New returns the renderer that the options describe. An error is one of the
// options, such as a template that does not parse.
func New(w io.Writer, o Options) (Renderer, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	out := &output{w: bufio.NewWriterSize(w, 64<<10)}
	v := o.view()
	if o.Group != nil {
		return newGrouper(out, &o, v), nil
	}
	r, err := newWriter(out, &o, v)
	if err != nil {
		return nil, err
	}
	if o.Resolve && (o.Format == Table || o.Format == CSV || o.Format == TSV) {
		names := newNames(&o)
		v.Address = names.of
		r = &resolving{next: r, names: names}
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
func newWriter(out *output, o *Options, v *fact.View) (Renderer, error) {
	switch o.Format {
	case Table:
		return newTable(out, o, v), nil
	case JSON:
		return &document{output: out, fields: o.members(), host: o.Host, at: o.GeneratedAt}, nil
	case NDJSON:
		return &lines{output: out, fields: o.members()}, nil
	case CSV, TSV:
		return newDelimited(out, o, v), nil
	case Template:
		return newTemplate(out, o, v)
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
		want |= k.Column.Asks()
	}
	if o.Group != nil {
		for _, c := range o.Group {
			want |= c.Asks()
		}
		return want
	}
	switch o.Format {
	case Table:
		want |= o.asked()
		fallthrough
	case CSV, TSV:
		for _, c := range o.columns() {
			want |= c.Asks()
		}
	case JSON, NDJSON:
		for _, f := range o.members() {
			want |= f.Asks()
		}
	case Template:
		want |= templateNeeds(o.Template, o.asked())
	case PIDs:
		want |= sock.FieldOwners
	}
	return want
}

// view is what turns facts into text.
func (o *Options) view() *fact.View {
	v := &fact.View{Now: o.GeneratedAt}
	if v.Now.IsZero() {
		v.Now = time.Now()
	}
	if o.Services != nil {
		v.Port = func(port uint16, protocol string) string {
			name, _ := o.Services(port, protocol)
			return name
		}
	}
	return v
}

// members returns the members of JSON that the options ask for.
func (o *Options) members() []*fact.Fact {
	if o.Columns == nil {
		return fact.Default(o.asked())
	}
	var asked, members []*fact.Fact
	for _, c := range o.Columns {
		asked = append(asked, c.Members()...)
	}
	for _, f := range fact.Members() {
		if slices.Contains(asked, f) {
			members = append(members, f)
		}
	}
	return members
}

// defaultTable are the columns of a table of which nobody chose the columns.
var defaultTable = []string{"protocol", "state", "recv_queue", "send_queue", "local", "remote", "pid", "process"}

// columns returns the columns of a table, of CSV or of TSV.
func (o *Options) columns() []*Column {
	if o.Columns != nil {
		return o.Columns
	}
	var cols []*Column
	add := func(name string) { cols = append(cols, column(name)) }
	if o.Format != Table {
		for _, f := range fact.Members() {
			if f.Needs&o.asked() != 0 || f.Parts == nil && !f.Optional {
				cols = append(cols, columns()[f])
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
	if o.asked().Has(sock.FieldResult) {
		add("result")
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
