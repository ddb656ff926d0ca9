package filter

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// caretWindow is how much of a long line is shown on each side of a mistake,
// in bytes: three lines of a terminal at most.
const caretWindow = 100

// Render returns three lines without a newline at the end: the error, the line
// of the filter that has the mistake, and carets under the mistake. Characters
// that would steer a terminal are shown as \x1b and the like, and a long line is
// cut around the mistake.
func (e *SyntaxError) Render() string {
	text, start, end := e.excerpt()
	var shown strings.Builder
	from, to := 0, 0
	column := 0
	for i := 0; i < len(text); {
		if i == start {
			from = column
		}
		r, size := utf8.DecodeRuneInString(text[i:])
		piece, width := display(text[i:i+size], r)
		shown.WriteString(piece)
		column += width
		i += size
		if i <= end {
			to = column
		}
	}
	if start >= len(text) {
		from = column
	}
	carets := strings.Repeat(" ", from) + strings.Repeat("^", max(to-from, 1))
	return e.Error() + "\n    " + shown.String() + "\n    " + carets
}

// excerpt returns the part of the text to show and where in it the mistake is.
func (e *SyntaxError) excerpt() (text string, start, end int) {
	start = e.offset()
	end = min(start+max(e.Length, 0), len(e.Text))
	first := strings.LastIndexByte(e.Text[:start], '\n') + 1
	last := len(e.Text)
	if i := strings.IndexByte(e.Text[start:], '\n'); i >= 0 {
		last = start + i
	}
	end = min(end, last)
	before, after := "", ""
	if start-first > caretWindow {
		first, before = runeStart(e.Text, start-caretWindow), "..."
	}
	if last-start > 2*caretWindow {
		last, after = runeStart(e.Text, start+2*caretWindow), "..."
		end = min(end, last)
	}
	text = before + e.Text[first:last] + after
	shift := len(before) - first
	return text, start + shift, end + shift
}

// runeStart moves i back to the start of the character it points into.
func runeStart(s string, i int) int {
	for n := 0; n < utf8.UTFMax && i > 0 && !utf8.RuneStart(s[i]); n++ {
		i--
	}
	return i
}

// display returns what is shown for one character and its width in columns.
func display(raw string, r rune) (string, int) {
	switch {
	case r == utf8.RuneError && len(raw) <= 1:
		s := fmt.Sprintf(`\x%02x`, raw[0])
		return s, len(s)
	case r == '\t' || r == '\r':
		return " ", 1
	case r < ' ' || r >= 0x7f && r < 0xa0:
		s := fmt.Sprintf(`\x%02x`, r)
		return s, len(s)
	case unicode.Is(unicode.Cf, r) || r == '\u2028' || r == '\u2029':
		// Format characters include the bidirectional overrides.
		s := fmt.Sprintf(`\u%04x`, r)
		return s, len(s)
	case unicode.In(r, unicode.Mn, unicode.Me):
		return raw, 0
	case wide(r):
		return raw, 2
	}
	return raw, 1
}

// wide reports whether terminals show the character in two columns: the scripts
// and blocks that Unicode Standard Annex 11 calls wide or fullwidth.
func wide(r rune) bool {
	if r < 0x1100 {
		return false
	}
	return unicode.In(r, unicode.Han, unicode.Hangul, unicode.Hiragana, unicode.Katakana, unicode.Yi) ||
		r >= 0x3000 && r <= 0x303e || r >= 0xff01 && r <= 0xff60 || r >= 0xffe0 && r <= 0xffe6 ||
		r >= 0x1f300 && r <= 0x1f64f || r >= 0x1f900 && r <= 0x1f9ff
}
