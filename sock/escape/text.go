package escape

import "unicode/utf8"

// AppendText appends a name that may hold anything, so that it can neither
// command a terminal nor break a line or a column. What
// [Must] names and bytes that are not UTF-8 are written out: \x1b
// for a byte or a control character below 128, \u202e or \U000e0041 for another
// character. A backslash stays one, unless what follows would make it read as
// such an escape; then it is doubled.
func AppendText(dst []byte, s string) []byte {
	from := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= ' ' && c < 0x7f && c != '\\' {
			i++
			continue
		}
		size := 1
		if c == '\\' {
			if !ambiguous(s[i+1:]) {
				i++
				continue
			}
			dst = append(append(dst, s[from:i]...), `\\`...)
		} else if c < utf8.RuneSelf {
			dst = appendHex(append(dst, s[from:i]...), 'x', uint32(c), 2)
		} else {
			var r rune
			r, size = utf8.DecodeRuneInString(s[i:])
			switch {
			case r == utf8.RuneError && size == 1:
				dst = appendHex(append(dst, s[from:i]...), 'x', uint32(c), 2)
			case !Must(r):
				i += size
				continue
			case r < 0x10000:
				dst = appendHex(append(dst, s[from:i]...), 'u', uint32(r), 4)
			default:
				dst = appendHex(append(dst, s[from:i]...), 'U', uint32(r), 8)
			}
		}
		i += size
		from = i
	}
	return append(dst, s[from:]...)
}

// ambiguous reports whether a backslash before rest would read as part of an
// escape: another backslash follows, something that is written as an escape, or
// the very text of one.
func ambiguous(rest string) bool {
	if rest == "" {
		return false
	}
	switch rest[0] {
	case '\\':
		return true
	case 'x':
		return hexAhead(rest[1:], 2)
	case 'u':
		return hexAhead(rest[1:], 4)
	case 'U':
		return hexAhead(rest[1:], 8)
	}
	r, size := utf8.DecodeRuneInString(rest)
	return r == utf8.RuneError && size == 1 || Must(r)
}

func hexAhead(s string, n int) bool {
	if len(s) < n {
		return false
	}
	for i := range n {
		c := s[i] | 0x20
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

func appendHex(dst []byte, kind byte, v uint32, digits int) []byte {
	dst = append(dst, '\\', kind)
	for shift := 4 * (digits - 1); shift >= 0; shift -= 4 {
		dst = append(dst, hexDigits[v>>shift&15])
	}
	return dst
}

// Text returns what [AppendText] appends.
func Text(s string) string { return string(AppendText(nil, s)) }
