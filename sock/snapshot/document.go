package snapshot

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"time"

	"sockeye/sock"
	"sockeye/sock/fact"
)

// Document is a listing that was saved as JSON: a [sock.Recording] of what the
// document of --json or the lines of --ndjson say. Sockets come in the order in
// which they stand there. They are read from a stream and may be listed once.
type Document struct {
	shape     shape
	where     *position
	dec       *json.Decoder
	header    sock.Snapshot
	events    bool   // each line is an event
	lost      uint64 // of them, as the line of the end says
	version   bool   // schema_version was read
	used      bool
	ended     bool // the end of the document was read
	raw       json.RawMessage
	sockets   fact.Reader
	processes processes
}

var _ sock.Recording = (*Document)(nil)

// Open reads a listing up to its first socket. It tells a document and lines
// apart by itself. Members of a document may stand in any order, and unknown
// ones are ignored. A schema_version other than [sock.SchemaVersion] is an
// error; so is a text that is not such JSON, with the line and the byte.
func Open(r io.Reader) (*Document, error) {
	return open(r, false)
}

// OpenEvents reads lines of events, such as those of trace with --ndjson, as sockets
// that know [sock.FieldEvent]. The line of the end is none.
func OpenEvents(r io.Reader) (*Document, error) { return open(r, true) }

func open(r io.Reader, events bool) (*Document, error) {
	shape, r, err := detect(r, events)
	if err != nil {
		return nil, err
	}
	d := &Document{shape: shape, events: events, where: &position{r: r}}
	d.sockets.Share = d.processes.share
	d.dec = json.NewDecoder(d.where)
	if shape == shapeLines {
		return d, nil
	}
	if _, err := d.dec.Token(); err != nil {
		return nil, d.fault(err)
	}
	found, err := d.members()
	if err != nil {
		return nil, err
	}
	if !found {
		return nil, errors.New("the document holds no list of sockets")
	}
	return d, nil
}

// Header returns what the document says beside its sockets, as far as it was
// read: all of it when the stream of sockets has ended. It is empty for lines.
func (d *Document) Header() sock.Snapshot { return d.header }

// Sockets streams the sockets in the order of the document. A socket that means
// nothing, such as one of an unknown protocol, is left out with a
// [*sock.Partial]; text that is no JSON ends the stream with an error that
// names the line and the byte.
func (d *Document) Sockets(ctx context.Context, q sock.Query) iter.Seq2[*sock.Socket, error] {
	return func(yield func(*sock.Socket, error) bool) {
		if d.used {
			yield(nil, errors.New("the snapshot was read already"))
			return
		}
		d.used = true
		var s sock.Socket
		for {
			if err := ctx.Err(); err != nil {
				yield(nil, err)
				return
			}
			err := d.next(&s)
			var partial *sock.Partial
			switch {
			case errors.Is(err, io.EOF):
				return
			case errors.As(err, &partial):
				if !yield(nil, partial) {
					return
				}
			case err != nil:
				yield(nil, err)
				return
			case q.Allows(&s) && !yield(&s, nil):
				return
			}
		}
	}
}

// next reads one socket. The error at the end of a sound input is io.EOF.
func (d *Document) next(s *sock.Socket) error {
	if d.shape == shapeDocument && (d.ended || !d.dec.More()) {
		return d.end()
	}
	d.where.done(d.dec.InputOffset())
	err := d.dec.Decode(&d.raw)
	if errors.Is(err, io.EOF) && d.shape == shapeLines {
		return io.EOF
	}
	if err != nil {
		return d.fault(err) // a mistake in the syntax leaves no place to go on from
	}
	if d.events && d.readEnd() {
		return d.next(s)
	}
	if err := d.sockets.Read(s, d.raw); err != nil {
		return &sock.Partial{
			Code:       sock.CodeInput,
			Message:    fmt.Sprintf("line %d: a socket was left out", d.where.line(d.dec.InputOffset())),
			Err:        err,
			Incomplete: true,
		}
	}
	return nil
}

// Lost returns how many events were lost, as far as that was read.
func (d *Document) Lost() uint64 { return d.lost }

// readEnd reports whether the line is the one behind the events.
func (d *Document) readEnd() bool {
	var line struct {
		Event string
		Lost  uint64
	}
	if !bytes.Contains(d.raw[:min(len(d.raw), endPrefix)], []byte(`"end"`)) || json.Unmarshal(d.raw, &line) != nil || line.Event != "end" {
		return false
	}
	d.lost += line.Lost
	return true
}

// endPrefix is how many bytes of a line tell whether it is the end, since it begins
// with the kind of the event. An end that does not is left out as one without a socket.
const endPrefix = 32

// end reads what follows the list of sockets.
func (d *Document) end() error {
	if d.ended {
		return io.EOF
	}
	d.ended = true
	if _, err := d.dec.Token(); err != nil {
		return d.fault(err)
	}
	again, err := d.members()
	if err != nil {
		return err
	}
	if again {
		return d.fault(errors.New("a second list of sockets"))
	}
	if _, err := d.dec.Token(); !errors.Is(err, io.EOF) {
		return d.fault(errors.New("more text behind the end of the document"))
	}
	if !d.version {
		return &sock.Partial{Code: sock.CodeInput, Message: "the document has no schema_version"}
	}
	return io.EOF
}

// members reads members of the document up to the bracket that opens the list
// of sockets, and reports whether it found that before the end of the object.
func (d *Document) members() (bool, error) {
	for d.dec.More() {
		d.where.done(d.dec.InputOffset())
		token, err := d.dec.Token()
		if err != nil {
			return false, d.fault(err)
		}
		name, _ := token.(string)
		if name == "sockets" {
			if token, err = d.dec.Token(); err == nil && token != json.Delim('[') {
				err = errors.New("sockets is not a list")
			}
			if err != nil {
				return false, d.fault(err)
			}
			return true, nil
		}
		if err := d.member(name); err != nil {
			return false, err
		}
	}
	if _, err := d.dec.Token(); err != nil {
		return false, d.fault(err)
	}
	return false, nil
}

// member reads one member of the header.
func (d *Document) member(name string) error {
	h := &d.header
	var version float64
	var ignored json.RawMessage
	var query query
	var all []forward
	target := map[string]any{
		"schema_version": &version, "generated_at": new(string), "host": &h.Host, "source": &h.Source,
		"owner_source": &h.OwnerSource, "owner_reason": &h.OwnerReason, "complete": &h.Complete, "warnings": &h.Warnings, "query": &query, "forwards": &all,
	}[name]
	if target == nil {
		target = &ignored
	}
	if err := d.dec.Decode(target); err != nil {
		return d.fault(fmt.Errorf("%s: %w", name, err))
	}
	switch name {
	case "schema_version":
		if version > sock.SchemaVersion {
			return d.fault(fmt.Errorf("schema_version %v is newer than %d, the newest that is read here", version, sock.SchemaVersion))
		}
		if version != sock.SchemaVersion {
			return d.fault(fmt.Errorf("there is no schema_version %v", version))
		}
		d.version = true
	case "forwards":
		h.Forwards = d.forwards(all)
	case "query":
		h.Asked = query.asked()
	case "generated_at":
		var err error
		if h.GeneratedAt, err = time.Parse(time.RFC3339Nano, *target.(*string)); err != nil {
			return d.fault(fmt.Errorf("bad generated_at %q", *target.(*string)))
		}
	}
	return nil
}

// fault adds the place to an error.
func (d *Document) fault(err error) error { return inputError(err, d.where, d.dec) }
