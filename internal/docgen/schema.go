package main

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"math"
	"strings"
	"text/template"

	"sockeye/sock"
	"sockeye/sock/fact"
)

// schemaFrame is what the schema says beside the facts of a socket.
//
//go:embed schema.tmpl
var schemaFrame string

// property is what the schema says of one member.
type property struct {
	Description string    `json:"description,omitempty"`
	Ref         string    `json:"$ref,omitempty"`
	Type        string    `json:"type,omitempty"`
	Enum        []string  `json:"enum,omitempty"`
	Const       bool      `json:"const,omitempty"`
	Minimum     *uint64   `json:"minimum,omitempty"`
	Maximum     *uint64   `json:"maximum,omitempty"`
	MinLength   int       `json:"minLength,omitempty"`
	Pattern     string    `json:"pattern,omitempty"`
	Format      string    `json:"format,omitempty"`
	Items       *property `json:"items,omitempty"`
}

// definition is what the schema says of an object.
type definition struct {
	Description string     `json:"description"`
	Type        string     `json:"type"`
	Properties  properties `json:"properties"`
	Required    []string   `json:"required,omitempty"`
}

// properties are named, in order.
type properties []namedProperty

type namedProperty struct {
	name string
	property
}

// MarshalJSON returns an object whose members stand in order.
func (p properties) MarshalJSON() ([]byte, error) {
	b := []byte("{")
	for i, named := range p {
		if i > 0 {
			b = append(b, ',')
		}
		text, err := marshal(named.property)
		if err != nil {
			return nil, err
		}
		b = append(append(b, `"`+named.name+`":`...), text...)
	}
	return append(b, '}'), nil
}

// marshal is json.Marshal without escapes for HTML.
func marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	err := enc.Encode(v)
	return b.Bytes(), err
}

// schema makes docs/json-schema.json.
func schema([]byte) ([]byte, error) {
	frame, err := template.New("schema").Parse(schemaFrame)
	if err != nil {
		return nil, err
	}
	var socket properties
	var objects, names []string
	for _, f := range fact.Members() {
		socket = append(socket, namedProperty{f.Member(), describe(f)})
		if f.Parts() == nil {
			continue
		}
		text, err := marshal(define(f))
		if err != nil {
			return nil, err
		}
		objects = append(objects, `"`+objectName(f)+`":`+string(text))
		if f.Kind != fact.List {
			names = append(names, f.Name)
		}
	}
	whole := map[string]string{
		"Objects": strings.Join(objects, ","), "ObjectNames": strings.Join(names, "|"), "Protocols": protocols(),
		"Families": strings.Join(sock.FamilyNames()[1:], "|"), "States": strings.Join(sock.StateNames(), "|"),
	}
	for name, list := range map[string]properties{"Socket": socket, "Group": group(), "Event": event()} {
		text, err := marshal(list)
		if err != nil {
			return nil, err
		}
		whole[name] = string(text)
	}
	var filled, out bytes.Buffer
	if err := frame.Execute(&filled, whole); err != nil {
		return nil, err
	}
	err = json.Indent(&out, filled.Bytes(), "", "  ")
	return out.Bytes(), err
}

// protocols are the names of all, as a pattern.
func protocols() string {
	var names []string
	for d := range sock.Descriptors {
		names = append(names, d.Name)
	}
	return strings.Join(names, "|")
}

// objectName is the name that the schema has for the parts of a fact.
func objectName(f *fact.Fact) string {
	if f.Kind == fact.List {
		return f.Item
	}
	return f.Name
}

func define(f *fact.Fact) definition {
	d := definition{Description: f.Doc, Type: "object"}
	if f.Kind == fact.List {
		d.Description = "One of " + f.Name
	}
	for _, p := range f.Parts() {
		d.Properties = append(d.Properties, namedProperty{p.Member(), describe(p)})
		if p.Certain(f) {
			d.Required = append(d.Required, p.Member())
		}
	}
	return d
}

// group are the properties of a group: the count, sums, and the keys that there are.
// The parts of objects are described by a pattern.
func group() properties {
	one := uint64(1)
	list := properties{{"count", property{Description: "Number of sockets in the group", Type: "integer", Minimum: &one}}}
	for _, f := range fact.All() {
		p := describe(f)
		switch {
		case f.Parent() != nil:
			continue
		case f.Additive():
			p.Maximum, p.Description = nil, p.Description+". The sum of the sockets that know it, queues without those of listeners; unless it is a key"
		case fact.LookupMember(f.Name) == f:
			p = property{Ref: "#/$defs/socket/properties/" + f.Name}
		}
		list = append(list, namedProperty{f.Name, p})
	}
	return list
}

// event are the properties of an event: its own, and those of the socket.
func event() properties {
	none := uint64(0)
	number := func(doc string) property { return property{Description: doc, Type: "integer", Minimum: &none} }
	list := properties{
		{"event", property{Description: "What happened; the last line is the event end", Enum: append(fact.Lookup("event").Choices(), "end")}},
		{"initial", property{Description: "The socket was there when the view began", Const: true}},
		{"lost", number("Events that were lost; with the end")},
		{"passes", number("Listings that were made; with the end")},
		{"skipped", number("Listings that were left out since an earlier one took longer than the interval; with the end")},
	}
	for _, f := range fact.Members() {
		if f.Name != "event" {
			list = append(list, namedProperty{f.Member(), property{Ref: "#/$defs/socket/properties/" + f.Name}})
		}
	}
	return list
}

// describe describes the values of a fact.
func describe(f *fact.Fact) property {
	p := property{Description: upper(f.Doc), Type: f.JSONType()}
	switch {
	case f.Joined():
		p.MinLength = 1
	case f.Kind == fact.List:
		p.Items = &property{Ref: "#/$defs/" + objectName(f)}
	case f.ItemType() != "":
		p.Items = &property{Type: f.ItemType()}
	case f.Parts() != nil:
		p.Type, p.Ref = "", "#/$defs/"+objectName(f)
	case f.Values != nil:
		p.Type, p.Enum = "", f.Choices()
	case f.Only && p.Type == "boolean":
		p.Type, p.Const = "", true
	case p.Type == "integer":
		least, most := f.Least, f.Most
		if f.Only {
			least = 1
		}
		if most == 0 {
			most = math.MaxUint64
		}
		p.Minimum, p.Maximum = &least, &most
	case p.Type == "number":
		least, most := uint64(0), uint64(1)
		if p.Minimum = &least; f.Kind == fact.Share {
			p.Maximum = &most
		}
	case p.Type == "string":
		p.MinLength = 1
		switch f.Kind {
		case fact.Time:
			p.Format = "date-time"
		case fact.Hex:
			p.Pattern = "^(0|[1-9a-f][0-9a-f]{0,15})$"
		}
	}
	switch {
	case f.Thousandths():
		p.Description += ", in milliseconds with three decimals"
	case f.Unit.String() != "":
		p.Description += ", in " + f.Unit.String()
	}
	switch {
	case f.OfEvent():
		p.Description += "; in an event"
	case f.Option != "" && f.Optional && f.Parent() == nil:
		p.Description += "; with --" + f.Option
	}
	return p
}

// upper begins a sentence.
func upper(doc string) string { return strings.ToUpper(doc[:1]) + doc[1:] }
