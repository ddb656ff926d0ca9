package fact

import (
	"cmp"
	"strconv"

	"sockeye/sock"
)

// valueList is a fact that is a list of plain values: an array of strings or
// numbers in JSON, and the values with commas between them elsewhere. A filter
// compares each as text, and is true if it is for one of them.
type valueList struct {
	// numbers: they are numbers in JSON.
	numbers bool
	count   func(*sock.Socket) int
	// append appends one of them, which holds no character that must be escaped.
	append func(dst []byte, s *sock.Socket, i int) []byte
	// add adds one, and reports whether the text means something.
	add func(s *sock.Socket, text string) bool
}

// wholeNumbers is a list of numbers that at points to.
func wholeNumbers(at func(*sock.Socket) *[]uint64) *valueList {
	return &valueList{
		numbers: true,
		count:   func(s *sock.Socket) int { return len(*at(s)) },
		append:  func(dst []byte, s *sock.Socket, i int) []byte { return strconv.AppendUint(dst, (*at(s))[i], 10) },
		add: func(s *sock.Socket, text string) bool {
			n, err := strconv.ParseUint(text, 10, 64)
			*at(s) = append(*at(s), n)
			return err == nil
		},
	}
}

// AnyText reports whether holds does of the text, or of one of the values of a list.
func (f *Fact) AnyText(s *sock.Socket, holds func(string) bool) bool {
	if f.values == nil {
		v, known := f.Text(s)
		return known && holds(v)
	}
	if !f.Known(s) {
		return false
	}
	for i := range f.values.count(s) {
		if holds(string(f.values.append(nil, s, i))) {
			return true
		}
	}
	return false
}

// appendValues appends the values with commas between them.
func (f *Fact) appendValues(dst []byte, s *sock.Socket) []byte {
	if !f.Known(s) {
		return dst
	}
	n := f.values.count(s)
	if n == 0 {
		return append(dst, "none"...)
	}
	for i := range n {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = f.values.append(dst, s, i)
	}
	return dst
}

// appendArray appends the values as JSON.
func (f *Fact) appendArray(dst []byte, s *sock.Socket) []byte {
	if !f.Known(s) {
		return dst
	}
	dst = append(dst, '[')
	for i := range f.values.count(s) {
		if i > 0 {
			dst = append(dst, ',')
		}
		if f.values.numbers {
			dst = f.values.append(dst, s, i)
			continue
		}
		dst = append(f.values.append(append(dst, '"'), s, i), '"')
	}
	return append(dst, ']')
}

// readArray adds the values of an array.
func (f *Fact) readArray(s *sock.Socket, array []byte) error {
	if array[0] != '[' {
		return mistyped(f.member, array)
	}
	for value := range eachElement(array) {
		text := string(value)
		if !f.values.numbers {
			var err error
			if text, err = f.readText(value); err != nil {
				return err
			}
		}
		if !f.values.add(s, text) {
			return f.unknown(text)
		}
	}
	return nil
}

// compareValues orders two lists by their length, then by their text.
func (f *Fact) compareValues(a, b *sock.Socket) int {
	return cmp.Or(cmp.Compare(f.values.count(a), f.values.count(b)),
		cmp.Compare(string(f.appendValues(nil, a)), string(f.appendValues(nil, b))))
}
