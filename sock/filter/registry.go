package filter

import (
	"slices"
	"strings"
	"time"

	"sockeye/sock"
)

// Kind is what a field is compared with.
type Kind uint8

// The kinds.
const (
	KindHost      Kind = iota // an address, prefix, name or path, with a port or without
	KindPort                  // a port or the name of a service
	KindState                 // states and groups of them
	KindProtocol              // names of protocols
	KindFamily                // names of address families
	KindName                  // one of a few names, see [Field.Values]
	KindBool                  // true or false
	KindNumber                // a whole number, decimal or 0x
	KindHex                   // a whole number, hexadecimal
	KindBytes                 // a number of bytes: 10k, 4MiB
	KindDuration              // a time span: 50ms, 1.5s, 2h
	KindTime                  // a point in time: 2026-11-20, RFC 3339
	KindText                  // text, compared byte by byte
	KindInterface             // a name or index of a network interface
	KindMark                  // value/mask
	KindCgroup                // a path of a cgroup
	KindNetns                 // the inode or name of a network namespace
	kindEnd
)

var kindNames = [...]string{
	KindHost: "host", KindPort: "port", KindState: "state", KindProtocol: "protocol",
	KindFamily: "family", KindName: "name", KindBool: "boolean", KindNumber: "number",
	KindHex: "hexadecimal number", KindBytes: "bytes", KindDuration: "duration", KindTime: "time",
	KindText: "text", KindInterface: "interface", KindMark: "mark", KindCgroup: "cgroup",
	KindNetns: "namespace",
}

// String returns a name for people, such as "duration".
func (k Kind) String() string {
	if k >= kindEnd {
		return "unknown"
	}
	return kindNames[k]
}

// ordered reports whether values of the kind have an order.
func (k Kind) ordered() bool {
	return k == KindPort || k == KindNumber || k == KindBytes || k == KindDuration || k == KindTime
}

// Side says which end of a socket a condition is about.
type Side uint8

// The sides.
const (
	Local Side = iota
	Remote
	Either // one of the two, or both
)

// Field is a name that can be compared in a filter.
type Field struct {
	// Name is the name in JSON, with the names of nested objects in front.
	Name string
	// Aliases are the other names it has in a filter.
	Aliases []string
	Kind    Kind
	// Needs holds the facts that a comparison looks at, no fact for what is
	// always known. Some operands look at less.
	Needs sock.Field
	// PerOwner: a comparison is true if it is for one holder of the socket.
	PerOwner bool
	// Values are the names that a field of [KindName] is compared with.
	Values []string
	// Doc is one line for people; Example is a filter that uses the field.
	Doc, Example string

	side Side
	// unit is what the fact of a duration is counted in, and bare what an
	// operand without a unit is; they are the same if bare is 0.
	unit, bare time.Duration
	// One of these reads the fact and says whether it is known.
	number      func(*sock.Socket) (uint64, bool)
	ownerNumber func(*sock.Owner, func() time.Time) (uint64, bool)
	text        func(*sock.Socket) (string, bool)
	ownerText   func(*sock.Owner) (string, bool)
	// equal compares text; nil is byte by byte.
	equal func(fact, operand string) bool
}

// Operators returns the operators that the field takes, in signs.
func (f *Field) Operators() []string {
	ops := []string{"=", "!=", "in"}
	if f.Kind.ordered() {
		ops = append(ops, "<", "<=", ">", ">=")
	}
	if f.matchesText() {
		ops = append(ops, "~", "!~")
	}
	return ops
}

func (f *Field) matchesText() bool { return f.text != nil || f.ownerText != nil }

// registry holds every field, in the order of the documentation.
var registry = slices.Concat(endFields, socketFields, ownerFields, nestedFields, tcpInfoFields())

// byName finds a field by each of its names, folded.
var byName = indexFields()

func indexFields() map[string]*Field {
	m := make(map[string]*Field, 4*len(registry))
	for i := range registry {
		f := &registry[i]
		for _, n := range append([]string{f.Name}, f.Aliases...) {
			if _, double := m[n]; double {
				panic("filter: two fields are called " + n)
			}
			m[n] = f
		}
	}
	return m
}

// Fields returns every field, in the order of the documentation.
func Fields() []Field { return slices.Clone(registry) }

// LookupField finds a field by its name or an alias, in any case, with - or _.
func LookupField(name string) (Field, bool) {
	if f := fieldNamed(name); f != nil {
		return *f, true
	}
	return Field{}, false
}

// longestName bounds what is folded and looked up.
const longestName = 64

func fieldNamed(name string) *Field {
	if len(name) > longestName {
		return nil
	}
	if f, ok := byName[name]; ok {
		return f
	}
	return byName[strings.ReplaceAll(strings.ToLower(name), "-", "_")]
}

// mustField is for the fields that the language itself speaks of.
func mustField(name string) *Field {
	f := byName[name]
	if f == nil {
		panic("filter: no field is called " + name)
	}
	return f
}
