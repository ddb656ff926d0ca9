package snapshot

import (
	"math/bits"
	"strconv"
	"time"

	"sockeye/sock"
)

// AppendSocket appends a socket as one JSON object without a line break, with
// those members of the set that it knows. It allocates nothing but room in dst.
func AppendSocket(dst []byte, s *sock.Socket, fields Fields) []byte {
	dst = append(dst, '{')
	start := len(dst)
	for set := uint64(fields & All()); set != 0; set &= set - 1 {
		m := &members[bits.TrailingZeros64(set)]
		if !m.Known(s) {
			continue
		}
		if len(dst) > start {
			dst = append(dst, ',')
		}
		dst = append(dst, m.key...)
		dst = m.AppendJSON(dst, s)
	}
	return append(dst, '}')
}

// appendObject appends those of the members that are known.
func appendObject(dst []byte, s *sock.Socket, parts []Member) []byte {
	dst = append(dst, '{')
	start := len(dst)
	for i := range parts {
		m := &parts[i]
		if !m.Known(s) {
			continue
		}
		if len(dst) > start {
			dst = append(dst, ',')
		}
		dst = append(dst, m.key...)
		dst = m.AppendJSON(dst, s)
	}
	return append(dst, '}')
}

// AppendHead appends the beginning of a document, up to the bracket that opens
// its list: "sockets", or "groups". What is empty or zero is left out.
func AppendHead(dst []byte, generatedAt time.Time, host, list string) []byte {
	dst = append(dst, `{"schema_version":`...)
	dst = strconv.AppendInt(dst, sock.SchemaVersion, 10)
	if !generatedAt.IsZero() {
		dst = append(dst, `,"generated_at":`...)
		dst = appendTime(dst, generatedAt)
	}
	if host != "" {
		dst = append(dst, `,"host":`...)
		dst = AppendString(dst, host)
	}
	dst = append(dst, ',')
	dst = AppendString(dst, list)
	return append(dst, ":["...)
}

// AppendTail appends the end of a document, from the bracket that closes its
// list. It stands behind the list because it is known only when the list is
// read to its end.
func AppendTail(dst []byte, snap *sock.Snapshot) []byte {
	dst = append(dst, ']')
	if snap.Source != "" {
		dst = append(dst, `,"source":`...)
		dst = AppendString(dst, snap.Source)
	}
	if snap.OwnerSource != "" {
		dst = append(dst, `,"owner_source":`...)
		dst = AppendString(dst, snap.OwnerSource)
	}
	if snap.OwnerReason != "" {
		dst = append(dst, `,"owner_reason":`...)
		dst = AppendString(dst, snap.OwnerReason)
	}
	dst = append(dst, `,"complete":`...)
	dst = strconv.AppendBool(dst, snap.Complete)
	dst = append(dst, `,"warnings":[`...)
	for i, w := range snap.Warnings {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, `{"code":`...)
		dst = AppendString(dst, string(w.Code))
		dst = append(dst, `,"message":`...)
		dst = AppendString(dst, w.Message)
		dst = append(dst, '}')
	}
	return append(dst, "]}"...)
}
