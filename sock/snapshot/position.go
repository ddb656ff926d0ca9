package snapshot

import (
	"bytes"
	"io"
)

// position is a reader that can tell the line of an offset that was read, so
// that an error says where the input is wrong. It remembers only the line
// breaks behind the last offset that it was told is done.
type position struct {
	r      io.Reader
	read   int64   // bytes read
	lines  int     // line breaks before what breaks holds
	breaks []int64 // offsets of line breaks that are not done
}

func (p *position) Read(buf []byte) (int, error) {
	n, err := p.r.Read(buf)
	for i := 0; i < n; {
		at := bytes.IndexByte(buf[i:n], '\n')
		if at < 0 {
			break
		}
		p.breaks = append(p.breaks, p.read+int64(i+at))
		i += at + 1
	}
	p.read += int64(n)
	return n, err
}

// done forgets the line breaks before an offset.
func (p *position) done(offset int64) {
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
