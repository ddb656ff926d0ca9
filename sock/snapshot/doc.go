// Package snapshot writes and reads version 1 of the JSON listing: the document
// of --json and the lines of --ndjson.
//
// One registry, [Members], says which members a socket has in JSON: the name,
// the type, the facts it needs and how it is written. The writer, the header of
// CSV, the keys of templates, the choice of columns and the suggestions for
// mistyped names are all made from it, and a test holds docs/json-schema.json
// against it.
//
// The rules of the format:
//
//   - What is not known is absent. A member is never null, 0 or "" for want of
//     knowledge. owner_status is always there.
//   - Times are RFC 3339 in UTC. Names that carry a unit end in it.
//   - cookie is a string of lower-case hexadecimal digits without "0x" and
//     without leading zeros, because 64 bits do not fit a JSON number.
//   - Output is valid UTF-8 and never holds a raw control or format character:
//     see [AppendString].
package snapshot
