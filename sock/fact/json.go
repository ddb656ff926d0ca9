package fact

import (
	"bytes"
	"cmp"
	"strconv"
	"strings"
	"time"

	"sockeye/sock"
	"sockeye/sock/escape"
)

// AppendObject appends one JSON object without a line break, with those of the
// facts that the socket knows. It allocates nothing but room in dst.
func AppendObject(dst []byte, s *sock.Socket, facts []*Fact) []byte {
	start := len(dst)
	for _, f := range facts {
		if s.Known&f.must == f.must {
			dst = f.appendMember(dst, s)
		}
	}
	return closeObject(dst, start)
}

// appendMember appends a member with a comma before it, nothing if it is not known.
// It is where the time goes, so numbers and choices, which are most of the members,
// are written here.
func (f *Fact) appendMember(dst []byte, s *sock.Socket) []byte {
	switch f.form {
	case formNumber:
		if v, ok := f.Number(s); ok && (v != 0 || !f.Only) {
			dst = strconv.AppendUint(append(dst, f.key...), v, 10)
		}
		return dst
	case formChoice:
		if v, ok := f.Number(s); ok {
			dst = append(append(dst, f.key...), '"')
			dst = append(append(dst, f.Values[v]...), '"')
		}
		return dst
	}
	before := len(dst)
	dst = append(dst, f.key...)
	value := len(dst)
	if dst = f.AppendJSON(dst, s); len(dst) == value {
		return dst[:before]
	}
	return dst
}

// closeObject ends an object that began at start. Each member has a comma before
// it, of which the first becomes the bracket.
func closeObject(dst []byte, start int) []byte {
	if len(dst) == start {
		return append(dst, "{}"...)
	}
	dst[start] = '{'
	return append(dst, '}')
}

// AppendJSON appends the value as JSON, nothing if it is not known.
func (f *Fact) AppendJSON(dst []byte, s *sock.Socket) []byte {
	switch f.form {
	case formNumber, formBool, formShare, formThousandths:
		return f.appendWord(dst, s)
	case formText:
		if v, ok := f.Text(s); ok {
			return escape.AppendJSON(dst, v)
		}
		return dst
	case formPath:
		if v, ok := f.Text(s); ok {
			return appendJSONPath(dst, v)
		}
		return dst
	case formObject:
		if f.Known(s) {
			return AppendObject(dst, s, f.Parts())
		}
		return dst
	case formList:
		if f.Known(s) {
			return f.appendList(dst, s)
		}
		return dst
	case formValues:
		return f.appendArray(dst, s)
	case formShown:
		if f.Known(s) {
			return escape.AppendJSON(dst, string(f.show(numeric, nil, s)))
		}
		return dst
	}
	before := len(dst)
	dst = append(dst, '"')
	if dst = f.appendWord(dst, s); len(dst) == before+1 {
		return dst[:before]
	}
	return append(dst, '"')
}

// appendWord appends a value that needs no escapes, nothing if it is not known.
func (f *Fact) appendWord(dst []byte, s *sock.Socket) []byte {
	if f.form == formAddress {
		if a := f.address(s); s.Known&f.must == f.must && a.IsValid() {
			dst = a.AppendTo(dst)
		}
		return dst
	}
	v, ok := f.Number(s)
	if !ok || f.Only && v == 0 {
		return dst
	}
	return f.appendNumber(dst, v)
}

func (f *Fact) appendNumber(dst []byte, v uint64) []byte {
	switch f.form {
	case formChoice:
		return append(dst, f.Values[v]...)
	case formBool:
		return strconv.AppendBool(dst, v != 0)
	case formHex:
		return strconv.AppendUint(dst, v, 16)
	case formTime:
		if f.micro {
			return timeOf(v).AppendFormat(dst, Microseconds)
		}
		return timeOf(v).AppendFormat(dst, time.RFC3339Nano)
	case formThousandths:
		return appendThousandths(dst, v)
	case formShare:
		return appendShare(dst, v)
	}
	return strconv.AppendUint(dst, v, 10)
}

