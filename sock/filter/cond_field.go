package filter

import (
	"regexp"
	"slices"
	"strings"
	"time"

	"sockeye/sock"
	"sockeye/sock/fact"
)

// NumberCond compares a number: it is true if one of the ranges holds it. For a
// choice or a boolean the numbers stand for names, for a duration they are in the
// unit of the fact, for a time nanoseconds since 1970.
type NumberCond struct {
	Field *fact.Fact
	// Ranges are sorted and do not touch; without one the condition is false.
	Ranges []Range

	now func() time.Time
}

func (c *NumberCond) match(s *sock.Socket) bool {
	f := c.Field
	if !f.PerOwner() {
		v, known := f.Number(s)
		return known && contains(c.Ranges, v)
	}
	return anyOwner(s, func(o *sock.Owner) bool {
		v, known := f.OwnerNumber(o)
		return known && c.holds(v)
	})
}

func (c *NumberCond) holds(v uint64) bool {
	if c.Field.Since {
		now := fact.Nanoseconds(c.now())
		v = now - min(now, v)
	}
	return contains(c.Ranges, v)
}

func (c *NumberCond) needs() sock.Field { return c.Field.Needs }

// TextCond compares text: it is true if it is one of Values.
type TextCond struct {
	Field  *fact.Fact
	Values []string // sorted
}

// linearValues is up to how many values are compared one by one, which is
// faster than a search for so few.
const linearValues = 8

func (c *TextCond) match(s *sock.Socket) bool { return anyText(c.Field, s, c.holds) }

func (c *TextCond) holds(v string) bool {
	equal := equalText(c.Field.Kind)
	if equal == nil && len(c.Values) > linearValues {
		_, found := slices.BinarySearch(c.Values, v)
		return found
	}
	for _, w := range c.Values {
		if v == w || equal != nil && equal(v, w) {
			return true
		}
	}
	return false
}

func (c *TextCond) needs() sock.Field { return c.Field.Needs }

// RegexpCond is true if the regular expression matches anywhere in the text.
type RegexpCond struct {
	Field  *fact.Fact
	Regexp *regexp.Regexp
}

func (c *RegexpCond) match(s *sock.Socket) bool {
	return anyText(c.Field, s, func(v string) bool { return c.Regexp.MatchString(shownPath(v)) })
}

func (c *RegexpCond) needs() sock.Field { return c.Field.Needs }

// shownPath writes @ for the bytes of NUL of an abstract name, as it is shown
// everywhere. Other text has none.
func shownPath(path string) string {
	if strings.IndexByte(path, 0) < 0 {
		return path
	}
	return strings.ReplaceAll(path, "\x00", "@")
}

// anyText reports whether the text of the socket, one of several, or that of one
// of its holders, is known and holds.
func anyText(f *fact.Fact, s *sock.Socket, holds func(string) bool) bool {
	if !f.PerOwner() {
		return f.AnyText(s, holds)
	}
	return anyOwner(s, func(o *sock.Owner) bool {
		v, known := f.OwnerText(o)
		return known && holds(v)
	})
}

// anyOwner reports whether one of the holders of a socket is known and holds.
func anyOwner(s *sock.Socket, holds func(*sock.Owner) bool) bool {
	if !s.Knows(sock.FieldOwners) {
		return false
	}
	for i := range s.Owners {
		if o := &s.Owners[i]; o.Process != nil && holds(o) {
			return true
		}
	}
	return false
}
