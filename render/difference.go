package render

import (
	"io"

	"sockeye/sock"
	"sockeye/sock/fact"
	"sockeye/sock/snapshot"
)

// Difference is what is between two listings; a pair is a socket before and after.
type Difference struct {
	Opened, Closed []*sock.Socket
	Changed        [][2]*sock.Socket
}

// WriteDifference writes the JSON document of what is between two listings: the lists
// "opened", "closed", and "changed" with each socket "before" and "after". The layout
// is one of [JSON].
func WriteDifference(w io.Writer, l *Layout, d *Difference, snap sock.Snapshot) error {
	buf := snapshot.AppendHead(nil, l.GeneratedAt, l.Host, "opened")
	buf = l.appendSockets(buf, d.Opened)
	buf = l.appendSockets(append(buf, `],"closed":[`...), d.Closed)
	buf = append(buf, `],"changed":[`...)
	for i, p := range d.Changed {
		if i > 0 {
			buf = append(buf, ',')
		}
		buf = fact.AppendObject(append(buf, "\n"+`{"before":`...), p[0], l.members)
		buf = fact.AppendObject(append(buf, `,"after":`...), p[1], l.members)
		buf = append(buf, '}')
	}
	_, err := w.Write(append(snapshot.AppendTail(buf, &snap), '\n'))
	return err
}

func (l *Layout) appendSockets(buf []byte, list []*sock.Socket) []byte {
	for i, s := range list {
		if i > 0 {
			buf = append(buf, ',')
		}
		buf = fact.AppendObject(append(buf, '\n'), s, l.members)
	}
	return buf
}