// Microseconds is RFC 3339 with the digits that the time of an event always has.
const Microseconds = "2006-01-02T15:04:05.000000Z07:00"

// appendThousandths appends a number of thousandths with three decimals.
func appendThousandths(dst []byte, v uint64) []byte {
	dst = append(strconv.AppendUint(dst, v/1000, 10), '.')
	return append(dst, '0'+byte(v/100%10), '0'+byte(v/10%10), '0'+byte(v%10))
}

// listRoom is how much the holders of one socket may take with all that is known
// of them. Those behind have no texts but their names, so that a socket is never
// larger than what is read again (64 MiB), whatever 1,000 processes are called.
const listRoom = 32 << 20

// appendList writes every holder. The list may be empty; owner_status says why.
func (f *Fact) appendList(dst []byte, s *sock.Socket) []byte {
	dst = append(dst, '[')
	start := len(dst)
	list := *f.list(s)
	for i := range list {
		o := &list[i]
		if o.Process == nil {
			continue
		}
		if len(dst) > start {
			dst = append(dst, ',')
		}
		dst = f.appendOwner(dst, o, len(dst)-start > listRoom)
	}
	return append(dst, ']')
}

func (f *Fact) appendOwner(dst []byte, o *sock.Owner, brief bool) []byte {
	start := len(dst)
	for _, p := range f.Parts() {
		if brief && p.process != 0 {
			continue
		}
		if p.ownerText != nil {
			if text, ok := p.OwnerText(o); ok {
				dst = escape.AppendJSON(append(dst, p.key...), text)
			}
			continue
		}
		number, ok := p.OwnerNumber(o)
		if !ok {
			continue
		}
		dst = append(dst, p.key...)
		if p.form == formNumber {
			dst = strconv.AppendUint(dst, number, 10)
		} else {
			dst = append(p.appendNumber(append(dst, '"'), number), '"')
		}
	}
	return closeObject(dst, start)
}

// appendJSONPath appends the name of a unix socket: an abstract one begins with @
// in place of its first NUL.
func appendJSONPath(dst []byte, path string) []byte {
	if !isAbstract(path) {
		return escape.AppendJSON(dst, path)
	}
	at := len(dst)
	dst = escape.AppendJSON(append(dst, '"'), path[1:])
	dst[at+1] = '@' // in place of the second quote
	return dst
}

// Compare orders two sockets. One of which it is not known comes after those of
// which it is.
func (f *Fact) Compare(a, b *sock.Socket) int {
	knownA, knownB := f.Known(a), f.Known(b)
	switch {
	case !knownA && !knownB:
		return 0
	case !knownA:
		return 1
	case !knownB:
		return -1
	case f.order != nil:
		return f.order(a, b)
	}
	switch f.form {
	case formText, formPath:
		x, _ := f.Text(a)
		y, _ := f.Text(b)
		return strings.Compare(x, y)
	case formAddress:
		return f.address(a).Compare(f.address(b))
	case formObject:
		if p := f.firstNumber(); p != nil {
			return p.compareNumbers(a, b)
		}
		return bytes.Compare(f.AppendJSON(nil, a), f.AppendJSON(nil, b))
	case formList:
		return cmp.Compare(len(*f.list(a)), len(*f.list(b)))
	case formValues:
		return f.compareValues(a, b)
	}
	return f.compareNumbers(a, b)
}

// firstNumber is the part that an object is sorted by; nil if it has no number.
func (f *Fact) firstNumber() *Fact {
	for _, p := range f.Parts() {
		if p.form == formNumber {
			return p
		}
	}
	return nil
}

func (f *Fact) compareNumbers(a, b *sock.Socket) int {
	x, _ := f.Number(a)
	y, _ := f.Number(b)
	return cmp.Compare(x, y)
}
