package filter

import (
	"regexp"
	"slices"
	"strings"
	"time"

	"sockeye/sock"
)

// NumberCond compares a number: it is true if one of the ranges holds it. For a
// field of [KindName] or [KindBool] the numbers stand for names, for
// [KindDuration] they are in the unit of the fact, for [KindTime] nanoseconds
// since 1970.
type NumberCond struct {
	Field *Field
	// Ranges are sorted and do not touch; without one the condition is false.
	Ranges []Range

	now func() time.Time
}

func (c *NumberCond) match(s *sock.Socket) bool {
	f := c.Field
	if f.number != nil {
		v, known := f.number(s)
		return known && contains(c.Ranges, v)
	}
	if s.Known&sock.FieldOwners == 0 {
		return false
	}
	for i := range s.Owners {
		if s.Owners[i].Process == nil {
			continue
		}
		if v, known := f.ownerNumber(&s.Owners[i], c.now); known && contains(c.Ranges, v) {
			return true
		}
	}
	return false
}

func (c *NumberCond) needs() sock.Field { return c.Field.Needs }

// TextCond compares text: it is true if it is one of Values.
type TextCond struct {
	Field  *Field
	Values []string // sorted
}

// linearValues is up to how many values are compared one by one, which is
// faster than a search for so few.
const linearValues = 8

func (c *TextCond) match(s *sock.Socket) bool { return c.Field.anyText(s, c.holds) }

func (c *TextCond) holds(v string) bool {
	equal := c.Field.equal
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
	Field  *Field
	Regexp *regexp.Regexp
}

func (c *RegexpCond) match(s *sock.Socket) bool {
	return c.Field.anyText(s, func(v string) bool { return c.Regexp.MatchString(shownPath(v)) })
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

// anyText reports whether the text of the socket, or that of one of its
// holders, is known and holds.
func (f *Field) anyText(s *sock.Socket, holds func(string) bool) bool {
	if f.text != nil {
		v, known := f.text(s)
		return known && holds(v)
	}
	if s.Known&sock.FieldOwners == 0 {
		return false
	}
	for i := range s.Owners {
		if s.Owners[i].Process == nil {
			continue
		}
		if v, known := f.ownerText(&s.Owners[i]); known && holds(v) {
			return true
		}
	}
	return false
}
