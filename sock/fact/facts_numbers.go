package fact

import (
	"strings"

	"sockeye/sock"
)

// numbersFact makes an object of the numbers of a structure of the kernel's, behind
// the parts that it has already. at returns them of a record, nil if it has none;
// prefix stands before the short names of the members. show, if there is one, gives
// parts a text for people that is not their number.
func numbersFact(f Fact, members []sock.Member, prefix string, at func(*sock.Socket) *sock.Numbers, show func(partList)) *Fact {
	f.Kind, f.Optional, f.Option = Object, true, "info"
	first, name := f.parts, f.Name
	f.parts = func() []*Fact {
		var parts partList
		if first != nil {
			parts = first()
		}
		for i := range members {
			parts = append(parts, numberPart(name, prefix, i, &members[i], at))
		}
		if show != nil {
			show(parts)
		}
		return parts
	}
	f.has = func(s *sock.Socket) bool { return at(s) != nil }
	return &f
}

// numberPart is a member. Its unit is in its name, and an alias goes without.
func numberPart(object, prefix string, i int, m *sock.Member, at func(*sock.Socket) *sock.Numbers) *Fact {
	unit := unitKinds[m.Unit]
	short := prefix + strings.TrimSuffix(m.Name, unit.suffix)
	f := &Fact{
		Name: object + "." + m.Name, Aliases: []string{short}, Kind: unit.kind, Unit: m.Unit, Doc: m.Meaning,
		Example: short + " > " + unit.operand, clock: sinceLast(m.Name),
		number: func(s *sock.Socket) (uint64, bool) {
			if numbers := at(s); numbers != nil {
				return numbers.Get(i)
			}
			return 0, false
		},
		setNumber: func(s *sock.Socket, v uint64) { at(s).Set(i, v) },
	}
	switch m.Kind {
	case sock.MemberHex:
		f.Kind, f.Example = Hex, short+" = 1a2b3c4d"
	case sock.MemberFlag:
		f.Kind, f.Example = Bool, short+" = true"
	default:
		f.Most = 1<<(8*m.Size) - 1
	}
	return f
}

// sinceLast reports whether a member of the kernel's tells how long ago something
// happened last, which moves by itself: tcpi_last_data_sent.
func sinceLast(member string) bool { return strings.HasPrefix(member, "last_") }

// partList are the parts of one object.
type partList []*Fact

// named returns a part by its name in the object, or nil.
func (l partList) named(name string) *Fact {
	for _, p := range l {
		if strings.HasSuffix(p.Name, "."+name) {
			return p
		}
	}
	return nil
}
