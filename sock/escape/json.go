package escape

import (
	"encoding/json"
	"slices"
	"unicode"
	"unicode/utf8"
)

const hexDigits = "0123456789abcdef"

// Must reports whether a character is never sent raw to an output,
// because a terminal or an editor may obey it instead of showing it: the C0 and
// C1 controls and DEL, the line and paragraph separators, and the format
// characters (Unicode category Cf), among them the bidirectional overrides.
func Must(r rune) bool {
	if r < 0xa0 {
		return r < ' ' || r >= 0x7f
	}
	return r == 0x2028 || r == 0x2029 || r == 0xad || r > 0x5ff && unicode.Is(unicode.Cf, r)
}

// plain marks the bytes that stand for themselves in a JSON string.
var plain = func() (table [256]bool) {
	for c := ' '; c < 0x7f; c++ {
		table[c] = c != '"' && c != '\\'
	}
	return table
}()

// AppendJSON appends a JSON string, with its quotes. The result is valid
// UTF-8: a byte of s that is not becomes U+FFFD. What [Must] names is
// written as an escape sequence of RFC 8259 section 7, a pair of surrogates
// outside the basic plane.
func AppendJSON(dst []byte, s string) []byte {
	dst = append(dst, '"')
	from := 0
	for i := 0; i < len(s); {
		c := s[i]
		if plain[c] {
			i++
			continue
		}
		if c < utf8.RuneSelf {
			dst = append(dst, s[from:i]...)
			dst = appendEscapedByte(dst, c)
			i++
			from = i
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		invalid := r == utf8.RuneError && size == 1
		if invalid || Must(r) {
			dst = append(dst, s[from:i]...)
			from = i + size
			if invalid {
				dst = append(dst, "\uFFFD"...)
			} else {
				dst = appendEscapedRune(dst, r)
			}
		}
		i += size
	}
	dst = append(dst, s[from:]...)
	return append(dst, '"')
}

func appendEscapedByte(dst []byte, c byte) []byte {
	switch c {
	case '"', '\\':
		return append(dst, '\\', c)
	case '\n':
		return append(dst, '\\', 'n')
	case '\r':
		return append(dst, '\\', 'r')
	case '\t':
		return append(dst, '\\', 't')
	}
	return appendUnit(dst, uint16(c))
}

func appendEscapedRune(dst []byte, r rune) []byte {
	if r < 0x10000 {
		return appendUnit(dst, uint16(r))
	}
	r -= 0x10000
	dst = appendUnit(dst, 0xd800+uint16(r>>10))
	return appendUnit(dst, 0xdc00+uint16(r&0x3ff))
}

// appendUnit appends the escape of one UTF-16 code unit.
func appendUnit(dst []byte, u uint16) []byte {
	return append(dst, '\\', 'u', hexDigits[u>>12], hexDigits[u>>8&15], hexDigits[u>>4&15], hexDigits[u&15])
}

// Marshal returns the JSON of a value as [json.Marshal] does, with what [Must] names
// escaped, of which that leaves most as it is.
func Marshal(v any) ([]byte, error) {
	text, err := json.Marshal(v)
	if err != nil || !slices.ContainsFunc(text, func(c byte) bool { return c >= 0x7f }) {
		return text, err
	}
	var out []byte
	for len(text) > 0 { // what is no ASCII stands in strings alone
		r, size := utf8.DecodeRune(text)
		if Must(r) {
			out = appendEscapedRune(out, r)
		} else {
			out = append(out, text[:size]...)
		}
		text = text[size:]
	}
	return out, nil
}
