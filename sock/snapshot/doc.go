// Package snapshot writes and reads version 1 of the JSON listing: the document
// of --json and the lines of --ndjson. What a socket is in JSON is decided by
// package fact.
package snapshot
