package cli

import (
	"io"
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

// TestTraceColumns: a narrow terminal has fewer columns of each view, and the same ones
// in the same order; a wide one, a pipe and --wide have all.
func TestTraceColumns(t *testing.T) {
	for view, all := range viewColumns {
		columns := func(l render.Options) string {
			o := &options{view: viewWord{view: view}}
			l.Format = render.Table
			return strings.Join(o.traceColumns(&l, sock.SourceBPF), ",")
		}
		for _, l := range []render.Options{{}, {Width: traceWidth}, {Width: 80, Wide: true}} {
			if got := columns(l); got != all {
				t.Errorf("%v, %d cells: %s", view, l.Width, got)
			}
		}
		few := columns(render.Options{Width: 80})
		for _, name := range leftOut[view] {
			if !strings.Contains(","+all+",", ","+name+",") || strings.Contains(","+few+",", ","+name+",") {
				t.Errorf("%v: %s in %s", view, name, few)
			}
		}
		if n := strings.Count(all, ",") - strings.Count(few, ","); n != len(leftOut[view]) || n == 0 {
			t.Errorf("%v: %s", view, few)
		}
	}
	l := render.Options{Format: render.Table, Width: 80}
	if err := (&options{columns: []string{"time"}}).arrangeTrace(&l, sock.SourceBPF); err != nil || l.Columns != nil {
		t.Errorf("columns in place of those that were asked for: %v, %v", l.Columns, err)
	}
}
