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
	"sockeye/sock/escape"
	"sockeye/sock/fact"
)

// A template is a program of the user: for one socket it may write rowLimit
// bytes and take rowTime.
const rowLimit = 1 << 20

var rowTime = 2 * time.Second // tests that need more have more

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
	fields   []namedFact
	view     *fact.View
	json     []byte
	line     limitedBuffer
}

// parseTemplate reads a template, checks the members that it names, and returns
// those that it uses.
func parseTemplate(text string, asked sock.Field) (*template.Template, []namedFact, error) {
	t, err := template.New("template").Funcs(templateFuncs).Option("missingkey=zero").Parse(text)
	if err != nil {
		return nil, nil, &TemplateError{err}
	}
	names := memberNames{text: text}
	for _, named := range t.Templates() {
		if named.Tree == nil {
			continue
		}
		if err := names.check(named.Root); err != nil {
			return nil, nil, &TemplateError{err}
		}
	}
	if names.whole {
		for _, f := range fact.Default(asked) {
			names.use(f.Name, f)
		}
	}
	return t, names.used, nil
}

func (t *templated) Socket(s *sock.Socket) error {
	data, err := t.data(s)
	if err != nil {
		return err
	}
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
	_, err = t.w.Write(t.line.Bytes())
	return err
}

// data returns the values of the facts that the template uses, by the names that
// it has for them: int64 (uint64 for what is larger), templateText, bool, a map of
// these, a list of maps, or unknown.
func (t *templated) data(s *sock.Socket) (map[string]any, error) {
	data := make(map[string]any, len(t.fields))
	for _, f := range t.fields {
		if f.Joined() {
			t.json = escape.AppendJSON(t.json[:0], string(f.AppendShown(t.view, nil, s)))
		} else if t.json = t.json[:0]; f.Known(s) {
			t.json = f.AppendJSON(t.json, s)
		}
		v, err := templateValue(f.Fact, t.json)
		if err != nil {
			return nil, err
		}
		data[f.name] = v
	}
	return data, nil
}

// templateValue makes the value of a fact from its JSON, of which there is none if
// it is not known.
func templateValue(f *fact.Fact, text []byte) (any, error) {
	if len(text) == 0 {
		return unknown(nil), nil
	}
	var v any
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	if err := dec.Decode(&v); err != nil {
		return nil, fmt.Errorf("the JSON of %s: %w", f.Name, err)
	}
	return complete(v, f.Parts()), nil
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

// complete turns what stands in a value of JSON into what a template has for it,
// with unknown for the parts that are not there.
func complete(v any, parts []*fact.Fact) any {
	switch v := v.(type) {
	case string:
		if v == "" {
			return unknown(nil)
		}
		return templateText(v)
	case json.Number:
		if strings.ContainsAny(v.String(), ".e") {
			f, _ := v.Float64() // it was written from one
			return f
		}
		n, _ := strconv.ParseUint(v.String(), 10, 64)
		if n > math.MaxInt64 {
			return n
		}
		return int64(n)
	case map[string]any:
		for _, p := range parts {
			if value, known := v[p.Member()]; known {
				v[p.Member()] = complete(value, p.Parts())
			} else {
				v[p.Member()] = unknown(nil)
			}
		}
	case []any:
		for i := range v {
			v[i] = complete(v[i], parts)
		}
	}
	return v
}

// templateText is a string of a socket in a template. It prints escaped, as
// [escape.AppendText] does, and compares as it is.
type templateText string

// String returns the escaped text.
func (t templateText) String() string { return escape.Text(string(t)) }

// MarshalJSON returns the text as it stands in the other JSON formats.
func (t templateText) MarshalJSON() ([]byte, error) {
	return escape.AppendJSON(nil, string(t)), nil
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
