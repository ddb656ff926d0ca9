package render

import (
	"io"
	"testing"
)

func rowRenderer(tb testing.TB, o Options) Renderer {
	tb.Helper()
	r, err := open(io.Discard, o)
	if err != nil {
		tb.Fatal(err)
	}
	return r
}

// warm makes the renderer stream.
func warm(tb testing.TB, r Renderer) {
	tb.Helper()
	for _, s := range append(varied(), hostile()...) {
		if err := r.Socket(s); err != nil {
			tb.Fatal(err)
		}
	}
	if err := r.Flush(); err != nil {
		tb.Fatal(err)
	}
}

var rowFormats = map[string]Options{
	"table":   {Header: true, Queues: true},
	"details": {Queues: true, Facts: everything},
	"ndjson":  {Format: NDJSON},
	"json":    {Format: JSON},
	"csv":     {Format: CSV},
	"tsv":     {Format: TSV},
	"pids":    {Format: PIDs},
	"count":   {Format: Count},
}

func BenchmarkRow(b *testing.B) {
	connection := example()[2]
	for _, name := range []string{"table", "details", "ndjson", "json", "csv", "tsv"} {
		b.Run(name, func(b *testing.B) {
			r := rowRenderer(b, rowFormats[name])
			warm(b, r)
			b.ReportAllocs()
			for b.Loop() {
				if err := r.Socket(connection); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
