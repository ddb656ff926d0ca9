package fact

import (
	"strings"

	"sockeye/sock"
)

// Packet, netlink, VSOCK and XDP sockets have an object each, whose parts are numbers
// of sock.Details. What the columns LOCAL and REMOTE show of them is left out of the
// lines under a row.

// detailObject makes the object of one family. Its members say where the sockets
// are, so JSON has it whether it was asked for or not.
func detailObject(name string, needs sock.Field, words, doc string, parts func() []*Fact) *Fact {
	return &Fact{
		Name: name, Kind: Object, Needs: needs, Option: "extended", Words: words, Doc: doc, parts: parts,
		has:   func(s *sock.Socket) bool { return s.Details != nil },
		begin: beginDetails,
	}
}

// familyFacts are those objects.
var familyFacts = []*Fact{packetFact, netlinkFact, vsockFact, xdpFact, tipcFact}

func beginDetails(s *sock.Socket) {
	if s.Details == nil {
		s.Details = new(sock.Details)
	}
}

// detail makes a part of such an object. A unit at the end of its name is that of
// the number.
func detail(i sock.Detail, name, doc string, aliases ...string) *Fact {
	f := &Fact{Name: name, Aliases: aliases, Kind: Number, Doc: doc, Example: name + " > 0"}
	for unit, k := range unitKinds {
		if k.suffix != "" && strings.HasSuffix(name, k.suffix) {
			f.Kind, f.Unit, f.Example = k.kind, unit, name+" > "+k.operand
		}
	}
	f.number = func(s *sock.Socket) (uint64, bool) { return s.Detail(i) }
	f.setNumber = func(s *sock.Socket, v uint64) { s.Details.Set(i, v) }
	return f
}

// detailFlag makes a part that is true or false.
func detailFlag(i sock.Detail, name, doc string, aliases ...string) *Fact {
	f := detail(i, name, doc, aliases...)
	f.Kind, f.Example = Bool, name
	return f
}

// detailName makes a part that names what another one has the number of.
func detailName(i sock.Detail, names map[uint64]string, name, doc, example string, aliases ...string) *Fact {
	texts := make(map[uint64]*string, len(names))
	for n, text := range names {
		texts[n] = &text
	}
	return &Fact{
		Name: name, Aliases: aliases, Kind: Text, Doc: doc, Example: example, dependent: true,
		text: func(s *sock.Socket) *string {
			n, ok := s.Detail(i)
			if !ok {
				return nil
			}
			return texts[n]
		},
		setText: func(*sock.Socket, string) bool { return true }, // it follows from the number
	}
}

// silenced leaves a part out of the lines under a row.
func silenced(f *Fact) *Fact {
	f.silent = true
	return f
}
