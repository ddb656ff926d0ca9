// Package render writes sockets out: the table for people, and JSON, NDJSON,
// CSV, TSV, templates, PIDs and counts for scripts.
//
// A [Renderer] takes sockets one by one as they stream in, and keeps none of
// them unless it must sort or group. [Needs] says what a listing will look at,
// so that nothing else is asked of the system.
//
// One registry, [Columns], says what a column is called, what it needs, how it
// is written and how it sorts. Its columns are the members of JSON (see package
// [sockeye/sock/snapshot]) and the few that join several of them.
//
// Nothing that came from a process, a path or a name server reaches the output
// raw: see [AppendText].
package render
