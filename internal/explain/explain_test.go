package explain

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"sockeye/internal/doctor"
	"sockeye/sock"
	"sockeye/sock/fact"
	"sockeye/sock/filter"
)

// of returns the explanation of a word as one kind of thing, or nil.
func of(word string, kind Kind) *Entry {
	for _, e := range Lookup(word) {
		if e.Kind == kind {
			return e
		}
	}
	return nil
}

// TestEveryWordIsExplained: states, reasons for a missing owner, codes of warnings,
// facts by all their names, and the values of facts.
func TestEveryWordIsExplained(t *testing.T) {
	for _, name := range sock.StateNames() {
		if of(name, State) == nil || of(strings.ToLower(name), State) == nil {
			t.Errorf("state %s is not explained", name)
		}
	}
	for status := range sock.OwnerStatuses {
		if e := of(status.String(), OwnerStatus); e == nil || len(e.Text) == 0 || len(e.Sources) == 0 {
			t.Errorf("owner_status %s is not explained", status)
		}
	}
	codes := warningCodes(t)
	if len(codes) < 8 {
		t.Errorf("the codes of warnings are %q", codes)
	}
	for _, code := range codes {
		if of(code, Warning) == nil {
			t.Errorf("warning %s is not explained", code)
		}
	}
	for _, rule := range doctor.Rules {
		if of(rule.Name, Finding) == nil {
			t.Errorf("finding %s is not explained", rule.Name)
		}
	}
	for _, name := range sock.ScopeNames()[1:] {
		if of(name, Scope) == nil {
			t.Errorf("scope %s is not explained", name)
		}
	}
	for _, f := range fact.All() {
		for _, name := range append([]string{f.Name}, f.Aliases...) {
			if of(name, Fact) == nil {
				t.Errorf("fact %s is not explained", name)
			}
		}
		for _, value := range f.Choices() {
			if len(Lookup(value)) == 0 {
				t.Errorf("%s, a value of %s, is not explained", value, f.Name)
			}
		}
	}
	for _, topic := range []string{"backlog", "time_wait", "close_wait", "syn_flood", "port_exhaustion", "keepalive", "half_open", "reset", "zero_window"} {
		if found := Lookup(topic); len(found) == 0 || found[0].Kind > Topic {
			t.Errorf("topic %s is not explained", topic)
		}
	}
}

// TestEveryWordOfTheSchema: what JSON says by words of a list, such as the results of
// kill, the severities of findings and the kinds of events, is explained.
func TestEveryWordOfTheSchema(t *testing.T) {
	text, err := os.ReadFile("../../docs/json-schema.json")
	if err != nil {
		t.Fatal(err)
	}
	var schema any
	if err := json.Unmarshal(text, &schema); err != nil {
		t.Fatal(err)
	}
	words := 0
	eachEnum(schema, func(word string) {
		if words++; len(Lookup(word)) == 0 {
			t.Errorf("%s is not explained", word)
		}
	})
	if words < 200 {
		t.Errorf("%d words in the schema", words)
	}
}

func eachEnum(v any, see func(string)) {
	switch v := v.(type) {
	case map[string]any:
		for name, member := range v {
			list, isList := member.([]any)
			if name != "enum" || !isList {
				eachEnum(member, see)
				continue
			}
			for _, word := range list {
				see(word.(string))
			}
		}
	case []any:
		for _, member := range v {
			eachEnum(member, see)
		}
	}
}

// TestHeadersAndForeignNames: what stands above a column, around a reason, or is a name
// of a state elsewhere.
func TestHeadersAndForeignNames(t *testing.T) {
	for _, f := range fact.All() {
		if found := Lookup(f.Header); len(found) == 0 {
			t.Errorf("%s, above the column of %s, is not explained", f.Header, f.Name)
		}
	}
	for word, want := range map[string]string{
		"(time wait)": "TIME_WAIT", "(accept queue)": "accept_queue", "listening": "LISTEN", "estab": "ESTABLISHED", "SYN_RCVD": "SYN_RECEIVED", "close-wait": "CLOSE_WAIT",
	} {
		if found := Lookup(word); len(found) == 0 || found[0].Name != want {
			t.Errorf("%s: %v", word, found)
		}
	}
}

// warningCodes reads the constants of [sock.Code].
func warningCodes(t *testing.T) (codes []string) {
	t.Helper()
	files, err := parser.ParseFile(token.NewFileSet(), "../../sock/source.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(files, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || len(spec.Values) != 1 {
			return true
		}
		if kind, ok := spec.Type.(*ast.Ident); ok && kind.Name == "Code" {
			code, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
			if err != nil {
				t.Fatal(err)
			}
			codes = append(codes, code)
		}
		return true
	})
	return codes
}

// TestEntries: each has what it is for, its filter is one, and what it refers to is
// explained.
func TestEntries(t *testing.T) {
	for word, entries := range all() {
		if !slices.IsSortedFunc(entries, func(a, b *Entry) int { return int(a.Kind) - int(b.Kind) }) {
			t.Errorf("%s: not by kind", word)
		}
		for _, e := range entries {
			if e.Title == "" || strings.HasSuffix(e.Title, ".") || len(e.Text) == 0 || len(e.Sources) == 0 || slices.Contains(e.Sources, "") {
				t.Errorf("%s %s is not whole: %+v", e.Kind, e.Name, e)
			}
			for _, see := range e.See {
				if len(Lookup(see)) == 0 {
					t.Errorf("%s %s: see %s, which nothing explains", e.Kind, e.Name, see)
				}
			}
			if e.Filter == "" {
				continue
			}
			if strings.Contains(e.Filter, "'") {
				t.Errorf("%s %s: %s cannot stand in quotes", e.Kind, e.Name, e.Filter)
			}
			if _, err := filter.ParseText(e.Filter, filter.Env{}); err != nil {
				t.Errorf("%s %s: %s is no filter: %v", e.Kind, e.Name, e.Filter, err)
			}
		}
	}
	if kind, ok := ParseKind("owner_status"); kind != OwnerStatus || !ok {
		t.Errorf("owner_status is %s", kind)
	}
	if _, ok := ParseKind("nosuch"); ok || len(Lookup("nosuch")) > 0 {
		t.Error("nosuch is something")
	}
}

// TestTextFitsAScreen of 80 columns and 24 lines, with a line for the prompt.
func TestTextFitsAScreen(t *testing.T) {
	for word, entries := range all() {
		text := Text(entries, 79)
		if lines := strings.Count(text, "\n"); lines > 23 {
			t.Errorf("%s takes %d lines", word, lines)
		}
		for line := range strings.Lines(text) {
			if len([]rune(strings.TrimSuffix(line, "\n"))) > 79 && strings.Contains(strings.TrimLeft(line, " "), " ") {
				t.Errorf("%s: a wide line: %s", word, line)
			}
		}
	}
	golden(t, "close_wait", Text(Lookup("close-wait"), 79))
	golden(t, "permission", Text(Lookup("permission"), 60))
	golden(t, "rtt", Text(Lookup("rtt"), 79))
}
