package procnet

import "math"

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
