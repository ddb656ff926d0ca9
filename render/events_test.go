package render

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"sockeye/sock"
)

func TestEvents(t *testing.T) {
	at := time.Date(2026, 11, 20, 15, 3, 10, 104512999, time.FixedZone("CET", 3600))
	s := inet(sock.TCP, sock.Established, "10.0.0.5:80", "10.0.0.9:1")
	var b bytes.Buffer
	l, err := Options{Format: NDJSON, Columns: mustColumns(t, "protocol,state,local_port,mark")}.Layout()
	if err != nil {
		t.Fatal(err)
	}
	e := NewEvents(&b, l, "destroy")
	err = errors.Join(e.Event(Event{Kind: "opened", Time: at, Initial: true, Socket: s}), e.Event(Event{Kind: "closed", Time: at, Socket: s}))
	if b.Len() > 0 {
		t.Errorf("written before a flush: %s", b.String())
	}
	if err = errors.Join(err, e.Flush()); !strings.HasSuffix(b.String(), "80}\n") {
		t.Errorf("after the flush: %s", b.String())
	}
	if err = errors.Join(err, e.End(at, Total{"lost", 3}, Total{"passes", 1})); err != nil {
		t.Fatal(err)
	}
	const want = `{"event":"opened","time":"2026-11-20T14:03:10.104512Z","event_source":"destroy","initial":true,"protocol":"tcp","state":"ESTABLISHED","local_port":80}
{"event":"closed","time":"2026-11-20T14:03:10.104512Z","event_source":"destroy","protocol":"tcp","state":"ESTABLISHED","local_port":80}
{"event":"end","time":"2026-11-20T14:03:10.104512Z","event_source":"destroy","lost":3,"passes":1}
`
	if b.String() != want {
		t.Errorf("got\n%swant\n%s", b.String(), want)
	}
}

// TestEventOfNothing has members that the socket does not know.
func TestEventOfNothing(t *testing.T) {
	var b bytes.Buffer
	l, err := Options{Format: NDJSON, Columns: mustColumns(t, "mark")}.Layout()
	if err != nil {
		t.Fatal(err)
	}
	e := NewEvents(&b, l, "poll")
	err = errors.Join(e.Event(Event{Kind: "closed", Time: clock, Socket: &sock.Socket{}}), e.Flush())
	if err != nil || !strings.HasSuffix(b.String(), `"event_source":"poll"}`+"\n") {
		t.Errorf("%v: %s", err, b.String())
	}
}

func TestSchemaOfEvents(t *testing.T) {
	var b bytes.Buffer
	l, err := everyFact(NDJSON).Layout()
	if err != nil {
		t.Fatal(err)
	}
	e := NewEvents(&b, l, "poll")
	for _, kind := range []string{"opened", "changed", "closed"} {
		for _, s := range populations() {
			if err := e.Event(Event{Kind: kind, Time: clock, Initial: kind == "opened", Socket: s}); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := e.End(clock, Total{"lost", 1}, Total{"passes", 2}, Total{"skipped", 0}); err != nil {
		t.Fatal(err)
	}
	schema := compileSchema(t, "#/$defs/event")
	for line := range strings.Lines(b.String()) {
		validate(t, schema, line)
	}
}

func TestEventWriteErrors(t *testing.T) {
	l, err := everyFact(NDJSON).Layout()
	if err != nil {
		t.Fatal(err)
	}
	e := NewEvents(&fullDisk{room: 10}, l, "poll")
	if err := errors.Join(e.Event(Event{Kind: "opened", Time: clock, Socket: full()}), e.Flush()); !errors.Is(err, errFull) {
		t.Errorf("flush: %v", err)
	}
	if err := e.End(clock); !errors.Is(err, errFull) {
		t.Errorf("end: %v", err)
	}
}
