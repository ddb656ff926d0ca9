package livetest

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"sockeye/internal/test/population"
)

// TestSchema validates what the program prints of real sockets, of every kind
// and with every fact, against the schema, in which a member that it does not
// name is a mistake here.
func TestSchema(t *testing.T) {
	if !population.Alone(t, "ip", "cat") {
		return
	}
	set, err := population.Parity(t.TempDir())
	keep(t, set, err)
	document, line := compileSchema(t, ""), compileSchema(t, "#/$defs/socket")
	for _, args := range [][]string{
		{"port", "--free", "1-65535", "--json"},
		{"explain", "established", "--json"},
		{"explain", "permission", "--json"},
		{"explain", "--sample", "0.2", "--json"},
		{"kill", "sport", ">", "1", "--dry-run", "--json"},
		{"-a", "-A", "all", "--json"},
		{"-a", "-A", "all", "-e", "-o", "-m", "-i", "--tos", "--json"},
		{"-a", "-A", "all", "--source", "proc", "--json"},
		{"-a", "-A", "all", "--source", "portable", "--json"},
		{"-a", "-A", "all", "--no-processes", "--json"},
		{"-a", "-A", "all", "--group-by", "state,process", "--json"},
		{"port", "1-65535", "--json"},
		{"-t", "state", "closing", "state", "last-ack", "--json"},
	} {
		validate(t, document, args, run(t, sockeye(t, args...)).stdout)
	}
	differences := differingFile(t)
	diff := run(t, sockeye(t, "diff", differences, "--json")).stdout
	if !strings.Contains(diff, `{"before":`) || strings.Contains(diff, `"opened":[]`) {
		t.Errorf("nothing changed or opened: %.300s", diff)
	}
	validate(t, document, []string{"diff", "--json"}, diff)
	// With owner_reason.
	validate(t, document, []string{"as nobody"}, run(t, asNobody(sockeye(t, "-a", "--json"))).stdout)
	args := []string{"-a", "-A", "all", "-e", "-o", "-m", "-i", "--ndjson"}
	lines := strings.Split(strings.TrimSuffix(list(t, args...), "\n"), "\n")
	if len(lines) < len(set.Made)/2 {
		t.Errorf("%d lines for a population of %d", len(lines), len(set.Made))
	}
	for _, text := range lines {
		validate(t, line, args, text)
	}
	// What is watched: a document whose sockets have rates, and events.
	args = []string{"-a", "-A", "all", "-e", "-o", "-m", "-i", "--tos", "--watch=0.02", "--passes", "2"}
	documents := list(t, append(args, "--json")...)
	_, second, found := strings.Cut(documents, "\n{\"schema_version\"")
	if !found || !strings.Contains(second, `"recv_rate":`) {
		t.Errorf("two passes are\n%.300s", documents)
	}
	validate(t, document, args, `{"schema_version"`+second)
	event := compileSchema(t, "#/$defs/event")
	events := strings.Split(strings.TrimSuffix(list(t, append(args, "--ndjson")...), "\n"), "\n")
	if len(events) <= len(set.Made)/2 {
		t.Errorf("%d events of a population of %d", len(events), len(set.Made))
	}
	events = append(events, strings.Split(strings.TrimSuffix(run(t, sockeye(t, "diff", differences, "--ndjson")).stdout, "\n"), "\n")...)
	for _, text := range events {
		validate(t, event, args, text)
	}
}

// differingFile writes a listing that is not what there is: connections are in another
// state, and listeners are missing.
func differingFile(t *testing.T) string {
	t.Helper()
	text := strings.ReplaceAll(list(t, "-a", "--json", "state", "established"), `"state":"ESTABLISHED"`, `"state":"LAST_ACK"`)
	text = strings.Replace(text, `,"query":`, `,"asked":`, 1)
	name := filepath.Join(t.TempDir(), "before.json")
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

func compileSchema(t *testing.T, pointer string) *jsonschema.Schema {
	t.Helper()
	if compiled := schemas[pointer]; compiled != nil {
		return compiled
	}
	data, err := os.ReadFile("../../../docs/json-schema.json")
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	forbidOthers(doc)
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("schema.json", doc); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("schema.json" + pointer)
	if err != nil {
		t.Fatal(err)
	}
	schemas[pointer] = schema
	return schema
}

// schemas are those that were compiled: an emulator takes half a second for one.
var schemas = map[string]*jsonschema.Schema{}

// forbidOthers makes every object refuse members that the schema does not name.
func forbidOthers(v any) {
	switch v := v.(type) {
	case map[string]any:
		if v["type"] == "object" {
			v["additionalProperties"] = false
		}
		for _, child := range v {
			forbidOthers(child)
		}
	case []any:
		for _, child := range v {
			forbidOthers(child)
		}
	}
}

func validate(t *testing.T, schema *jsonschema.Schema, args []string, text string) {
	t.Helper()
	v, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
	if err != nil {
		t.Errorf("sockeye %v: %v in %q", args, err, text[:min(len(text), 200)])
		return
	}
	if err := schema.Validate(v); err != nil {
		t.Errorf("sockeye %v: %v", args, err)
	}
}
