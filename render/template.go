package render

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"text/template"
	"time"

	"sockeye/sock"
	"sockeye/sock/snapshot"
)

// A template is a program of the user: for one socket it may write rowLimit
// bytes and take rowTime.
const (
	rowLimit = 1 << 20
	rowTime  = 2 * time.Second
)

// TemplateError is a mistake in a template, found when it is read or when a
// socket is written by it.
type TemplateError struct{ Err error }

// Error returns where the mistake is and what.
func (e *TemplateError) Error() string {
	text := e.Err.Error()
	if place, ok := strings.CutPrefix(text, templatePlace); ok {
		return "template line " + place
	}
	return text
}

// templatePlace is what package text/template puts in front of line and column.
const templatePlace = "template: template:"

// Unwrap returns what package text/template said.
func (e *TemplateError) Unwrap() error { return e.Err }

// templated writes a line for each socket by a template of the user. A socket
// for which the template writes nothing has no line.
type templated struct {
	*output
	template *template.Template
	fields   snapshot.Fields
	json     []byte
	line     limitedBuffer
}

func newTemplate(out *output, o *Options) (Renderer, error) {
	t, fields, err := parseTemplate(o.Template, o.asked())
	if err != nil {
		return nil, err
	}
	return &templated{output: out, template: t, fields: fields}, nil
}

// parseTemplate reads a template, checks the members that it names, and returns
// those that it uses.
func parseTemplate(text string, asked sock.Field) (*template.Template, snapshot.Fields, error) {
	t, err := template.New("template").Funcs(templateFuncs).Option("missingkey=zero").Parse(text)
	if err != nil {
		return nil, 0, &TemplateError{err}
	}
	names := memberNames{text: text}
	for _, named := range t.Templates() {
		if named.Tree == nil {
			continue
		}
		if err := names.check(named.Root); err != nil {
			return nil, 0, &TemplateError{err}
		}
	}
	if names.whole {
		names.used |= snapshot.Default(asked)
	}
	return t, names.used, nil
}

// templateNeeds returns what the members that a template uses need.
func templateNeeds(text string, asked sock.Field) sock.Field {
	_, fields, err := parseTemplate(text, asked)
	if err != nil {
		return 0 // New says so
	}
	return fields.Wants()
}

func (t *templated) Socket(s *sock.Socket) error {
	t.json = snapshot.AppendSocket(t.json[:0], s, t.fields)
	var data map[string]any
	dec := json.NewDecoder(bytes.NewReader(t.json))
	dec.UseNumber()
	if err := dec.Decode(&data); err != nil {
		return fmt.Errorf("the JSON of a socket: %w", err)
	}
	complete(data, snapshot.Members())
	t.line.Reset()
	if err := t.execute(data); err != nil {
		return &TemplateError{err}
	}
	line := t.line.Bytes()
	if len(line) == 0 {
		return nil
	}
	if line[len(line)-1] != '\n' {
		t.line.WriteByte('\n')
	}
	_, err := t.w.Write(t.line.Bytes())
	return err
}

// execute writes the line. A template cannot be stopped, so one that takes too
// long is left running: the error ends the program.
func (t *templated) execute(data map[string]any) error {
	done := make(chan error, 1)
	go func() { done <- t.template.Execute(&t.line, data) }()
	late := time.NewTimer(rowTime)
	defer late.Stop()
	select {
	case err := <-done:
		return err
	case <-late.C:
		return fmt.Errorf("the template took more than %v for one socket", rowTime)
	}
}

func (t *templated) Close(sock.Snapshot) error { return t.Flush() }

// limitedBuffer takes rowLimit bytes.
type limitedBuffer struct{ bytes.Buffer }

var errRowLimit = errors.New("the template writes more than " + strconv.Itoa(rowLimit) + " bytes for one socket")

func (b *limitedBuffer) Write(p []byte) (int, error) {
	if b.Len()+len(p) > rowLimit {
		return 0, errRowLimit
	}
	return b.Buffer.Write(p)
}

// complete makes the values of a template from those of the JSON: int64 (uint64
// for what is larger), templateText, bool, a map of these or a list of maps, and
// unknown for a member that is not there.
func complete(object map[string]any, members []snapshot.Member) {
	for i := range members {
		m := &members[i]
		switch v := object[m.Name].(type) {
		case nil:
			object[m.Name] = unknown(nil)
		case string:
			object[m.Name] = templateText(v)
		case json.Number:
			n, _ := strconv.ParseUint(v.String(), 10, 64)
			object[m.Name] = n
			if n <= math.MaxInt64 {
				object[m.Name] = int64(n)
			}
		case map[string]any:
			complete(v, m.Parts)
		case []any:
			for _, item := range v {
				if o, ok := item.(map[string]any); ok {
					complete(o, m.Parts)
				}
			}
		}
	}
}

// templateText is a string of a socket in a template. It prints escaped, as
// [AppendText] does, and compares as it is.
type templateText string

// String returns the escaped text.
func (t templateText) String() string { return string(AppendText(nil, string(t))) }

// MarshalJSON returns the text as it stands in the other JSON formats.
func (t templateText) MarshalJSON() ([]byte, error) {
	return snapshot.AppendString(nil, string(t)), nil
}

// unknown is a member that a socket does not have. It prints as "-" and is false
// in a condition, an empty list to range over, and has every member, unknown
// too: that is what a nil map of its own type gives with missingkey=zero.
type unknown map[string]unknown

// Format prints "-", as wide as the format asks.
func (unknown) Format(f fmt.State, _ rune) {
	width, _ := f.Width()
	if f.Flag('-') {
		width = -width
	}
	_, _ = fmt.Fprintf(f, "%*s", width, unknownText)
}

// MarshalJSON returns null.
func (unknown) MarshalJSON() ([]byte, error) { return []byte("null"), nil }
