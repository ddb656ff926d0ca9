// Package fact is the one registry of what can be known of a socket.
//
// A [Fact] has a name, a kind and a unit, says what a source must give for it,
// reads it from the record and sets it there, and has a line of documentation.
// Made from the registry are the fields of a filter, the columns of a table, the
// keys of sorting and grouping, the fields of a template, the JSON of version 1
// both ways, the words of refusals, the schema, and the tables of facts in the
// documentation. To add a fact is to add a member to [sock.Socket], a case to a
// decoder, and an entry here.
//
// The rules of JSON:
//
//   - What is not known is absent. A member is never null or "" for want of
//     knowledge, nor 0. owner_status is always there.
//   - Times are RFC 3339 in UTC. Names that carry a unit end in it.
//   - cookie is a string of lower-case hexadecimal digits without "0x" and
//     without leading zeros, because 64 bits do not fit a JSON number.
//   - Output is valid UTF-8 and never holds a raw control or format character:
//     see [escape.AppendJSON].
package fact
