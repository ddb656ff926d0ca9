package render

import (
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"sockeye/sock"
	"sockeye/sock/fact"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

const schemaFile = "../docs/json-schema.json"

func readSchema(t *testing.T) map[string]any {
	t.Helper()
	data, err := os.ReadFile(schemaFile)
	if err != nil {
		t.Fatal(err)
	}
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	return v.(map[string]any)
}

// forbidOthers makes every object refuse members that the schema does not name.
// The schema itself does not, since members may be added at any time; here, one
// that is not described is a mistake.
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

func compileSchema(t *testing.T, pointer string) *jsonschema.Schema {
	t.Helper()
	doc := readSchema(t)
	forbidOthers(doc)
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("schema.json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("schema.json" + pointer)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func validate(t *testing.T, s *jsonschema.Schema, text string) {
	t.Helper()
	v, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Validate(v); err != nil {
		t.Errorf("%v\n%.500s", err, text)
	}
}

// populations are the sockets that the schema is held against: every member
// that the registry has is there in one of them.
func populations() []*sock.Socket {
	all := slices.Concat(varied(), hostile(), families())
	for p := sock.ProtocolUnknown; p <= sock.TIPC; p++ {
		for st := sock.StateUnknown; st <= sock.Unconnected; st++ {
			all = append(all, &sock.Socket{Protocol: p, State: st, Family: sock.Family(p) % (sock.FamilyTIPC + 1)})
		}
	}
	for kind := sock.TimerOff; kind <= sock.TimerUnknown; kind++ {
		for bits := sock.Shutdown(0); bits < 4; bits++ {
			s := full()
			s.Timer.Kind, s.Shutdown, s.OwnerStatus, s.Cookie = kind, bits, sock.OwnerStatus(kind)+4, uint64(kind)<<60
			s.Memory.Rcvbuf, s.Inode, s.Result = 1<<32-1, 1<<64-1, sock.Result(kind)+1
			labelled := *s.Owners[0].Process
			labelled.Context, labelled.Known = "system_u:system_r:httpd_t:s0", labelled.Known|sock.FieldContext
			s.Owners[0].Process = &labelled
			s.ClosedAt, s.SocketContext = clock, "system_u:object_r:http_t:s0"
			s.Event = &sock.Event{
				Kind: sock.EventState + sock.EventKind(kind)%4, Source: sock.SourceBPF, Time: clock, OldState: sock.SynSent, NewState: sock.Closed,
				Duration: 252507 * time.Microsecond, Lifetime: 3 * time.Second, DurationAtLeast: true, LifetimeAtLeast: true, Origin: sock.OriginConnect,
				Failure: sock.FailureTimedOut, Sent: 12, Received: 0, Counted: true, Direction: sock.Sent, Retransmitted: sock.SynAckAgain,
				Reason: "NO_SOCKET", Segments: 2, Bytes: 100,
			}
			s.Known |= sock.FieldResult | sock.FieldClosedAt | sock.FieldSocketContext | sock.FieldEvent
			all = append(all, s)
		}
	}
	return all
}

func everyFact(format Format) Options {
	return Options{Format: format, Facts: sock.AllFields, Host: "box", GeneratedAt: clock}
}

func TestSchemaOfTheDocument(t *testing.T) {
	s := compileSchema(t, "")
	for _, rows := range [][]*sock.Socket{nil, populations()} {
		validate(t, s, rendered(t, everyFact(JSON), rows))
		o := everyFact(JSON)
		o.Group = mustColumns(t, everyColumn())
		validate(t, s, rendered(t, o, rows))
	}
}

func TestSchemaOfLines(t *testing.T) {
	s := compileSchema(t, "#/$defs/socket")
	seen := make(map[string]bool)
	for line := range strings.Lines(rendered(t, everyFact(NDJSON), populations())) {
		validate(t, s, line)
		var members map[string]json.RawMessage
		if err := json.Unmarshal([]byte(line), &members); err != nil {
			t.Fatal(err)
		}
		for name := range members {
			seen[name] = true
		}
		for _, name := range []string{"protocol", "family", "state", "owner_status"} {
			if members[name] == nil {
				t.Errorf("%s is not in %s", name, line)
			}
		}
	}
	if diff := cmp.Diff(slices.Sorted(slices.Values(memberNamesOf(fact.Members()))), slices.Sorted(maps.Keys(seen))); diff != "" {
		t.Errorf("the population does not cover every member: %s", diff)
	}
	o := everyFact(NDJSON)
	o.Group = mustColumns(t, "process,local,timer.name,tcp_info.rtt_us,memory.drops,started_at")
	group := compileSchema(t, "#/$defs/group")
	for line := range strings.Lines(rendered(t, o, populations())) {
		validate(t, group, line)
	}
}

// TestSchemaRefuses shows that the validation above can fail.
func TestSchemaRefuses(t *testing.T) {
	s := compileSchema(t, "#/$defs/socket")
	for _, line := range []string{
		`{"new_member":1}`, `{"local_port":"80"}`, `{"local_port":65536}`, `{"user":""}`, `{"pid":null}`,
		`{"state":"LISTENING"}`, `{"owners":[{"fd":1}]}`, `{"cookie":"0x1"}`, `{"tcp_info":{"rtt":1}}`, `{"abstract":false}`,
	} {
		v, err := jsonschema.UnmarshalJSON(strings.NewReader(line))
		if err != nil {
			t.Fatal(err)
		}
		if s.Validate(v) == nil {
			t.Errorf("the schema takes %s", line)
		}
	}
}
