package render

import (
	"strings"
	"unicode/utf8"

	"sockeye/sock/escape"
)

// caretWindow is how much of a long line is shown on each side of a mistake,
// in bytes: three lines of a terminal at most.
const caretWindow = 100

// Caret returns two lines, without a line break at the end, that show a mistake
// of length bytes at an offset in a text: the line of the text that it is in,
// escaped as by [escape.AppendText] and cut if it is long, and carets under the mistake.
func Caret(text string, offset, length int) string {
	offset = min(max(offset, 0), len(text))
	// What is missing at the end of a file is missing behind its last word.
	if last := strings.TrimRight(text[:offset], " \t\r\n"); strings.TrimSpace(text[offset:]) == "" && strings.Contains(text[len(last):offset], "\n") {
		text, offset = last, len(last)
	}
	before := text[strings.LastIndexByte(text[:offset], '\n')+1 : offset]
	rest, _, _ := strings.Cut(text[offset:], "\n")
	length = min(max(length, 0), len(rest))
	lead := ""
	if len(before) > caretWindow {
		before, lead = before[runeStart(before, len(before)-caretWindow):], "..."
	}
	tail := ""
	if len(rest) > 2*caretWindow {
		rest, tail = rest[:runeStart(rest, 2*caretWindow)], "..."
		length = min(length, len(rest))
	}
	plain := func(s string) string { return strings.NewReplacer("\t", " ", "\r", " ").Replace(s) }
	line := escape.AppendText([]byte("    "+lead), plain(before))
	from := width(line)
	line = escape.AppendText(line, plain(rest[:length]))
	to := width(line)
	line = escape.AppendText(line, plain(rest[length:]))
	return string(line) + tail + "\n" + strings.Repeat(" ", from) + strings.Repeat("^", max(to-from, 1))
}

// runeStart moves i back to the start of the character that it points into.
func runeStart(s string, i int) int {
	for n := 0; n < utf8.UTFMax && i > 0 && i < len(s) && !utf8.RuneStart(s[i]); n++ {
		i--
	}
	return i
}
