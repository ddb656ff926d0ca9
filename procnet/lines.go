package procnet

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"math"
	"slices"
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

// headers begin the titles of tables: those of the IP protocols, of unix sockets, of
// packet and netlink sockets, of SCTP's sockets and associations.
var headers = []string{"sl ", "Num ", "sk ", "ENDPT ", "ASSOC "}

// isHeader reports whether the line is the title of a table.
func isHeader(line []byte) bool {
	line = bytes.TrimLeft(line, " ")
	return slices.ContainsFunc(headers, func(h string) bool { return len(line) >= len(h) && string(line[:len(h)]) == h })
}

// cursor reads a line of a table from left to right. After a mistake it stays
// failed and gives zeros, so that only the end needs a check.
type cursor struct {
	rest   []byte
	failed bool
}

// notHex marks a byte that is no hexadecimal digit in hexDigits.
const notHex = 0xff

var hexDigits = func() (table [256]uint8) {
	for i := range table {
		table[i] = notHex
	}
	for i := range uint8(10) {
		table['0'+i] = i
	}
	for i := range uint8(6) {
		table['a'+i], table['A'+i] = 10+i, 10+i
	}
	return table
}()

// blanks skips blanks; there may be none.
func (c *cursor) blanks() {
	i := 0
	for i < len(c.rest) && c.rest[i] == ' ' {
		i++
	}
	c.rest = c.rest[i:]
}

// column reads a decimal number behind blanks.
func (c *cursor) column() uint64 {
	c.byte(' ')
	c.blanks()
	return c.decimal()
}

// end is where nothing but blanks may follow.
func (c *cursor) end() {
	if c.blanks(); len(c.rest) > 0 {
		c.fail()
	}
}

// byte skips one byte, which must be b.
func (c *cursor) byte(b byte) {
	if len(c.rest) == 0 || c.rest[0] != b {
		c.fail()
		return
	}
	c.rest = c.rest[1:]
}

func (c *cursor) fail() {
	c.failed = true
	c.rest = nil
}

// hexWord reads exactly digits hexadecimal digits, at most 8.
func (c *cursor) hexWord(digits int) uint32 {
	if len(c.rest) < digits {
		c.fail()
		return 0
	}
	var v uint32
	var bad uint8
	for _, b := range c.rest[:digits] {
		d := hexDigits[b]
		bad |= d
		v = v<<4 | uint32(d&0xf)
	}
	if bad > 0xf {
		c.fail()
		return 0
	}
	c.rest = c.rest[digits:]
	return v
}

// pointer reads an address of the kernel (%pK of its printf), of which nothing but a
// hash is told. Until the kernel has gathered enough randomness to make one, at the
// start of a machine, it prints "(____ptrval____)", or "(ptrval)" on 32 bits: then it
// is 0.
func (c *cursor) pointer() uint64 {
	for _, unknown := range [...]string{"(____ptrval____)", "(ptrval)"} {
		if rest, ok := bytes.CutPrefix(c.rest, []byte(unknown)); ok {
			c.rest = rest
			return 0
		}
	}
	return c.hex()
}

// hex reads one or more hexadecimal digits.
func (c *cursor) hex() uint64 {
	var v uint64
	i := 0
	for ; i < len(c.rest); i++ {
		d := hexDigits[c.rest[i]]
		if d == notHex {
			break
		}
		if v>>60 != 0 {
			c.fail()
			return 0
		}
		v = v<<4 | uint64(d)
	}
	if i == 0 {
		c.fail()
		return 0
	}
	c.rest = c.rest[i:]
	return v
}

// decimal reads one or more decimal digits.
func (c *cursor) decimal() uint64 {
	var v uint64
	i := 0
	for ; i < len(c.rest); i++ {
		d := c.rest[i] - '0'
		if d > 9 {
			break
		}
		if v > (math.MaxUint64-uint64(d))/10 {
			c.fail()
			return 0
		}
		v = v*10 + uint64(d)
	}
	if i == 0 {
		c.fail()
		return 0
	}
	c.rest = c.rest[i:]
	return v
}

// clamp32 is for numbers that the kernel holds in 32 bits but prints without a
// limit.
func clamp32(v uint64) uint32 { return uint32(min(v, math.MaxUint32)) }
