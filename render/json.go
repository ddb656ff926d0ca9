package render

import (
	"time"

	"sockeye/sock"
	"sockeye/sock/fact"
	"sockeye/sock/snapshot"
)

// document writes one JSON document, a socket on each line of its list.
type document struct {
	*output
	fields []*fact.Fact
	host   string
	at     time.Time
	opened bool
	rows   int
}

func (d *document) open() []byte {
	d.buf = d.buf[:0]
	if !d.opened {
		d.opened = true
		d.buf = snapshot.AppendHead(d.buf, d.at, d.host, "sockets")
	}
	return d.buf
}

func (d *document) Socket(s *sock.Socket) error {
	buf := d.open()
	if d.rows > 0 {
		buf = append(buf, ',')
	}
	d.rows++
	d.buf = fact.AppendObject(append(buf, '\n'), s, d.fields)
	_, err := d.w.Write(d.buf)
	return err
}

func (d *document) Close(snap sock.Snapshot) error {
	buf := d.open()
	if d.rows > 0 {
		buf = append(buf, '\n')
	}
	buf = append(snapshot.AppendTail(buf, &snap), '\n')
	if _, err := d.w.Write(buf); err != nil {
		return err
	}
	return d.Flush()
}

// lines writes NDJSON. The first line is sent at once, so that a reader can
// begin.
type lines struct {
	*output
	fields []*fact.Fact
	begun  bool
}

func (l *lines) Socket(s *sock.Socket) error {
	l.buf = append(fact.AppendObject(l.buf[:0], s, l.fields), '\n')
	if _, err := l.w.Write(l.buf); err != nil {
		return err
	}
	if l.begun {
		return nil
	}
	l.begun = true
	return l.Flush()
}

func (l *lines) Close(sock.Snapshot) error { return l.Flush() }
