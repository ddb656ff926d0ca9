package filter

import (
	"errors"
	"strings"
	"testing"
)

// TestMistakes compares the messages, and what the carets stand under.
func TestMistakes(t *testing.T) {
	t.Parallel()
	for _, c := range mistakeTable {
		_, err := ParseText(c.text, testEnv())
		var wrong *SyntaxError
		if !errors.As(err, &wrong) {
			t.Errorf("%q: error %v, want %s", c.text, err, c.want)
			continue
		}
		if err.Error() != c.want {
			t.Errorf("%q\n got %s\nwant %s", c.text, err, c.want)
		}
		if under := wrong.Text[wrong.Offset : wrong.Offset+wrong.Length]; under != c.under {
			t.Errorf("%q: carets under %q, want under %q", c.text, under, c.under)
		}
	}
}

// TestRender compares what people see.
func TestRender(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("sport 1 or ", 1000)
	for _, c := range []struct{ name, text, want string }{
		{"first word", "dprot = 443",
			"unknown word in the filter, did you mean dport?\n    dprot = 443\n    ^^^^^"},
		{"end", "dport =",
			"dport needs a port to be compared with\n    dport =\n           ^"},
		{"wide characters", "process 世界 dprot 1",
			"unknown word in the filter, did you mean dport?\n    process 世界 dprot 1\n                 ^^^^^"},
		{"combining character", "process e\u0301 dprot 1",
			"unknown word in the filter, did you mean dport?\n    process e\u0301 dprot 1\n              ^^^^^"},
		{"second line", "sport 1\n  dprot = 443\nsport 2",
			"line 2: unknown word in the filter, did you mean dport?\n      dprot = 443\n      ^^^^^"},
		{"control characters", "process \x1b[31m dprot",
			"unknown word in the filter, did you mean dport?\n    process \\x1b[31m dprot\n                     ^^^^^"},
		{"bidirectional override", "process a\u202eb dprot",
			"unknown word in the filter, did you mean dport?\n    process a\\u202eb dprot\n                     ^^^^^"},
		{"broken UTF-8", "process \xff dprot",
			"unknown word in the filter, did you mean dport?\n    process \\xff dprot\n                 ^^^^^"},
		{"in a message", "state \x1b[31m",
			"\\x1b[31m is not a state\n    state \\x1b[31m\n          ^^^^^^^^"},
		{"long line", long + "dprot 1 or " + long,
			"unknown word in the filter, did you mean dport?\n    ..." + long[len(long)-caretWindow:] + "dprot 1 or " +
				long[:2*caretWindow-len("dprot 1 or ")] + "...\n       " + strings.Repeat(" ", caretWindow) + "^^^^^"},
	} {
		_, err := ParseText(c.text, testEnv())
		var wrong *SyntaxError
		if !errors.As(err, &wrong) {
			t.Errorf("%s: error %v", c.name, err)
			continue
		}
		if got := wrong.Render(); got != c.want {
			t.Errorf("%s:\n%s\nwant:\n%s", c.name, got, c.want)
		}
	}
	if got := (&SyntaxError{Text: "x", Offset: 99, Length: -3, Message: "m"}).Render(); got != "m\n    x\n     ^" {
		t.Errorf("offsets outside of the text: %q", got)
	}
}

// TestDepth: nesting is limited, repetition is not.
func TestDepth(t *testing.T) {
	t.Parallel()
	nested := func(n int) string {
		return strings.Repeat("(", n) + "sport 1" + strings.Repeat(")", n)
	}
	if _, err := ParseText(nested(maxDepth), testEnv()); err != nil {
		t.Errorf("%d parentheses: %v", maxDepth, err)
	}
	for name, text := range map[string]string{
		"one too many": nested(maxDepth + 1), "a million": nested(1e6), "open": strings.Repeat("(", 1e6),
		"under not": strings.Repeat("!(", 1e6),
	} {
		if _, err := ParseText(text, testEnv()); err == nil || !strings.Contains(err.Error(), "nested too deep") {
			t.Errorf("%s: %v", name, err)
		}
	}
	f := mustParse(t, strings.Repeat("not ", 1e5)+strings.Repeat("!", 1e5+1)+"sport 1")
	if f.String() != "not local_port = 1" {
		t.Errorf("many nots: %s", f)
	}
	f = mustParse(t, "sport 1"+strings.Repeat(" or sport 1 and uid 2", 1e4))
	if n := len(f.Expr().(*OrExpr).Exprs); n != 1e4+1 {
		t.Errorf("a long chain has %d arms", n)
	}
	f = mustParse(t, strings.Repeat("(sport 1 or ", 100)+"uid 1"+strings.Repeat(")", 100))
	if n := len(f.Expr().(*OrExpr).Exprs); n != 101 {
		t.Errorf("a nested chain has %d arms", n)
	}
}
