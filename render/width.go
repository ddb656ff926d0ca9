package render

import (
	"strings"
	"unicode/utf8"

	"github.com/rivo/uniseg"
)

const ellipsis = "…"

// width returns how many cells of a terminal a text takes: an accent that follows
// its letter none, an ideograph two.
func width(text []byte) int {
	for _, c := range text {
		if c >= utf8.RuneSelf {
			return uniseg.StringWidth(string(text))
		}
	}
	return len(text)
}

// shorten cuts a text to at most room cells, the last of which is an ellipsis,
// and returns it with its width. It does not change the text that it is given.
func shorten(text []byte, room int) ([]byte, int) {
	rest, state := text, -1
	used, size := 0, 0
	for len(rest) > 0 {
		var cluster []byte
		var w int
		cluster, rest, w, state = uniseg.FirstGraphemeCluster(rest, state)
		if used+w > room-1 {
			break
		}
		used += w
		size += len(cluster)
	}
	return append(text[:size:size], ellipsis...), used + 1
}

// cutTo shortens a text that is wider than room.
func cutTo(text []byte, room int) []byte {
	if width(text) > room {
		text, _ = shorten(text, room)
	}
	return text
}

// Wrap breaks a text at its blanks into lines of at most so many cells of a
// terminal; 0 leaves it as it is. Lines after the first begin with the indent. A
// word that is wider than a line is left whole: a terminal breaks it, and what is
// copied from there is one word. The text has no line breaks.
func Wrap(text string, cells int, indent string) string {
	if cells <= 0 || width([]byte(text)) <= cells {
		return text
	}
	var b strings.Builder
	used, begun := 0, false // begun: a word stands on the line
	for i, word := range strings.Split(text, " ") {
		w := width([]byte(word))
		if begun && used+1+w > cells && word != "" {
			b.WriteString("\n" + indent)
			used, begun = len(indent), false
		} else if i > 0 {
			b.WriteByte(' ')
			used++
		}
		b.WriteString(word)
		used += w
		begun = begun || word != ""
	}
	return b.String()
}
