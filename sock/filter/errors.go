package filter

import (
	"fmt"
	"strings"
)

// SyntaxError is a mistake in the text of a filter. Its messages hold words of the
// text as they are: who shows them to people takes care of control characters.
type SyntaxError struct {
	// Text is the whole filter: the file, or the words joined with blanks.
	Text string
	// Offset and Length say in bytes where in Text the mistake is. Length is 0
	// at the end of the text.
	Offset, Length int
	// Message says what is wrong, without a capital and without a full stop.
	Message string
	// Suggestion is what may have been meant; empty if nothing is near.
	Suggestion string
	// Err is why a name could not be looked up; nil for any other mistake.
	Err error
}

// Unwrap returns Err.
func (e *SyntaxError) Unwrap() error { return e.Err }

// Error returns the message and the suggestion in one line.
func (e *SyntaxError) Error() string {
	var b strings.Builder
	if line := e.line(); line > 0 {
		fmt.Fprintf(&b, "line %d: ", line)
	}
	b.WriteString(e.Message)
	if e.Suggestion != "" {
		b.WriteString(", did you mean ")
		b.WriteString(e.Suggestion)
		b.WriteString("?")
	}
	return b.String()
}

// line returns the number of the line of the mistake, from 1, or 0 if the text
// has one line only.
func (e *SyntaxError) line() int {
	if !strings.Contains(strings.TrimRight(e.Text, "\n"), "\n") {
		return 0
	}
	return 1 + strings.Count(e.Text[:e.Offset], "\n")
}
