package snapshot

import (
	"bytes"
	"fmt"
	"io"
)

// One socket, or one member of the head, may take so many bytes and line breaks.
// What is written here never takes more: see [fact.AppendObject]. Blanks have a
// bound of their own, because package json looks at all of them again and again.
const (
	maxValue  = 64 << 20
	maxBreaks = 1 << 20
	maxBlanks = 64 << 10
)

var (
	errTooLong = fmt.Errorf("a socket takes more than %d bytes", maxValue)
	errBlanks  = fmt.Errorf("more than %d blanks stand in a row", maxBlanks)
	errTooMany = fmt.Errorf("a socket takes more than %d lines", maxBreaks)
)

// position is a reader that can tell the line of an offset that was read, so
// that an error says where the input is wrong. It remembers only the line
// breaks behind the last offset that it was told is done, and reads no further
// behind that than one value may take.
type position struct {
	r      io.Reader
	read   int64   // bytes read
	begun  int64   // the offset that was done last
	blanks int     // that were read last
	lines  int     // line breaks before what breaks holds
	breaks []int64 // offsets of line breaks that are not done
}

func (p *position) Read(buf []byte) (int, error) {
	room := p.begun + maxValue - p.read
	switch {
	case room <= 0:
		return 0, errTooLong
	case p.blanks > maxBlanks:
		return 0, errBlanks
	case len(p.breaks) > maxBreaks:
		return 0, errTooMany
	}
	n, err := p.r.Read(buf[:min(int64(len(buf)), room)])
	for i := 0; i < n; {
		at := bytes.IndexByte(buf[i:n], '\n')
		if at < 0 {
			break
		}
		p.breaks = append(p.breaks, p.read+int64(i+at))
		i += at + 1
	}
	p.read += int64(n)
	if rest := len(bytes.TrimRight(buf[:n], " \t\r\n")); rest > 0 {
		p.blanks = 0
	} else {
		p.blanks += n
	}
	return n, err
}

// done forgets the line breaks before an offset.
func (p *position) done(offset int64) {
	p.begun = offset
	i := 0
	for i < len(p.breaks) && p.breaks[i] < offset {
		i++
	}
	p.lines += i
	p.breaks = append(p.breaks[:0], p.breaks[i:]...)
}

// line returns the line of an offset that is not done, counted from 1.
func (p *position) line(offset int64) int {
	n := p.lines + 1
	for _, at := range p.breaks {
		if at < offset {
			n++
		}
	}
	return n
}
