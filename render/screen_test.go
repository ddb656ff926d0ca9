package render

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
)

// terminal is as much of one as a screen needs, and counts what it does not know.
type terminal struct {
	width, height int
	cells         [][]rune
	row, column   int
	pending       bool // the cursor stands behind the last cell of a line
	scrolled      int
	hidden        bool
	unknown       []string
	writes        int
}

func newTerminal(width, height int) *terminal {
	t := &terminal{width: width, height: height}
	for range height {
		t.cells = append(t.cells, make([]rune, width))
	}
	return t
}

func (t *terminal) Write(b []byte) (int, error) {
	t.writes++
	for text := string(b); text != ""; {
		if rest, ok := strings.CutPrefix(text, "\x1b["); ok {
			end := strings.IndexFunc(rest, func(r rune) bool { return r >= '@' && r <= '~' })
			t.sequence(rest[:end], rest[end])
			text = rest[end+1:]
			continue
		}
		r := []rune(text)[0]
		text = text[len(string(r)):]
		t.put(r)
	}
	return len(b), nil
}

func (t *terminal) put(r rune) {
	switch r {
	case '\r':
		t.column, t.pending = 0, false
		return
	case '\n':
		t.down()
		return
	}
	if t.pending {
		t.column, t.pending = 0, false
		t.down()
	}
	t.cells[t.row][t.column] = r
	if t.column++; t.column == t.width {
		t.column, t.pending = t.width-1, true
	}
}

func (t *terminal) down() {
	if t.row++; t.row == t.height {
		t.row--
		t.scrolled++
		t.cells = append(t.cells[1:], make([]rune, t.width))
	}
}

func (t *terminal) sequence(parameters string, final byte) {
	switch {
	case final == 'A':
		n, _ := strconv.Atoi(parameters)
		t.row -= n
		if t.row < 0 {
			t.unknown = append(t.unknown, "above the screen")
			t.row = 0
		}
	case final == 'K' && parameters == "":
		clear(t.cells[t.row][t.column:])
	case final == 'J' && parameters == "":
		clear(t.cells[t.row][t.column:])
		for _, line := range t.cells[t.row+1:] {
			clear(line)
		}
	case final == 'J' && parameters == "2":
		for _, line := range t.cells {
			clear(line)
		}
	case final == 'H' && parameters == "":
		t.row, t.column, t.pending = 0, 0, false
	case final == 'h' || final == 'l':
		t.hidden = final == 'l'
	case final == 'm':
	default:
		t.unknown = append(t.unknown, parameters+string(final))
	}
}

// shown is what the terminal shows, without blanks at the ends of lines.
func (t *terminal) shown() string {
	var b strings.Builder
	for _, line := range t.cells {
		b.WriteString(strings.TrimRight(strings.ReplaceAll(string(line), "\x00", " "), " ") + "\n")
	}
	return strings.TrimRight(b.String(), "\n") + "\n"
}

func nothingMore(int) string { return "" }

func TestScreen(t *testing.T) {
	term := newTerminal(10, 8)
	fmt.Fprint(term, "$ before\r\n")
	s := NewScreen(term)
	for _, frame := range []struct{ text, want string }{
		{"one\ntwo\n", "$ before\none\ntwo\n"},
		{"o\n\x1b[32mtwo\x1b[0m\nthree\n", "$ before\no\ntwo\nthree\n"},
		{"0123456789\nabcdefghijklm\nend", "$ before\n0123456789\nabcdefghij\nklm\nend\n"},
		{"01\nabcdefghijk\nend", "$ before\n01\nabcdefghij\nk\nend\n"},
		{"x\n", "$ before\nx\n"},
		{"\n\ny\n", "$ before\n\n\ny\n"},
	} {
		before := term.writes
		if err := s.Draw([]byte(frame.text), 10, 8, nothingMore); err != nil {
			t.Fatal(err)
		}
		if got := term.shown(); got != frame.want || term.writes != before+1 {
			t.Errorf("%q: %d writes, shows\n%s", frame.text, term.writes-before, got)
		}
	}
	if term.hidden || term.column != 0 || len(term.unknown) > 0 {
		t.Errorf("left behind: cursor hidden %t, in column %d, %v", term.hidden, term.column, term.unknown)
	}
}

// TestScreenThatIsFull draws no more than there is room for, and says so.
func TestScreenThatIsFull(t *testing.T) {
	more := func(shown int) string {
		if shown < 9 {
			return fmt.Sprintf("%d more", 9-shown)
		}
		return ""
	}
	for height, want := range map[int]string{
		20: "1\n2\n3\n4\n5\n6\n7\n8\n9\n", 10: "1\n2\n3\n4\n5\n6\n7\n8\n9\n", 9: "1\n2\n3\n4\n5\n6\n7\n2 more\n", 4: "1\n2\n7 more\n", 3: "1\n8 more\n",
	} {
		term := newTerminal(12, height)
		s := NewScreen(term)
		for range 3 {
			if err := s.Draw([]byte("1\n2\n3\n4\n5\n6\n7\n8\n9\n"), 12, height, more); err != nil {
				t.Fatal(err)
			}
		}
		if got := term.shown(); got != want || term.scrolled > 0 || len(term.unknown) > 0 {
			t.Errorf("height %d: scrolled %d, %v, shows\n%s", height, term.scrolled, term.unknown, got)
		}
	}
}

// TestScreenThatChanges: another size of the terminal begins on an empty one.
func TestScreenThatChanges(t *testing.T) {
	term := newTerminal(10, 6)
	s := NewScreen(term)
	if err := s.Draw([]byte("0123456789abc\n"), 10, 6, nothingMore); err != nil {
		t.Fatal(err)
	}
	if err := s.Draw([]byte("0123456789abc\n"), 5, 6, nothingMore); err != nil {
		t.Fatal(err)
	}
	if got := term.shown(); !strings.HasPrefix(got, "0123456789\nabc\n") || strings.Count(got, "abc") != 1 {
		t.Errorf("shows\n%s", got)
	}
}

// TestScreenRandomly: whatever was drawn before, the terminal shows the last frame.
func TestScreenRandomly(t *testing.T) {
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 5))
		width, height := 3+r.IntN(20), 3+r.IntN(12)
		term := newTerminal(width, height)
		s := NewScreen(term)
		for range r.IntN(height) {
			fmt.Fprint(term, "^\r\n")
		}
		var last []byte
		for range 1 + r.IntN(6) {
			last = nil
			for range 1 + r.IntN(height) {
				last = append(append(last, strings.Repeat(string(rune('a'+r.IntN(26))), r.IntN(2*width))...), '\n')
			}
			if err := s.Draw(last, width, height, func(shown int) string { return "" }); err != nil {
				t.Fatal(err)
			}
		}
		alone := newTerminal(width, height)
		if err := NewScreen(alone).Draw(last, width, height, func(int) string { return "" }); err != nil {
			t.Fatal(err)
		}
		got, want := strings.TrimLeft(strings.ReplaceAll(term.shown(), "^\n", ""), "\n"), strings.TrimLeft(alone.shown(), "\n")
		if got != want || len(term.unknown) > 0 {
			t.Fatalf("seed %d, %dx%d: %v, shows\n%swant\n%s", seed, width, height, term.unknown, got, want)
		}
	}
}

func TestScreenWriteError(t *testing.T) {
	if err := NewScreen(&fullDisk{}).Draw([]byte("x"), 10, 10, nothingMore); !errors.Is(err, errFull) {
		t.Error(err)
	}
}
