package render

import "strings"

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
