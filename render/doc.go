// Package render writes sockets out: the table for people, and JSON, NDJSON,
// CSV, TSV, templates, PIDs and counts for scripts.
//
// [Options] become a [Layout], which says what a listing will look at, so that
// nothing else is asked of the system. A [Renderer] takes sockets one by one as they
// stream in, and keeps none of them unless it must sort or group.
//
// What is known of a socket is a fact of package [sockeye/sock/fact], and a [Column] is
// how that stands in a table.
//
// Nothing that came from a process, a path or a name server reaches the output
// raw: see package [sockeye/sock/escape].
package render
