package render

import (
	"strings"
	"testing"
)

// TestCaret compares what people see.
func TestCaret(t *testing.T) {
	long := strings.Repeat("sport 1 or ", 1000)
	for _, c := range []struct{ name, text, word, want string }{
		{"first word", "dprot = 443", "dprot", "    dprot = 443\n    ^^^^^"},
		{"end", "dport =", "", "    dport =\n           ^"},
		{"end of a file", "sport 1 and\ndport = \n\n", "", "    dport =\n           ^"},
		{"wide characters", "process 世界 dprot 1", "dprot", "    process 世界 dprot 1\n                 ^^^^^"},
		{"combining character", "process e\u0301 dprot 1", "dprot", "    process e\u0301 dprot 1\n              ^^^^^"},
		{"second line", "sport 1\n\t dprot = 443\nsport 2", "dprot", "      dprot = 443\n      ^^^^^"},
		{"control characters", "process \x1b[31m dprot", "dprot", "    process \\x1b[31m dprot\n                     ^^^^^"},
		{"bidirectional override", "process a\u202eb dprot", "dprot", "    process a\\u202eb dprot\n                     ^^^^^"},
		{"broken UTF-8", "process \xff dprot", "dprot", "    process \\xff dprot\n                 ^^^^^"},
		{"mistake itself", "state \x1b[31m", "\x1b[31m", "    state \\x1b[31m\n          ^^^^^^^^"},
		{"long line", long + "dprot 1 or " + long, "dprot",
			"    ..." + long[len(long)-caretWindow:] + "dprot 1 or " +
				long[:2*caretWindow-len("dprot 1 or ")] + "...\n       " + strings.Repeat(" ", caretWindow) + "^^^^^"},
	} {
		offset := strings.Index(c.text, c.word)
		if c.word == "" {
			offset = len(c.text)
		}
		if got := Caret(c.text, offset, len(c.word)); got != c.want {
			t.Errorf("%s:\n%s\nwant:\n%s", c.name, got, c.want)
		}
	}
	if got := Caret("x", 99, -3); got != "    x\n     ^" {
		t.Errorf("offsets outside of the text: %q", got)
	}
}

// FuzzCaret: whatever the text is, it is two lines that command no terminal.
func FuzzCaret(f *testing.F) {
	f.Add("dprot = 443", 0, 5)
	f.Add("a\n\x1b[31m\xff世", 3, 9)
	f.Add(strings.Repeat("é", 300), 301, 1)
	f.Fuzz(func(t *testing.T, text string, offset, length int) {
		shown := Caret(text, offset, length)
		lines := strings.Split(shown, "\n")
		if len(lines) != 2 || strings.Trim(lines[1], " ^") != "" || !strings.Contains(lines[1], "^") {
			t.Fatalf("%q is not two lines with carets", shown)
		}
		checkSafe(t, lines[0]+"\n")
	})
}
