package procnet

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"sync"
)

// readBuffer is how much of a table is asked of the kernel at once, in bytes. A
// proc file gives about a page whatever is asked; a copy in a file, all of it.
const readBuffer = 256 << 10

var bufPool = sync.Pool{New: func() any { return bufio.NewReaderSize(nil, readBuffer) }}

// lineReader gives the lines of a table.
type lineReader struct {
	buf *bufio.Reader
	src countingReader
	// number is that of the line last given, from 1.
	number int
}

// countingReader counts the pieces in which the kernel gives a table.
type countingReader struct {
	io.Reader
	pieces int
}

func (c *countingReader) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	if n > 0 {
		c.pieces++
	}
	return n, err
}

// open begins with the first line of r. The caller must close.
func (l *lineReader) open(r io.Reader) {
	l.buf = bufPool.Get().(*bufio.Reader)
	l.restart(r)
}

// restart begins again with the first line of r.
func (l *lineReader) restart(r io.Reader) {
	l.src = countingReader{Reader: r}
	l.buf.Reset(&l.src)
	l.number = 0
}

func (l *lineReader) close() {
	l.buf.Reset(nil)
	bufPool.Put(l.buf)
	l.buf = nil
}

// errLongLine is a line that does not fit the buffer and was skipped.
var errLongLine = errors.New("line too long")

// next returns the next line without its newline; it is valid until the
// following call. The error is io.EOF at the end, errLongLine, or that of the
// reader.
func (l *lineReader) next() ([]byte, error) {
	l.number++
	line, err := l.buf.ReadSlice('\n')
	switch {
	case err == nil:
		return line[:len(line)-1], nil
	case errors.Is(err, io.EOF) && len(line) > 0:
		return line, nil
	case !errors.Is(err, bufio.ErrBufferFull):
		return nil, err
	}
	for errors.Is(err, bufio.ErrBufferFull) {
		_, err = l.buf.ReadSlice('\n')
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	return nil, errLongLine
}

// isHeader reports whether the line is the title of a table: "sl" stands above
// the rows of the IP protocols, "Num" above those of unix sockets.
func isHeader(line []byte) bool {
	line = bytes.TrimLeft(line, " ")
	return bytes.HasPrefix(line, []byte("sl ")) || bytes.HasPrefix(line, []byte("Num "))
}
