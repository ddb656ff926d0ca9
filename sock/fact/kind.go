package fact

import (
	"slices"
	"strings"

	"sockeye/sock"
)

// Kind says what a fact is, and so what it is compared with.
type Kind uint8

// The kinds.
const (
	Host      Kind = iota // an address, prefix, name or path, with a port or without
	Port                  // a port or the name of a service
	State                 // states and groups of them
	Protocol              // names of protocols
	Family                // names of address families
	Choice                // one of a few names, see [Fact.Values]
	Bool                  // true or false
	Number                // a whole number, decimal or 0x
	Hex                   // a whole number, hexadecimal
	Bytes                 // a number of bytes: 10k, 4MiB
	Duration              // a time span: 50ms, 1.5s, 2h
	Time                  // a point in time: 2026-11-20, RFC 3339
	Share                 // a part of a whole: 0.05, 5%
	Text                  // text, compared byte by byte
	Path                  // the name of a unix socket, @ for the NUL of an abstract one
	Process               // the name of a process, of which Linux keeps 15 bytes
	Interface             // a name or index of a network interface
	Mark                  // value/mask
	Cgroup                // a path of a control group
	Netns                 // the inode or name of a network namespace
	Container             // the name or ID of a container
	Object                // made of parts
	List                  // of objects
	kindEnd
)

var kindNames = [...]string{
	Host: "host", Port: "port", State: "state", Protocol: "protocol", Family: "family", Choice: "name",
	Bool: "boolean", Number: "number", Hex: "hexadecimal number", Bytes: "bytes", Duration: "duration",
	Time: "time", Share: "part of a whole", Text: "text", Path: "text", Process: "text", Interface: "interface", Mark: "mark",
	Cgroup: "cgroup", Netns: "namespace", Container: "container", Object: "object", List: "list",
}

// String returns a name for people, such as "duration".
func (k Kind) String() string {
	if k >= kindEnd {
		return "unknown"
	}
	return kindNames[k]
}

// Ordered reports whether values of the kind have an order.
func (k Kind) Ordered() bool {
	return k == Port || k == Number || k == Bytes || k == Duration || k == Time || k == Share
}

// Type says what a fact is and what its number counts: "duration, microseconds".
func (f *Fact) Type() string {
	switch {
	case f.values != nil:
		return "list, each compared as " + f.Kind.String()
	case f.Kind == Choice && f.Values != nil:
		return "one of " + strings.Join(f.Choices(), " ")
	case f.Kind == Choice:
		return Text.String()
	case f.thousandths:
		return f.Kind.String() + ", milliseconds"
	case f.Unit == sock.UnitNone || f.Since:
		return f.Kind.String()
	case f.Kind == Bytes:
		return f.Unit.String()
	}
	return f.Kind.String() + ", " + f.Unit.String()
}

// Choices returns the names that a choice can have.
func (f *Fact) Choices() []string {
	return slices.DeleteFunc(slices.Clone(f.Values), func(name string) bool { return name == "" })
}

// Side says which end of a socket a host or port is.
type Side uint8

// The sides.
const (
	Local Side = iota
	Remote
	Either // one of the two, or both
)

// JSONType is the type of a fact in JSON Schema.
func (f *Fact) JSONType() string {
	switch f.form {
	case formNumber:
		return "integer"
	case formShare, formThousandths:
		return "number"
	case formBool:
		return "boolean"
	case formObject:
		return "object"
	case formList, formValues:
		return "array"
	}
	return "string"
}

// form is how a fact is written.
type form uint8

const (
	formText        form = iota // text of unknown content
	formPath                    // the name of a unix socket
	formChoice                  // a name for a number
	formNumber                  // decimal
	formBool                    // true, false
	formHex                     // a string of hexadecimal digits
	formTime                    // RFC 3339
	formShare                   // from 0 to 1
	formThousandths             // with three decimals
	formAddress                 // RFC 5952
	formShown                   // the text for people
	formObject
	formList
	formValues
)

func (f *Fact) formOf() form {
	switch {
	case f.Of != nil:
		return formShown
	case f.values != nil:
		return formValues
	case f.Kind == List:
		return formList
	case f.parts != nil:
		return formObject
	case f.address != nil:
		return formAddress
	case f.Kind == Path:
		return formPath
	case f.text != nil || f.ownerText != nil:
		return formText
	case f.Values != nil:
		return formChoice
	}
	if f.thousandths {
		return formThousandths
	}
	switch f.Kind {
	case Bool:
		return formBool
	case Hex:
		return formHex
	case Time:
		return formTime
	case Share:
		return formShare
	}
	return formNumber
}
