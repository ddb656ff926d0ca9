package fact

import (
	"bytes"
	"encoding/json"
	"iter"
	"unicode/utf8"
)

// The functions here walk through JSON that is known to be valid, without
// decoding what nobody asks for.

// eachMember yields the names and the values of an object's members.
func eachMember(object []byte) iter.Seq2[[]byte, []byte] {
	return func(yield func(name, value []byte) bool) {
		var name []byte
		for part := range tokens(object) {
			if name == nil {
				if name = part; bytes.IndexByte(name, '\\') >= 0 {
					name = []byte(unquote(name))
				} else {
					name = name[1 : len(name)-1]
				}
				continue
			}
			if !yield(name, part) {
				return
			}
			name = nil
		}
	}
}

// eachElement yields the elements of a list.
func eachElement(list []byte) iter.Seq[[]byte] { return tokens(list) }

// tokens yields what stands in an object or list at its first level: names and
// values, or elements.
func tokens(b []byte) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		for i := 1; i < len(b); {
			switch b[i] {
			case ' ', '\t', '\r', '\n', ',', ':', '}', ']':
				i++
				continue
			}
			end := i + skip(b[i:])
			if !yield(b[i:end]) {
				return
			}
			i = end
		}
	}
}

// skip returns the length of the value that b begins with.
func skip(b []byte) int {
	depth := 0
	for i := 0; i < len(b); i++ {
		switch b[i] {
		case '"':
			if i += stringEnd(b[i:]); depth == 0 {
				return min(i+1, len(b))
			}
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth <= 0 {
				return i + max(0, depth+1)
			}
		case ' ', '\t', '\r', '\n', ',', ':':
			if depth == 0 {
				return i
			}
		}
	}
	return len(b)
}

// stringEnd returns the place of the quote that ends the string b begins with.
func stringEnd(b []byte) int {
	for i := 1; i < len(b); i++ {
		switch b[i] {
		case '\\':
			i++
		case '"':
			return i
		}
	}
	return len(b) - 1
}

// unquote returns what a JSON string says.
func unquote(quoted []byte) string {
	text := quoted[1 : len(quoted)-1]
	if bytes.IndexByte(text, '\\') < 0 && utf8.Valid(text) {
		return string(text)
	}
	var s string
	if err := json.Unmarshal(quoted, &s); err != nil {
		return "" // it is valid
	}
	return s
}
