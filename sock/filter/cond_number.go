package filter

import (
	"math"
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

func (c *NumberCond) reach() (yes, no space) { return spaceIf(len(c.Ranges) > 0), everywhere }

// PortCond compares a port: it is true if one of the ranges holds it. It is
// false for sockets that are not of IPv4 or IPv6.
type PortCond struct {
	Side Side
	// Ranges are sorted and do not touch; without one the condition is false.
	Ranges []PortRange
	// Over is the first number over 65535 in the text, 0 if there is none. No
	// port is equal to it.
	Over uint32
}

func (c *PortCond) match(s *sock.Socket) bool {
	if !overIP(s) {
		return false
	}
	if c.Side != Remote && s.Known&sock.FieldLocal != 0 && containsPort(c.Ranges, s.Local.Port()) {
		return true
	}
	return c.Side != Local && s.Known&sock.FieldRemote != 0 && containsPort(c.Ranges, s.Remote.Port())
}

func (c *PortCond) needs() sock.Field { return c.Side.needs() }

func (c *PortCond) reach() (yes, no space) {
	if len(c.Ranges) == 0 {
		return nowhere, everywhere
	}
	return onlyFamilies(inetFamilies), everywhere
}

// overIP reports whether the socket has IP addresses and ports.
func overIP(s *sock.Socket) bool { return s.Family == sock.IPv4 || s.Family == sock.IPv6 }

func (d Side) needs() sock.Field {
	switch d {
	case Local:
		return sock.FieldLocal
	case Remote:
		return sock.FieldRemote
	}
	return sock.FieldLocal | sock.FieldRemote
}

// AutoboundCond is true for a socket whose local name the system chose: a port
// of the range for that, or an abstract name of five hexadecimal digits, which
// is what the kernel gives to a unix socket that binds without a name (unix(7),
// autobind).
type AutoboundCond struct{ Ports PortRange }

// autobindLength is the length of such a name with its NUL.
const autobindLength = 6

func (c *AutoboundCond) match(s *sock.Socket) bool {
	if s.Family == sock.FamilyUnix {
		return s.Known&sock.FieldPath != 0 && autobindName(s.Path)
	}
	if !overIP(s) || s.Known&sock.FieldLocal == 0 {
		return false
	}
	p := s.Local.Port()
	return c.Ports.Lo <= p && p <= c.Ports.Hi
}

func autobindName(path string) bool {
	if len(path) != autobindLength || path[0] != 0 {
		return false
	}
	for i := 1; i < len(path); i++ {
		if c := path[i]; (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

func (c *AutoboundCond) needs() sock.Field { return sock.FieldLocal | sock.FieldPath }

func (c *AutoboundCond) reach() (yes, no space) {
	return onlyFamilies(inetFamilies | sock.Families(sock.FamilyUnix)), everywhere
}

// Mark is a firewall mark to compare with: a socket's mark has it if the bits of
// Mask in it are Value.
type Mark struct{ Value, Mask uint32 }

// MarkCond compares the firewall mark: it is true if it has one of Marks.
type MarkCond struct{ Marks []Mark }

func (c *MarkCond) match(s *sock.Socket) bool {
	if s.Known&sock.FieldMark == 0 {
		return false
	}
	for _, m := range c.Marks {
		if s.Mark&m.Mask == m.Value {
			return true
		}
	}
	return false
}

func (c *MarkCond) needs() sock.Field { return sock.FieldMark }

func (c *MarkCond) reach() (yes, no space) {
	for _, m := range c.Marks {
		if m.Value&^m.Mask == 0 {
			return everywhere, everywhere
		}
	}
	return nowhere, everywhere
}

// fullMask is the mask of a mark that is written without one.
const fullMask = math.MaxUint32
