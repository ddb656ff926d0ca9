package snapshot

import (
	"strconv"
	"time"

	"sockeye/sock"
	"sockeye/sock/escape"
)

// AppendHead appends the beginning of a document, up to the bracket that opens
// its list: "sockets", or "groups". What is empty or zero is left out.
func AppendHead(dst []byte, generatedAt time.Time, host, list string) []byte {
	dst = appendMember(dst, generatedAt, host, list)
	return append(dst, '[')
}

// appendMember appends the beginning of a document, up to the colon behind the
// member that is its answer.
func appendMember(dst []byte, generatedAt time.Time, host, member string) []byte {
	dst = append(dst, `{"schema_version":`...)
	dst = strconv.AppendInt(dst, sock.SchemaVersion, 10)
	if !generatedAt.IsZero() {
		dst = append(dst, `,"generated_at":`...)
		dst = generatedAt.UTC().AppendFormat(append(dst, '"'), time.RFC3339Nano)
		dst = append(dst, '"')
	}
	if host != "" {
		dst = append(dst, `,"host":`...)
		dst = escape.AppendJSON(dst, host)
	}
	dst = append(dst, ',')
	dst = escape.AppendJSON(dst, member)
	return append(dst, ':')
}

// AppendTail appends the end of a document, from the bracket that closes its
// list. It stands behind the list because it is known only when the list is
// read to its end.
func AppendTail(dst []byte, snap *sock.Snapshot) []byte {
	return appendEnd(append(dst, ']'), snap)
}

// appendEnd appends what follows the answer of a document.
func appendEnd(dst []byte, snap *sock.Snapshot) []byte {
	if snap.Source != "" {
		dst = append(dst, `,"source":`...)
		dst = escape.AppendJSON(dst, snap.Source)
	}
	if snap.OwnerSource != "" {
		dst = append(dst, `,"owner_source":`...)
		dst = escape.AppendJSON(dst, snap.OwnerSource)
	}
	if snap.OwnerReason != "" {
		dst = append(dst, `,"owner_reason":`...)
		dst = escape.AppendJSON(dst, snap.OwnerReason)
	}
	dst = appendForwards(dst, snap.Forwards)
	dst = appendQuery(dst, &snap.Asked)
	dst = append(dst, `,"complete":`...)
	dst = strconv.AppendBool(dst, snap.Complete)
	dst = append(dst, `,"warnings":[`...)
	for i, w := range snap.Warnings {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, `{"code":`...)
		dst = escape.AppendJSON(dst, string(w.Code))
		dst = append(dst, `,"message":`...)
		dst = escape.AppendJSON(dst, w.Message)
		dst = append(dst, '}')
	}
	return append(dst, "]}"...)
}
