package render

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"strings"

	"sockeye/sock"
	"sockeye/sock/snapshot"
)

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
	text := "-"
	if w, ok := f.Width(); ok && w > 1 {
		pad := strings.Repeat(" ", w-1)
		if f.Flag('-') {
			text += pad
		} else {
			text = pad + text
		}
	}
	_, _ = f.Write([]byte(text))
}

// MarshalJSON returns null.
func (unknown) MarshalJSON() ([]byte, error) { return []byte("null"), nil }

// templateValue is a member for a template: an int64, a text, a bool, a map of
// these, or a list of maps.
func templateValue(m *snapshot.Member, s *sock.Socket) any {
	if !m.Known(s) {
		return unknown(nil)
	}
	switch m.Kind {
	case snapshot.Array:
		return templateList(m, s)
	case snapshot.Object:
		object := make(map[string]any, len(m.Parts))
		for i := range m.Parts {
			object[m.Parts[i].Name] = templateValue(&m.Parts[i], s)
		}
		return object
	}
	switch v := m.Value(s).(type) {
	case string:
		return templateText(v)
	case uint64:
		return templateInt(v)
	default:
		return v
	}
}

// templateInt keeps a number that an int64 cannot hold as it is.
func templateInt(v uint64) any {
	if v > math.MaxInt64 {
		return v
	}
	return int64(v)
}

// templateList reads a list back from its JSON: it is the one place that knows
// what stands in the objects.
func templateList(m *snapshot.Member, s *sock.Socket) []any {
	var objects []map[string]any
	dec := json.NewDecoder(bytes.NewReader(m.AppendJSON(nil, s)))
	dec.UseNumber()
	if err := dec.Decode(&objects); err != nil {
		return nil // AppendJSON writes valid JSON
	}
	list := make([]any, len(objects))
	for i, object := range objects {
		for j := range m.Parts {
			name := m.Parts[j].Name
			switch v := object[name].(type) {
			case nil:
				object[name] = unknown(nil)
			case string:
				object[name] = templateText(v)
			case json.Number:
				n, _ := v.Int64()
				object[name] = n
			}
		}
		list[i] = object
	}
	return list
}
