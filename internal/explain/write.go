package explain

import (
	"strings"

	"sockeye/render"
)

// Text lays out what a word means: the first of its meanings whole, of the others the
// name and the title. Lines are at most width wide.
func Text(entries []*Entry, width int) string {
	first := entries[0]
	var b strings.Builder
	b.WriteString(wrapped(first.heading(), "    ", width))
	for _, paragraph := range first.Text {
		b.WriteString("\n" + wrapped("  "+paragraph, "  ", width))
	}
	b.WriteByte('\n')
	if len(first.See) > 0 {
		b.WriteString(wrapped("See: "+strings.ToLower(strings.Join(first.See, ", ")), "    ", width))
	}
	b.WriteString(wrapped("Source: "+strings.Join(first.Sources, "; "), "    ", width))
	for _, other := range entries[1:] {
		b.WriteString(wrapped("Also "+other.heading(), "    ", width))
	}
	return b.String()
}

// heading is the name of an entry, what it is, and its title.
func (e *Entry) heading() string { return e.Name + " (" + e.Kind.String() + "): " + e.Title }

// wrapped is a text in lines of at most width; those after the first are indented.
func wrapped(text, indent string, width int) string { return render.Wrap(text, width, indent) + "\n" }
