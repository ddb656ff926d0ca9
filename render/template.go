package render

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"text/template"

	"sockeye/sock"
	"sockeye/sock/snapshot"
)

// templated writes a line for each socket by a template of the user. A socket
// for which the template writes nothing has no line.
type templated struct {
	*output
	template *template.Template
	fields   snapshot.Fields
	data     map[string]any
	line     bytes.Buffer
}

func newTemplate(out *output, o *Options) (Renderer, error) {
	t, fields, err := parseTemplate(o.Template, o.asked())
	if err != nil {
		return nil, err
	}
	return &templated{output: out, template: t, fields: fields, data: make(map[string]any)}, nil
}

// parseTemplate reads a template, checks the members that it names, and returns
// those that it uses. \t and \n outside of actions are a tab and a line break,
// since a shell makes it hard to type them.
func parseTemplate(text string, asked sock.Field) (*template.Template, snapshot.Fields, error) {
	t, err := template.New("template").Funcs(templateFuncs).Option("missingkey=zero").Parse(text)
	if err != nil {
		return nil, 0, errors.New("line " + strings.TrimPrefix(err.Error(), "template: template:"))
	}
	w := walker{text: text, vars: map[string]scope{"$": rootScope()}}
	for _, named := range t.Templates() {
		if named.Tree == nil || named.Root == nil {
			continue
		}
		dot := scope{} // what another template is called with is not known
		if named == t {
			dot = rootScope()
		}
		if err := w.list(named.Root, dot); err != nil {
			return nil, 0, err
		}
	}
	if w.whole {
		w.used |= snapshot.Default(asked)
	}
	return t, w.used, nil
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
	members := snapshot.Members()
	for i := range members {
		if t.fields.Has(i) {
			t.data[members[i].Name] = templateValue(&members[i], s)
		}
	}
	t.line.Reset()
	if err := t.template.Execute(&t.line, t.data); err != nil {
		return fmt.Errorf("line %s", strings.TrimPrefix(err.Error(), "template: template:"))
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

func (t *templated) Close(sock.Snapshot) error { return t.Flush() }
