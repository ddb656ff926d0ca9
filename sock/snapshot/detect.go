package snapshot

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"sockeye/sock/fact"
)

// shape is what an input turns out to be.
type shape uint8

const (
	shapeLines    shape = iota // NDJSON: a socket per line, or an event
	shapeDocument              // one object with a list of sockets
)

// documentKeys are the members by which a document is known. None of them is a
// member of a socket.
var documentKeys = map[string]bool{
	"schema_version": true, "generated_at": true, "host": true, "source": true, "owner_source": true, "owner_reason": true,
	"complete": true, "warnings": true, "sockets": true, "groups": true,
}

// errEmpty and errNoEvents are those of an input without a line. --ndjson writes none where
// nothing matches, but nobody can tell that from what a writer that failed left behind.
var (
	errEmpty    = errors.New("it is empty; where nothing matches --json still writes a document")
	errNoEvents = errors.New("it is empty; the last line of events tells their end")
)

// detect finds the shape of an input from the first member that tells, and
// returns a reader that gives the whole input again. It reads no further than
// it must, so that a pipe may still be written to.
//
// Events are a shape of their own, and are wanted or refused.
func detect(r io.Reader, events bool) (shape, io.Reader, error) {
	r, err := skipMark(r)
	if err != nil {
		return 0, nil, err
	}
	var seen bytes.Buffer
	dec := json.NewDecoder(io.TeeReader(&position{r: r}, &seen))
	found, err := firstShape(dec, events)
	if errors.Is(err, io.EOF) && len(bytes.TrimSpace(seen.Bytes())) == 0 {
		if events {
			return 0, nil, errNoEvents
		}
		return 0, nil, errEmpty
	}
	if err != nil {
		where := position{r: &seen}
		_, _ = io.Copy(io.Discard, &where) // from memory: cannot fail
		return 0, nil, inputError(err, &where, dec)
	}
	return found, io.MultiReader(&seen, r), nil
}

func firstShape(dec *json.Decoder, events bool) (shape, error) {
	token, err := dec.Token()
	if err != nil {
		return 0, err
	}
	if token != json.Delim('{') {
		return 0, errors.New("neither a document nor a line of sockets: it does not begin with {")
	}
	for dec.More() {
		token, err := dec.Token()
		if err != nil {
			return 0, err
		}
		name, _ := token.(string)
		switch {
		case name == "event" && events:
			return shapeLines, nil
		case events && fact.LookupMember(name) == nil && !documentKeys[name]:
		case events:
			return 0, errors.New("this is a listing, not events; sockeye trace --ndjson writes them")
		case name == "event":
			return 0, errors.New("these are events, not a listing; --json and --ndjson without --watch write one")
		}
		if documentKeys[name] {
			return shapeDocument, nil
		}
		if fact.LookupMember(name) != nil {
			return shapeLines, nil
		}
		var skipped json.RawMessage
		if err := dec.Decode(&skipped); err != nil {
			return 0, err
		}
	}
	_, err = dec.Token()
	return shapeLines, err
}

// skipMark drops the byte order mark of UTF-8 and refuses UTF-16, which
// Windows PowerShell writes when output is redirected to a file.
func skipMark(r io.Reader) (io.Reader, error) {
	br := bufio.NewReaderSize(r, 64<<10)
	start, err := br.Peek(3)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	if bytes.HasPrefix(start, []byte{0xff, 0xfe}) || bytes.HasPrefix(start, []byte{0xfe, 0xff}) {
		return nil, errors.New("the text is UTF-16, JSON must be UTF-8")
	}
	if bytes.Equal(start, []byte{0xef, 0xbb, 0xbf}) {
		_, err = br.Discard(3)
		return br, err
	}
	return br, nil
}

// inputError adds the place to an error in the input: where the value begins
// that the decoder could not read. The offset of a [json.SyntaxError] is of no
// use, since it counts from a place that differs.
func inputError(err error, where *position, dec *json.Decoder) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		err = errors.New("it ends in the middle")
	}
	offset := dec.InputOffset()
	rest, _ := io.ReadAll(dec.Buffered()) // from memory: cannot fail
	offset += int64(len(rest) - len(bytes.TrimLeft(rest, " \t\r\n,")))
	return fmt.Errorf("line %d, byte %d: %w", where.line(offset), offset, err)
}
