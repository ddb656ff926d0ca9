package fact

import (
	"net/netip"
	"time"

	"sockeye/sock"
)

// Fact is one thing that can be known of a socket. Facts are shared and must not
// be changed.
type Fact struct {
	// What is looked at in every row comes first, together in memory: what a
	// socket must know for the fact, how it is written, its name in the JSON of
	// its object with a comma, quotes and a colon, and what reads it. The readers
	// report whether there is something beyond what Needs says; the owner's are of
	// one holder. Show is the text for people where that is not the value.
	must        sock.Field
	form        form
	key         string
	Least, Most uint64 // a smaller number means not known; Most 0 is no bound
	at32        func(*sock.Socket) *uint32
	at64        func(*sock.Socket) *uint64
	number      func(*sock.Socket) (uint64, bool)
	text        func(*sock.Socket) *string
	address     func(*sock.Socket) netip.Addr
	ownerNumber func(*sock.Owner) (uint64, bool)
	ownerText   func(*sock.Owner) *string
	process     sock.Field // what a process must know for it
	show        func(*View, []byte, *sock.Socket) []byte

	// Name is that of the member in JSON; a part of an object has the object's
	// name in front: "timer.name".
	Name string
	// Aliases are other names: those of ss, lsof and netstat, and short ones.
	Aliases []string
	Kind    Kind
	Side    Side      // of a host or port
	Unit    sock.Unit // what the number counts
	// Needs is what a source must give for it; 0 if it is known of every socket.
	Needs sock.Field
	// Always: it is known of every socket all the same, and Needs is what to ask
	// for so that it says more.
	Always bool
	// Optional: JSON and CSV hold it only if it is asked for.
	Optional bool
	// Option is the long option that shows it, if there is one, and also another.
	Option, also string
	// Since: the number is a point in time, and the fact what has passed since.
	Since bool
	// Only: JSON and tables have it only where it is true, or not 0.
	Only bool
	// Values are the names for the numbers of a choice; "" is none of them.
	Values []string
	// Systems are those that have it, if not all that give what it needs do.
	Systems []string
	// Protocols are those whose sockets have it, if not all that what it needs is
	// known of; 0 is all.
	Protocols sock.ProtocolSet
	// Header stands above its column.
	Header string
	// Words are what a refusal calls it, in the plural.
	Words string
	// Doc is one line for people; Example is a filter that uses the fact.
	Doc, Example string
	// Compared is what a filter compares in its place, if it is another fact.
	Compared *Fact
	// Item is what each object of a list is called.
	Item string
	// Of names the members of JSON that say what the fact says, if it is none.
	Of []string

	// One of these sets it; none if it follows from others. A text that means
	// nothing is refused.
	setNumber      func(*sock.Socket, uint64)
	setText        func(*sock.Socket, string) bool
	setOwnerNumber func(*sock.Owner, uint64)

	// has says whether a joined fact is known, in place of a reader. The text for
	// people needs shows too; order compares where the value does not do it well.
	has   func(*sock.Socket) bool
	shows sock.Field
	order func(a, b *sock.Socket) int
	// values are those of a list of plain values.
	values *valueList
	// list points to what a list holds.
	list func(*sock.Socket) *[]sock.Owner
	// parts makes the parts of an object, or of the objects of a list, which have the
	// name of the object in front. There are hundreds, and most listings need none:
	// they are made when they are first asked for.
	parts func() []*Fact
	// begin comes before the parts of an object are set. dependent: to set the
	// fact says nothing of its own about what is known.
	begin     func(*sock.Socket)
	dependent bool
	// silent: the details of a row leave it out.
	silent bool
	// human: people see the number with the unit that fits it. flag: it is 0 or 1
	// and means no or yes. label is what people call it, if not its name. usual and
	// usualText are what holds for most sockets, which the details leave out.
	human bool
	flag  bool
	// micro: a time has six decimals. thousandths: the number is written as one of the
	// unit a thousand times as large, with three decimals.
	micro       bool
	thousandths bool
	label       string
	usual       uint64
	usualText   string
	// clock: it moves by itself as time goes by, and so is no change of the socket.
	clock bool
	// plain: nothing but Needs and Least says whether it is known.
	plain bool

	// What follows from the above.
	member string     // the name in its object of JSON
	own    sock.Field // what it needs beside the object that it is a part of
	parent *Fact
	inside func() *group // its parts, made once
}

// PerOwner reports whether it is about a process that holds the socket. A
// comparison is then true if it is for one of them; elsewhere it is the first one's.
func (f *Fact) PerOwner() bool { return f.ownerNumber != nil || f.ownerText != nil }

// Textual reports whether its value is text.
func (f *Fact) Textual() bool { return f.text != nil || f.ownerText != nil || f.values != nil }

// ItemType is the type in JSON Schema of the values of a list of plain values; empty
// for any other fact.
func (f *Fact) ItemType() string {
	switch {
	case f.values == nil:
		return ""
	case f.values.numbers:
		return "integer"
	}
	return "string"
}

// OfEvent reports whether it is told of what happens, and of no socket in a listing.
func (f *Fact) OfEvent() bool { return f.Needs == sock.FieldEvent }

