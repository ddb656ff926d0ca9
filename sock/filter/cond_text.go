package filter

import (
	"regexp"
	"slices"
	"strings"

	"sockeye/sock"
)

// TextCond compares text: it is true if it is one of Values.
type TextCond struct {
	Field  *Field
	Values []string // sorted
}

// linearValues is up to how many values are compared one by one, which is
// faster than a search for so few.
const linearValues = 8

func (c *TextCond) match(s *sock.Socket) bool {
	f := c.Field
	if f.text != nil {
		v, known := f.text(s)
		return known && c.holds(v)
	}
	if s.Known&sock.FieldOwners == 0 {
		return false
	}
	for i := range s.Owners {
		if s.Owners[i].Process == nil {
			continue
		}
		if v, known := f.ownerText(&s.Owners[i]); known && c.holds(v) {
			return true
		}
	}
	return false
}

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

func (c *TextCond) reach() (yes, no space) { return everywhere, everywhere }

// RegexpCond is true if the regular expression matches anywhere in the text.
type RegexpCond struct {
	Field  *Field
	Regexp *regexp.Regexp
}

func (c *RegexpCond) match(s *sock.Socket) bool {
	f := c.Field
	if f.text != nil {
		v, known := f.text(s)
		return known && c.Regexp.MatchString(shownPath(v))
	}
	if s.Known&sock.FieldOwners == 0 {
		return false
	}
	for i := range s.Owners {
		if s.Owners[i].Process == nil {
			continue
		}
		if v, known := f.ownerText(&s.Owners[i]); known && c.Regexp.MatchString(v) {
			return true
		}
	}
	return false
}

func (c *RegexpCond) needs() sock.Field { return c.Field.Needs }

func (c *RegexpCond) reach() (yes, no space) { return everywhere, everywhere }

// shownPath writes @ for the bytes of NUL of an abstract name, as it is shown
// everywhere. Other text has none.
func shownPath(path string) string {
	if strings.IndexByte(path, 0) < 0 {
		return path
	}
	return strings.ReplaceAll(path, "\x00", "@")
}

// Cgroup is a control group to compare with.
type Cgroup struct {
	Path string // in the hierarchy, with a slash in front
	ID   uint64 // 0 if it is not known
}

// CgroupCond compares the control group: it is true if it is one of Groups, by
// its ID where both are known, by its path otherwise.
type CgroupCond struct{ Groups []Cgroup }

func (c *CgroupCond) match(s *sock.Socket) bool {
	if s.Known&sock.FieldCgroup == 0 {
		return false
	}
	for i := range c.Groups {
		g := &c.Groups[i]
		if g.ID != 0 && s.CgroupID != 0 {
			if g.ID == s.CgroupID {
				return true
			}
		} else if g.Path == s.Cgroup {
			return true
		}
	}
	return false
}

func (c *CgroupCond) needs() sock.Field { return sock.FieldCgroup }

func (c *CgroupCond) reach() (yes, no space) { return everywhere, everywhere }

// NetnsCond compares the network namespace: it is true if its inode is one of
// Inodes or its name one of Names. A name of digits stands in both.
type NetnsCond struct {
	Inodes []uint64
	Names  []string
}

func (c *NetnsCond) match(s *sock.Socket) bool {
	if s.Known&sock.FieldNetns == 0 {
		return false
	}
	return slices.Contains(c.Inodes, s.Netns.Inode) || s.Netns.Name != "" && slices.Contains(c.Names, s.Netns.Name)
}

func (c *NetnsCond) needs() sock.Field { return sock.FieldNetns }

func (c *NetnsCond) reach() (yes, no space) { return everywhere, everywhere }
