package cli

import (
	"io"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"

	"sockeye/platform"
	"sockeye/render"
	"sockeye/sock"
)

// TestDocTrace: what docs/trace.md types is taken, and names every view and source.
func TestDocTrace(t *testing.T) {
	text, err := os.ReadFile("../../docs/trace.md")
	if err != nil {
		t.Fatal(err)
	}
	doc, commands := string(text), 0
	for line := range strings.Lines(doc) {
		typed, is := strings.CutPrefix(strings.TrimPrefix(line, "$ "), "sockeye trace ")
		if !is {
			continue
		}
		commands++
		before, quoted, _ := strings.Cut(strings.TrimSpace(typed), "'")
		words := append([]string{"trace"}, strings.Fields(before)...)
		if condition, after, has := strings.Cut(quoted, "'"); has {
			words = append(append(words, condition), strings.Fields(after)...)
		}
		o, rest, err := readOptions(words...)
		o.tracing = true
		if err == nil {
			err = o.check()
		}
		r := &run{IO: IO{In: strings.NewReader(""), Out: io.Discard, Getenv: func(string) string { return "" }, Now: time.Now}, ctx: t.Context()}
		req := platform.TraceRequest{View: o.view.view}
		if err == nil {
			req.Filter, err = r.readFilter(o, rest)
		}
		if err == nil {
			_, err = r.traceLayout(o, req, backend{}, sock.SourceBPF)
		}
		if err != nil {
			t.Errorf("%s: %v", strings.TrimSpace(line), err)
		}
	}
	if commands < 5 {
		t.Errorf("%d commands", commands)
	}
	var words []string
	for _, o := range (&options{}).viewOptions() {
		words = append(words, "`"+o.spelling()+"`")
	}
	for _, names := range [][]string{sock.EventSourceNames(), sock.OriginNames(), sock.FailureNames()} {
		for _, name := range names[1:] {
			words = append(words, "`"+name+"`")
		}
	}
	for _, word := range words {
		if !strings.Contains(doc, word) {
			t.Errorf("docs/trace.md does not say %s", word)
		}
	}
}

// TestTraceIsNotSorted: events of listeners are told as they come, where a listing of
// listeners is sorted, which waits for the last one.
func TestTraceIsNotSorted(t *testing.T) {
	r := &run{IO: IO{Getenv: func(string) string { return "" }, Now: time.Now}, ctx: t.Context()}
	req := platform.TraceRequest{Request: platform.Request{Query: sock.Query{States: sock.ListeningStates}}}
	layout, err := r.traceLayout(&options{tracing: true}, req, backend{}, sock.SourceBPF)
	if err != nil || layout.Sort != nil {
		t.Errorf("sorted by %v, %v", layout.Sort, err)
	}
}

func TestTraceTotal(t *testing.T) {
	one, more := &platform.Trace{Matched: 1, Connections: 1}, &platform.Trace{Matched: 2, Connections: 0}
	for _, c := range []struct {
		view platform.View
		of   *platform.Trace
		lost uint64
		want string
	}{
		{platform.ViewStates, one, 0, "1 change, 1 connection, 0 lost"},
		{platform.ViewStates, more, 3, "2 changes, 0 connections, 3 lost"},
		{platform.ViewLifetimes, one, 0, "1 connection, 0 lost"},
		{platform.ViewConnects, more, 0, "2 connects, 0 lost"},
		{platform.ViewDrops, one, 0, "1 drop, 0 lost"},
	} {
		if got := traceTotal(c.view, c.of, c.lost); got != c.want {
			t.Errorf("%v: %s, want %s", c.view, got, c.want)
		}
	}
}

// TestTraceColumns: an event is a line on a terminal of 80 cells, and each view has as
// many of its columns as there is room for; a wide one, a pipe and --wide have all.
func TestTraceColumns(t *testing.T) {
	traced := &sock.Socket{
		Protocol: sock.TCP, Family: sock.IPv4, State: sock.Established, Known: sock.FieldLocal | sock.FieldRemote | sock.FieldOwners | sock.FieldEvent,
		Local: netip.MustParseAddrPort("192.168.100.100:50000"), Remote: netip.MustParseAddrPort("192.168.100.101:50000"),
		Owners: []sock.Owner{{Process: &sock.Process{PID: 17205, Name: "nginx"}}},
		Event:  &sock.Event{OldState: sock.SynReceived, NewState: sock.Established, Duration: time.Second, Lifetime: time.Minute, Origin: sock.OriginInherited, Reason: "NETFILTER_DROP"},
	}
	for view, all := range viewColumns {
		header := func(width int, wide bool) (text string, columns int) {
			o := &options{view: viewWord{view: view}}
			r := render.Options{Format: render.Table, Header: true, Width: width, Wide: wide}
			if err := o.arrangeTrace(&r, sock.SourceBPF); err != nil {
				t.Fatal(err)
			}
			layout, err := r.Layout()
			if err != nil {
				t.Fatal(err)
			}
			var out strings.Builder
			table := render.New(&out, layout)
			if err := table.Socket(traced); err != nil {
				t.Fatal(err)
			}
			if err := table.Close(sock.Snapshot{}); err != nil {
				t.Fatal(err)
			}
			text, row, _ := strings.Cut(strings.TrimSuffix(out.String(), "\n"), "\n")
			if strings.Contains(row, "\n") || width > 0 && !wide && render.Cells(row) > width {
				t.Errorf("%v, %d cells: a row\n%s", view, width, row)
			}
			return text, len(strings.Fields(text))
		}
		whole := strings.Count(all, ",") + 1
		for _, width := range []int{0, 160} {
			if text, n := header(width, false); n != whole {
				t.Errorf("%v, %d cells: %s", view, width, text)
			}
		}
		if text, n := header(80, true); n != whole {
			t.Errorf("%v, --wide: %s", view, text)
		}
		spare := strings.Count(spareColumns[view], ",") + 1
		before := whole - spare
		for width := 80; width <= 160; width++ {
			text, n := header(width, false)
			if n < before || len(text) > width || !strings.HasSuffix(text, "PROCESS") {
				t.Errorf("%v, %d cells: %d columns, %d with a cell less: %s", view, width, n, before, text)
			}
			before = n
		}
		if before != whole {
			t.Errorf("%v: %d columns at last", view, before)
		}
	}
	l := render.Options{Format: render.Table, Width: 80}
	if err := (&options{columns: []string{"time"}}).arrangeTrace(&l, sock.SourceBPF); err != nil || l.Columns != nil {
		t.Errorf("columns in place of those that were asked for: %v, %v", l.Columns, err)
	}
}