// Thousandths reports whether the number is written as one of a unit that is a
// thousand times its own.
func (f *Fact) Thousandths() bool { return f.thousandths }

// OfStates reports whether the choice is one of states, by [sock.State].
func (f *Fact) OfStates() bool {
	return len(f.Values) == len(sock.StateNames()) && f.Values[sock.Listen] == sock.Listen.String()
}

// Joined reports whether it is made of members of JSON and is none itself.
func (f *Fact) Joined() bool { return f.Of != nil }

// Member returns the name in the JSON of its object, or of an owner.
func (f *Fact) Member() string { return f.member }

// Parent returns the object that it is a part of, or nil.
func (f *Fact) Parent() *Fact { return f.parent }

// Certain reports whether it is in every object of its kind; in is nil for a
// socket.
func (f *Fact) Certain(in *Fact) bool {
	var given sock.Field
	if in != nil {
		given = in.must
	}
	return f.plain && f.Least == 0 && f.must == given
}

// Asks returns what to ask of a source so that all that it can say is known, without
// the parts that are told only if they are asked for.
func (f *Fact) Asks() sock.Field {
	asks := f.Needs | f.shows
	for _, p := range f.Parts() {
		if f.Optional || !p.Optional {
			asks |= p.Asks()
		}
	}
	return asks
}

// Composite reports whether it is an object or a list of objects.
func (f *Fact) Composite() bool { return f.parts != nil }

// Parts returns the parts of an object, or of the objects of a list, in the order in
// which JSON has them. The slice is shared and must not be changed.
func (f *Fact) Parts() []*Fact {
	if f.inside == nil {
		return nil
	}
	return f.inside().facts
}

// Known reports whether a socket has a value of it.
func (f *Fact) Known(s *sock.Socket) bool {
	switch f.form {
	case formShown:
		return f.has(s)
	case formObject, formList, formValues:
		return s.Known&f.must == f.must && (f.has == nil || f.has(s))
	case formText, formPath:
		_, ok := f.Text(s)
		return ok
	case formAddress:
		return s.Known&f.must == f.must && f.address(s).IsValid()
	}
	v, ok := f.Number(s)
	return ok && (!f.Only || v != 0)
}

// Number returns the value of a fact that is a number or stands for one, and
// whether it is known: that of a choice by its place in Values, of a time in
// nanoseconds since 1970, else in its unit.
func (f *Fact) Number(s *sock.Socket) (uint64, bool) {
	if s.Known&f.must != f.must {
		return 0, false
	}
	switch {
	case f.at32 != nil:
		v := uint64(*f.at32(s))
		return v, v >= f.Least
	case f.at64 != nil:
		v := *f.at64(s)
		return v, v >= f.Least
	case f.number != nil:
		v, ok := f.number(s)
		return v, ok && v >= f.Least
	}
	if o := firstOwner(s); o != nil {
		return f.OwnerNumber(o)
	}
	return 0, false
}

// Text returns the value of a fact that is text, as the record holds it, and
// whether it is known. An empty one never is.
func (f *Fact) Text(s *sock.Socket) (string, bool) {
	if s.Known&f.must != f.must {
		return "", false
	}
	if f.text != nil {
		v := f.text(s)
		if v == nil {
			return "", false
		}
		return *v, *v != ""
	}
	if o := firstOwner(s); o != nil {
		return f.OwnerText(o)
	}
	return "", false
}

// OwnerNumber is Number for one of the holders, whose process must not be nil.
func (f *Fact) OwnerNumber(o *sock.Owner) (uint64, bool) {
	if o.Known&f.process != f.process {
		return 0, false
	}
	v, ok := f.ownerNumber(o)
	return v, ok && v >= f.Least
}

// OwnerText is Text for one of the holders, whose process must not be nil.
func (f *Fact) OwnerText(o *sock.Owner) (string, bool) {
	if o.Known&f.process != f.process {
		return "", false
	}
	v := *f.ownerText(o)
	return v, v != ""
}

// firstOwner returns the holder that stands for all, or nil.
func firstOwner(s *sock.Socket) *sock.Owner {
	if s.Known&sock.FieldOwners == 0 || len(s.Owners) == 0 || s.Owners[0].Process == nil {
		return nil
	}
	return &s.Owners[0]
}

// MaxUnix is the last second that nanoseconds are counted to.
const MaxUnix = 1 << 33

// Nanoseconds returns a point in time in nanoseconds since 1970, 0 for what was
// before. It ends in 2242, which [time.Time.UnixNano] says nothing about.
func Nanoseconds(t time.Time) uint64 {
	sec := t.Unix()
	if sec < 0 {
		return 0
	}
	if sec >= MaxUnix {
		return MaxUnix * uint64(time.Second)
	}
	return uint64(sec)*uint64(time.Second) + uint64(t.Nanosecond())
}

func timeOf(nanoseconds uint64) time.Time {
	return time.Unix(int64(nanoseconds/uint64(time.Second)), int64(nanoseconds%uint64(time.Second))).UTC()
}
