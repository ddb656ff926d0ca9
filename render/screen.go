package render

import (
	"bytes"
	"io"
	"strconv"

	"github.com/rivo/uniseg"
)

// Screen draws text on a terminal, each frame in place of the one before, where the
// cursor stood at the first. What was above stays, and the last frame stays when the
// program ends, with the cursor below it: nothing has to be restored. A frame is one
// write, and no line of it is erased before it is written again, so that nothing
// flickers (ECMA-48 section 8.3: CUU, EL, ED; DECTCEM hides the cursor meanwhile).
type Screen struct {
	w             io.Writer
	width, height int // of the terminal at the last frame
	drawn         int // lines of the terminal that it took
	buf           []byte
}

// NewScreen returns a screen that nothing is drawn on yet.
func NewScreen(w io.Writer) *Screen { return &Screen{w: w} }

// Draw draws the lines of a text, as many as the terminal has room for but its last,
// in which the cursor stays, and one for more, which is told how many lines of the
// text are shown and says what is missing, if anything is.
func (s *Screen) Draw(text []byte, width, height int, more func(shown int) string) error {
	buf := append(s.buf[:0], "\x1b[?25l\r"...)
	switch {
	case width != s.width || height != s.height:
		if s.drawn > 0 { // where the lines are now, nobody knows
			buf = append(buf, "\x1b[H\x1b[2J"...)
		}
	case s.drawn > 0:
		buf = append(strconv.AppendInt(append(buf, "\x1b["...), int64(s.drawn), 10), 'A')
	}
	s.width, s.height, s.drawn = width, height, 0
	lines := bytes.Split(bytes.TrimSuffix(text, []byte{'\n'}), []byte{'\n'})
	fit := s.fit(lines, more)
	for _, line := range lines[:fit] {
		buf = s.line(buf, line)
	}
	if fit < len(lines) || more(fit) != "" {
		buf = s.line(buf, cutTo([]byte(more(fit)), width))
	}
	buf = append(buf, "\x1b[J\x1b[?25h"...)
	s.buf = buf
	_, err := s.w.Write(buf)
	return err
}

// Leave leaves the last frame where it is: the next is drawn where the cursor stands.
func (s *Screen) Leave() { s.drawn = 0 }

// fit returns how many lines there is room for, with that of what is missing.
func (s *Screen) fit(lines [][]byte, more func(int) string) int {
	room, used, least := s.height-1, 0, 0
	for i, line := range lines {
		rows, _ := measure(line, s.width)
		used += rows
		if used <= room-1 {
			least = i + 1 // with room for one more
		}
		if used > room {
			return least
		}
	}
	if more(len(lines)) != "" {
		return least
	}
	return len(lines)
}

// line appends a line and erases what is left of the one that stood there. Of a line
// that ends at the edge nothing is left, and the cursor still stands on its last cell.
func (s *Screen) line(buf, line []byte) []byte {
	buf = append(buf, line...)
	rows, column := measure(line, s.width)
	s.drawn += rows
	if column < s.width {
		buf = append(buf, "\x1b[K"...)
	}
	return append(buf, '\r', '\n')
}

// measure returns how many lines of a terminal a text takes, and in which column of
// the last it ends. Colour takes no room.
func measure(text []byte, width int) (rows, column int) {
	rows = 1
	for rest, state := text, -1; len(rest) > 0; {
		if end := sgrLength(rest); end > 0 {
			rest, state = rest[end:], -1
			continue
		}
		var w int
		_, rest, w, state = uniseg.FirstGraphemeCluster(rest, state)
		if column+w > width {
			rows, column = rows+1, 0
		}
		column += w
	}
	return rows, column
}

// sgrLength returns the length of the sequence that sets a colour, 0 if there is none.
func sgrLength(text []byte) int {
	if !bytes.HasPrefix(text, []byte("\x1b[")) {
		return 0
	}
	return bytes.IndexByte(text, 'm') + 1
}
