package platform

import (
	"context"
	"iter"

	"sockeye/sock"
)

// here is an environment that says nothing.
var here = &sock.Environment{}

func chainOf(sources ...sock.Source) *chain { return &chain{sources: sources, env: here} }

func hostOf(sources ...sock.Source) *Host { return &Host{chain: *chainOf(sources...)} }

// namespace is one that is everywhere.
type namespace uint64

func (n namespace) Inode() uint64           { return uint64(n) }
func (n namespace) Name() string            { return "" }
func (n namespace) Do(f func() error) error { return f() }
func (n namespace) Close() error            { return nil }

// fakeSession makes a reading of each table, or of both families if they are
// joined, of what rows gives.
type fakeSession struct {
	rows   func(context.Context, sock.Query) iter.Seq2[*sock.Socket, error]
	joined bool
}

func (s fakeSession) Plan(q sock.Query) []sock.Reading {
	var tables []sock.Table
	for t := range q.Tables {
		tables = append(tables, t)
	}
	if s.joined && len(tables) > 1 {
		return []sock.Reading{fakeReading{s, q, tables}}
	}
	var plan []sock.Reading
	for _, t := range tables {
		plan = append(plan, fakeReading{s, q.Only(t), []sock.Table{t}})
	}
	return plan
}

func (fakeSession) Close() {}

type fakeReading struct {
	fakeSession
	query  sock.Query
	tables []sock.Table
}

func (r fakeReading) Tables() []sock.Table { return r.tables }
func (r fakeReading) Prefetch()            {}
func (r fakeReading) Rows(ctx context.Context) iter.Seq2[*sock.Socket, error] {
	return r.rows(ctx, r.query)
}
